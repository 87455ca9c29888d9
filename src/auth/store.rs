//! The ports (repository traits): the persistence that the rules need, one trait for each aggregate. The rules own these
//! traits; a database implements them and decides nothing (ports and adapters).
//!
//! Every operation is one transaction and durable when it returns: a use case that must hold together is one operation here,
//! with its events and the notification of other instances. After an error nothing was written, or it is unknown whether it
//! was; a retry is safe in both cases.
//!
//! The write decides: an operation that depends on what the rules read before (the verified password, the caller's session)
//! checks it again under the lock of the user's row, and writes nothing when it has changed ([`Stale`]).
//!
//! Why so long: a new store implements all of it, so the ports and what they exchange stand side by side.
//!
//! # Adding a store
//!
//! A store implements the six ports and [`Cluster`]; [`Store`] follows by itself. Each doc comment below is a promise that
//! the contract suite (`store_contract` in `tests/`) checks; add the new store to the suite's list of databases and to
//! `store::open`. Each port is small enough for a fake in a unit test:
//!
//! ```
//! use std::sync::Mutex;
//! use two_tokens::auth::model::event::{ReuseNotice, SecurityEvent};
//! use two_tokens::auth::model::{session::SessionId, user::UserId};
//! use two_tokens::auth::store::{Notices, StoreError};
//!
//! #[derive(Default)]
//! struct InMemory(Mutex<Vec<ReuseNotice>>);
//!
//! #[async_trait::async_trait]
//! impl Notices for InMemory {
//!     async fn notices_of_user(&self, id: UserId, limit: u32) -> Result<Vec<ReuseNotice>, StoreError> {
//!         let mut own: Vec<_> = self.0.lock().unwrap().iter().filter(|notice| notice.user_id == id).cloned().collect();
//!         own.sort_by_key(|notice| std::cmp::Reverse(notice.at));
//!         own.truncate(limit as usize);
//!         Ok(own)
//!     }
//!
//!     async fn add_notice(&self, notice: &ReuseNotice, _: &SecurityEvent) -> Result<bool, StoreError> {
//!         let mut notices = self.0.lock().unwrap();
//!         let is_first = notices.iter().all(|known| known.session_id != notice.session_id);
//!         if is_first {
//!             notices.push(notice.clone());
//!         }
//!         Ok(is_first)
//!     }
//!
//!     async fn dismiss_notice(&self, owner: UserId, session_id: SessionId) -> Result<bool, StoreError> {
//!         let mut notices = self.0.lock().unwrap();
//!         let before = notices.len();
//!         notices.retain(|notice| notice.user_id != owner || notice.session_id != session_id);
//!         Ok(notices.len() < before)
//!     }
//! }
//! ```

use std::time::Duration;

use async_trait::async_trait;
use futures::stream::BoxStream;

use super::binding::rule::{Admitted, Binding};
use super::model::{
    email::Email,
    event::{ReuseNotice, SecurityEvent},
    session::{Session, SessionId},
    submission::Submission,
    user::{UserId, UserRecord},
};
use super::throttle::rules::{AttemptKey, Count};
use super::token::{
    issuer::TokenPair,
    keys::StoredKey,
    revoked::{Revocation, UserRevocation},
    rotation::RotationState,
};
use crate::clock::Timestamp;
use crate::protocol::session::RevokeReason;

/// Why an operation failed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// The database is unreachable, locked, full or shutting down. A later attempt may succeed.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// A row holds a value that this program never writes.
    #[error("the database holds something unexpected: {0}")]
    Corrupt(String),
}

/// The outcome of [`Users::create_user`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum CreateUser {
    Created,
    EmailTaken,
}

/// What an operation relies on: facts that the rules read, and that must still hold when it writes. The account must exist
/// and be enabled.
#[derive(Clone)]
pub struct Guard {
    pub user_id: UserId,
    /// The stored hash that a password was verified against; `None` when no password was asked for.
    pub verified_hash: Option<String>,
    /// The session of the caller, which must be alive; `None` when the caller has none yet.
    pub session_id: Option<SessionId>,
}

