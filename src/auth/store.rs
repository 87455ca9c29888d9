//! The ports (repository traits): the persistence that the rules need, one trait for each aggregate. The rules own these
//! traits; a database implements them and decides nothing (ports and adapters).
//!
//! Every operation is one transaction and durable when it returns. After an error nothing was written, or it is unknown
//! whether it was; a retry is safe in both cases.
//!
//! # Adding a store
//!
//! A store implements the six ports and [`Cluster`]; [`Store`] follows by itself. Each doc comment below is a promise that
//! the contract suite (`store_contract` in `tests/`) checks; add the new store to the suite's list of databases and to
//! `store::open`. Each port is small enough for a fake in a unit test:
//!
//! ```
//! use std::sync::Mutex;
//! use two_tokens::auth::model::{event::ReuseNotice, session::SessionId, user::UserId};
//! use two_tokens::auth::store::{Notices, StoreError};
//!
//! #[derive(Default)]
//! struct InMemory(Mutex<Vec<ReuseNotice>>);
//!
//! #[async_trait::async_trait]
//! impl Notices for InMemory {
//!     async fn add_notice(&self, notice: &ReuseNotice) -> Result<(), StoreError> {
//!         let mut notices = self.0.lock().unwrap();
//!         if notices.iter().all(|kept| kept.session_id != notice.session_id) {
//!             notices.push(notice.clone());
//!         }
//!         Ok(())
//!     }
//!
//!     async fn notices_of_user(&self, id: UserId, limit: u32) -> Result<Vec<ReuseNotice>, StoreError> {
//!         let mut own: Vec<_> = self.0.lock().unwrap().iter().filter(|notice| notice.user_id == id).cloned().collect();
//!         own.sort_by_key(|notice| std::cmp::Reverse(notice.at));
//!         own.truncate(limit as usize);
//!         Ok(own)
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

use super::model::{
    event::{ReuseNotice, SecurityEvent},
    session::{Session, SessionId},
    user::{UserId, UserRecord},
};
use super::throttle::rules::{AttemptKey, Count};
use super::token::{keys::StoredKey, revoked::Revocation, rotation::RotationState};
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

/// One rotation of a session's refresh token.
#[derive(Clone, Debug)]
pub struct Rotate {
    pub session_id: SessionId,
    /// The generation that the row must still have.
    pub expected: u32,
    pub next: RotationState,
    pub idle_expires_at: Timestamp,
    pub last_used_at: Timestamp,
    /// `None` keeps the stored value: a refresh involves no password.
    pub authenticated_at: Option<Timestamp>,
}

/// The outcome of a compare-and-swap (optimistic concurrency).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Swap {
    Done,
    /// Nothing was written, because the row was changed, revoked or deleted after it was read. Read and decide again.
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
    KeysRotated,
    /// The link is down: changes by other instances do not arrive.
    Disconnected,
    /// The link is up (again): reload everything that could have been missed.
    Connected,
}

/// Accounts.
#[async_trait]
pub trait Users: Send + Sync + 'static {
    /// Adds a user; the database keeps the e-mail unique.
    async fn create_user(&self, user: &UserRecord) -> Result<CreateUser, StoreError>;
    async fn user_by_email(&self, email: &str) -> Result<Option<UserRecord>, StoreError>;
    async fn user(&self, id: UserId) -> Result<Option<UserRecord>, StoreError>;
    async fn set_password(&self, id: UserId, password_hash: &str) -> Result<(), StoreError>;
    /// `false` when another user has the address; the database keeps it unique.
    async fn set_email(&self, id: UserId, email: &str) -> Result<bool, StoreError>;
    async fn set_disabled(&self, id: UserId, at: Option<Timestamp>) -> Result<(), StoreError>;
    /// Deletes the user, and by cascade the sessions, notices, events and everything else that references the user.
    /// [`Sessions::revoked_since`] still returns the revoked sessions, until they are purged.
    async fn delete_user(&self, id: UserId) -> Result<(), StoreError>;
}

/// Sessions: one row for each signed-in browser.
#[async_trait]
pub trait Sessions: Send + Sync + 'static {
    async fn create_session(&self, session: &Session) -> Result<(), StoreError>;
    /// The session joined with its user's e-mail and standing. Sees every commit that returned before the call.
    async fn session(&self, id: SessionId) -> Result<Option<Session>, StoreError>;
    async fn sessions_of_user(&self, id: UserId) -> Result<Vec<Session>, StoreError>;
    /// Compare-and-swap on `generation`, only while the session is not revoked: of all callers that expect the same generation
    /// at most one gets [`Swap::Done`]. Never changes the absolute limit.
    async fn rotate(&self, rotate: Rotate) -> Result<Swap, StoreError>;
    /// `true` when this call ended the session. An ended session keeps its first reason.
    async fn revoke_session(&self, id: SessionId, reason: RevokeReason, at: Timestamp) -> Result<bool, StoreError>;
    /// Revokes all sessions of a user except `except`; returns those that this call ended.
    async fn revoke_sessions_of_user(
        &self,
        id: UserId,
        except: Option<SessionId>,
        reason: RevokeReason,
        at: Timestamp,
    ) -> Result<Vec<SessionId>, StoreError>;
    /// The revocations at or after `since`, deleted users' sessions included.
    async fn revoked_since(&self, since: Timestamp) -> Result<Vec<Revocation>, StoreError>;
    /// Deletes the revocations kept of deleted users' sessions that ended before `before`; returns how many.
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
    async fn append_event(&self, event: &SecurityEvent) -> Result<(), StoreError>;
    /// The events of a user, newest first.
    async fn events_of_user(&self, id: UserId, limit: u32) -> Result<Vec<SecurityEvent>, StoreError>;
    /// Deletes at most `limit` events older than `before`; returns how many.
    async fn purge_events(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;
}

/// Notices of detected reuse that the owner has not dismissed.
#[async_trait]
pub trait Notices: Send + Sync + 'static {
    /// Adds a notice. A session has at most one; the first one stays.
    async fn add_notice(&self, notice: &ReuseNotice) -> Result<(), StoreError>;
    /// The notices of a user, newest first.
    async fn notices_of_user(&self, id: UserId, limit: u32) -> Result<Vec<ReuseNotice>, StoreError>;
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