/// Why a guarded operation wrote nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stale {
    /// The account has another password by now, is disabled, or is gone.
    Account,
    /// The caller's session has ended.
    Session(Option<RevokeReason>),
}

/// The end of one session, with everything that is written together with it.
#[derive(Clone, Debug)]
pub struct EndSession {
    pub user_id: UserId,
    pub session_id: SessionId,
    pub reason: RevokeReason,
    /// Recorded when this call ends the session; its time is the session's end.
    pub event: SecurityEvent,
    /// For a detected reuse. A session has at most one notice; the first one stays.
    pub notice: Option<ReuseNotice>,
}

/// The end of all sessions of a user, with everything that is written together with it.
#[derive(Clone, Debug)]
pub struct EndAll {
    /// The one session that goes on.
    pub kept: Option<SessionId>,
    pub reason: RevokeReason,
    /// Recorded once, when at least one living session ended; its time is the sessions' end.
    pub event: SecurityEvent,
}

/// The most sessions that [`EndedAll`] names.
pub const ENDED_NAMED: u32 = 100;

/// What [`EndAll`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndedAll {
    pub revocation: UserRevocation,
    /// How many living sessions ended.
    pub count: u32,
    /// Those of them that were used last, at most [`ENDED_NAMED`].
    pub named: Vec<SessionId>,
}

/// A session to open.
#[derive(Clone)]
pub struct OpenSession {
    pub session: Session,
    /// The stored hash that the password was verified against.
    pub verified_hash: String,
    pub event: SecurityEvent,
    /// The session that this browser had before; it ends.
    pub replaces: Option<EndSession>,
    /// The submission that opens the session. The session that it has opened before ends, with `repeated_event`.
    pub submission: Option<Submission>,
    /// Recorded under the id of the session that ends.
    pub repeated_event: SecurityEvent,
    /// The most living sessions of a user, the new one included. Others end, each with `limit_event`.
    pub living_max: u32,
    pub limit_event: SecurityEvent,
}

/// The most sessions that one sign-in ends because of [`OpenSession::living_max`].
pub const LIMIT_ENDED_MAX: u32 = 100;

/// What [`OpenSession`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The user's session epoch, in which the new session began.
    pub session_epoch: u64,
    /// The sessions that ended: the replaced one, and those unused longest beyond the limit.
    pub ended: Vec<Revocation>,
}

/// The outcome of [`Users::register`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Register {
    Registered(Opened),
    EmailTaken,
}

/// A new password.
#[derive(Clone)]
pub struct ChangePassword {
    pub guard: Guard,
    /// A PHC string.
    pub password_hash: String,
    /// The submission that sets it.
    pub submission: Option<Submission>,
    pub event: SecurityEvent,
    /// The end of the other sessions; `None` lets them go on.
    pub end: Option<EndAll>,
}

/// Decides about a session that the store shows it. A closure is a judge that prepares nothing.
pub trait Judge: Send {
    /// The store may ask again about a newer row; the last answer counts.
    fn judge(&mut self, session: Session) -> Judged;
    /// Makes ahead what is sent after the commit. A store may call it once for each answer, while the commit of that answer is
    /// under way; what it made goes where the answer goes, and is dropped with it.
    fn prepare(&mut self, _judged: &mut Judged) {}
}

impl<F: FnMut(Session) -> Judged + Send> Judge for F {
    fn judge(&mut self, session: Session) -> Judged {
        self(session)
    }
}

/// The answer of a [`Judge`]: what the store writes, and what the rules told themselves about the row.
#[derive(Debug)]
pub struct Judged {
    /// The row that was shown.
    pub session: Session,
    /// The time of the decision.
    pub now: Timestamp,
    /// `None` when the presented token does not belong to the session.
    pub decision: Option<Admitted>,
    /// `None` leaves the row as it is.
    pub write: Option<Rotate>,
    /// The tokens of the rotation, where they were made before the commit.
    pub tokens: Option<TokenPair>,
}

/// What a rotation writes to the row of a living session. Nothing else changes in the row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotate {
    pub next: RotationState,
    pub idle_expires_at: Timestamp,
    pub last_used_at: Timestamp,
    /// `None` keeps the stored value: a refresh involves no password.
    pub authenticated_at: Option<Timestamp>,
}

/// Decides about the binding of a session that the store shows it; `None` leaves it as it is.
pub type BindingJudge = Box<dyn FnMut(&Session) -> Option<Binding> + Send>;

/// The outcome of [`Attempts::count_attempts`], a compare-and-swap (optimistic concurrency).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Swap {
    Done,
    /// Nothing was written, because a count was changed after it was read. Read and decide again.
    Lost,
}

/// The compare-and-swap that counts one more attempt under a key.
#[derive(Clone, Copy, Debug)]
pub struct CountAttempt {
    pub key: AttemptKey,
    /// The count that must still be stored; `None` when there must be no row.
    pub expected: Option<Count>,
    pub next: Count,
}

/// A change made by another instance, or a change of the link to the other instances.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    Revoked(Revocation),
    UserRevoked(UserRevocation),
    KeysRotated,
    /// The link is down: changes by other instances do not arrive.
    Disconnected,
    /// The link is up (again): reload everything that could have been missed.
    Connected,
}

/// The key of a stored e-mail address; `None` when it has none.
pub type EmailKeyOf = for<'a> fn(&'a str) -> Option<String>;

/// An account that keeps its own spelling of an e-mail address as its key, because another account has the key of both.
#[derive(Clone, PartialEq, Eq)]
pub struct EmailClash {
    pub user_id: UserId,
    pub email: String,
    /// The account that has the key.
    pub other: UserId,
}

/// Accounts.
#[async_trait]
pub trait Users: Send + Sync + 'static {
    /// Adds a user without a session; the database keeps the e-mail unique.
    async fn create_user(&self, user: &UserRecord) -> Result<CreateUser, StoreError>;
    /// Adds a user, records `event`, and opens the first session.
    async fn register(
        &self,
        user: &UserRecord,
        event: &SecurityEvent,
        open: &OpenSession,
    ) -> Result<Register, StoreError>;
    /// The user whose address has this key.
    async fn user_by_email(&self, key: &str) -> Result<Option<UserRecord>, StoreError>;
    async fn user(&self, id: UserId) -> Result<Option<UserRecord>, StoreError>;
    /// The users with the next greater ids, in the order of their ids; at most `limit`.
    async fn users_after(&self, last: UserId, limit: u32) -> Result<Vec<UserRecord>, StoreError>;
    /// Replaces the password and ends the other sessions. Of two calls that verified the same password one is done, the other
    /// is [`Stale`].
    async fn change_password(&self, change: &ChangePassword) -> Result<Result<Option<EndedAll>, Stale>, StoreError>;
    /// Whether the present password was set by this submission.
    async fn password_was_set_by(&self, id: UserId, submission: &Submission) -> Result<bool, StoreError>;
    /// Replaces the e-mail and records `event`; `false` when another user has the address.
    async fn change_email(
        &self,
        guard: &Guard,
        email: &Email,
        event: &SecurityEvent,
    ) -> Result<Result<bool, Stale>, StoreError>;
    /// Replaces the hash of the same password; `false` when it is no longer `verified`.
    async fn replace_hash(&self, id: UserId, verified: &str, hash: &str) -> Result<bool, StoreError>;
    /// Gives accounts whose address is not ASCII the key that `key_of` finds, and shows what it was: the oldest account first,
    /// and none a key that another one has. An address with no key (`None`) keeps its spelling. All of it is one transaction.
    async fn settle_emails(&self, key_of: EmailKeyOf) -> Result<Vec<EmailClash>, StoreError>;
    /// Disables the user and ends every session; `None` when there is no such user.
    async fn disable_user(&self, id: UserId, end: &EndAll) -> Result<Option<EndedAll>, StoreError>;
    async fn enable_user(&self, id: UserId) -> Result<(), StoreError>;
    /// Ends every session, then deletes the user, and by cascade the sessions, notices, events and everything else that
    /// references the user. The event belongs to no user. [`Sessions::users_revoked_since`] still returns the end, until it is
    /// purged.
    async fn delete_user(&self, guard: &Guard, end: &EndAll) -> Result<Result<UserRevocation, Stale>, StoreError>;
}

/// Sessions: one row for each signed-in browser.
#[async_trait]
pub trait Sessions: Send + Sync + 'static {
    /// Opens a session, if the account is enabled and has the verified password. Ends the replaced session, and those unused
    /// longest when the user would have more living ones than allowed: at most [`LIMIT_ENDED_MAX`] with one call.
    async fn open_session(&self, open: &OpenSession) -> Result<Result<Opened, Stale>, StoreError>;
    /// Whether a session of the user was opened by this submission, living or not.
    async fn was_opened_by(&self, id: UserId, submission: &Submission) -> Result<bool, StoreError>;
    /// The session joined with its user's e-mail and standing. Sees every commit that returned before the call.
    async fn session(&self, id: SessionId) -> Result<Option<Session>, StoreError>;
    /// Every session of a user that has a row, ended ones too.
    async fn sessions_of_user(&self, id: UserId) -> Result<Vec<Session>, StoreError>;
    /// The sessions of a user that are alive at `now`: `first` if it is one of them, then by last use; at most `limit`.
    async fn living_sessions_of_user(
        &self,
        id: UserId,
        first: SessionId,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<Session>, StoreError>;
    /// Shows the session to `judge` and writes what it says, in one transaction: between the two nobody changes the row.
    /// `None` when there is no such session. What the judge was shown includes every commit that returned before the call.
    async fn rotate(&self, id: SessionId, judge: Box<dyn Judge>) -> Result<Option<Judged>, StoreError>;
    /// Shows the session to `judge` and writes the binding that it says, in one transaction: between the two nobody changes the
    /// row. Returns what was written; never to a session that has ended.
    async fn bind(&self, id: SessionId, judge: BindingJudge) -> Result<Option<Binding>, StoreError>;
    /// A rotation that depends on a verified password. Records `event` when the judge has something written.
    async fn rotate_guarded(
        &self,
        guard: &Guard,
        id: SessionId,
        judge: Box<dyn Judge>,
        event: &SecurityEvent,
    ) -> Result<Result<Option<Judged>, Stale>, StoreError>;
    /// `true` when this call ended the session. An ended session keeps its first reason.
    async fn end_session(&self, end: &EndSession) -> Result<bool, StoreError>;
    /// Ends the sessions of the guard's user.
    async fn end_all_sessions(&self, guard: &Guard, end: &EndAll) -> Result<Result<EndedAll, Stale>, StoreError>;
    /// The sessions that ended alone at or after `since`.
    async fn revoked_since(&self, since: Timestamp) -> Result<Vec<Revocation>, StoreError>;
    /// The users whose sessions all ended at or after `since`, deleted users included: the last time of each.
    async fn users_revoked_since(&self, since: Timestamp) -> Result<Vec<UserRevocation>, StoreError>;
    /// Deletes what is kept of deleted users' sessions, and of users whose sessions all ended, before `before`; returns how
    /// many rows.
    async fn purge_ended(&self, before: Timestamp) -> Result<u64, StoreError>;
    /// Deletes at most `limit` sessions that ended before `before`; returns how many. One instance purges at a time; meanwhile
    /// the others delete nothing.
    async fn purge_sessions(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;
}

/// Signing keys. The private part is sealed (encrypted at rest).
#[async_trait]
pub trait SigningKeys: Send + Sync + 'static {
    /// Every key, oldest first.
    async fn signing_keys(&self) -> Result<Vec<StoredKey>, StoreError>;
    /// Adds the first two keys, unless there is an active one. Of several instances that start at once, one wins.
    async fn create_first_signing_keys(&self, active: &StoredKey, next: &StoredKey) -> Result<(), StoreError>;
    /// Retires the active key, activates the next one and adds `new_next`. Compare-and-swap on the active key: `false` when it
    /// is no longer `expected_active`.
    async fn rotate_signing_keys(
        &self,
        expected_active: &str,
        new_next: &StoredKey,
        at: Timestamp,
    ) -> Result<bool, StoreError>;
    /// Replaces every key by these two, in one transaction.
    async fn replace_signing_keys(&self, active: &StoredKey, next: &StoredKey) -> Result<(), StoreError>;
    /// Deletes the keys retired at or before `before`; returns how many.
    async fn forget_retired_keys(&self, before: Timestamp) -> Result<u64, StoreError>;
}

/// Counts of attempts, for throttling. The keys are keyed fingerprints (HMAC).
#[async_trait]
pub trait Attempts: Send + Sync + 'static {
    /// The count stored under a key.
    async fn attempts(&self, key: AttemptKey) -> Result<Option<Count>, StoreError>;
    /// Compare-and-swap on all of these counts or on none (atomic): of all callers that expect the same count under a key at
    /// most one gets [`Swap::Done`].
    async fn count_attempts(&self, counts: &[CountAttempt]) -> Result<Swap, StoreError>;
    /// Takes one attempt back: moves the `clean_at` of a key `by` earlier.
    async fn take_back_attempt(&self, key: AttemptKey, by: Duration) -> Result<(), StoreError>;
    /// Deletes the count under a key.
    async fn forget_attempts(&self, key: AttemptKey) -> Result<(), StoreError>;
    /// Deletes at most `limit` counts whose `clean_at` is at or before `now`; returns how many.
    async fn purge_attempts(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError>;
}

/// Security events: the audit log and the account's history.
#[async_trait]
pub trait Events: Send + Sync + 'static {
    /// Adds an event. One of a user who was deleted meanwhile is not kept.
    async fn append_event(&self, event: &SecurityEvent) -> Result<(), StoreError>;
    /// The events of a user, newest first.
    async fn events_of_user(&self, id: UserId, limit: u32) -> Result<Vec<SecurityEvent>, StoreError>;
    /// Deletes at most `limit` events older than `before`; returns how many.
    async fn purge_events(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;
}

/// Notices of detected theft that the owner has not dismissed. [`Sessions::end_session`] adds those of a session that ends.
#[async_trait]
pub trait Notices: Send + Sync + 'static {
    /// The notices of a user, newest first.
    async fn notices_of_user(&self, id: UserId, limit: u32) -> Result<Vec<ReuseNotice>, StoreError>;
    /// Adds the notice of a living session, together with its event. A session has at most one: `false`, and nothing is written,
    /// where there is one.
    async fn add_notice(&self, notice: &ReuseNotice, event: &SecurityEvent) -> Result<bool, StoreError>;
    /// Deletes a notice; `false` when this user has no such notice.
    async fn dismiss_notice(&self, owner: UserId, session_id: SessionId) -> Result<bool, StoreError>;
}

/// The link to the other instances on the same database.
#[async_trait]
pub trait Cluster: Send + Sync + 'static {
    /// The changes that other instances and commands make to sessions and keys, starting with [`Change::Connected`]: that is
    /// said only of a link that was seen to carry a change. Empty for a store that only this process can write to.
    fn changes(&self) -> BoxStream<'static, Change>;

    /// Whether the database answers and takes writes, for `/readyz`.
    async fn ping(&self) -> Result<(), StoreError>;
}

/// All ports together: a database for the whole service. Implemented for every type that implements the ports.
pub trait Store: Users + Sessions + SigningKeys + Attempts + Events + Notices + Cluster {}

impl<T: Users + Sessions + SigningKeys + Attempts + Events + Notices + Cluster> Store for T {}
