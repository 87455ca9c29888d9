//! What is remembered, behind one trait. A store decides nothing: it keeps plain values and promises atomicity. Every
//! operation is one transaction, durable when it returns; an error means nothing was written, or that whether it was is
//! unknown and trying again is safe.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use futures::stream::BoxStream;

use crate::api::error::RevokeReason;
use crate::api::notes::Note;
use crate::auth::{
    event::{ReuseNotice, SecurityEvent},
    keys::StoredKey,
    revoked::Revocation,
    rotation::Ratchet,
    session::{Session, SessionId},
    throttle::{AttemptKey, Count},
    user::{UserId, UserRecord},
};
use crate::clock::Timestamp;

pub mod postgres;
mod rows;
mod sql;
pub mod sqlite;

#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached, is locked, full or shutting down. It may be there again in a moment.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// What was read is not what was written.
    #[error("the database holds something unexpected: {0}")]
    Corrupt(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum CreateUser {
    Created,
    EmailTaken,
}

/// One turn of a session's ratchet.
#[derive(Clone, Debug)]
pub struct Rotate {
    pub session_id: SessionId,
    /// The generation the row must still have.
    pub expected: u32,
    pub next: Ratchet,
    pub idle_expires_at: Timestamp,
    pub last_used_at: Timestamp,
    /// `None` leaves it as it is: a refresh enters no password.
    pub authenticated_at: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Swap {
    Done,
    /// The row moved on, was revoked, or is gone: read again and decide again.
    Lost,
}

/// One more attempt under a key.
#[derive(Clone, Copy, Debug)]
pub struct CountAttempt {
    pub key: AttemptKey,
    /// What must still be remembered there.
    pub expected: Option<Count>,
    pub next: Count,
}

/// What another instance may tell this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    Revoked(Revocation),
    KeysTurned,
    /// Nothing can be heard: what other instances do is unknown.
    LineDown,
    /// The line is up (again): read what could have been missed.
    LineUp,
}

#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Adds a user; the e-mail is unique by the database's word.
    async fn create_user(&self, user: &UserRecord) -> Result<CreateUser, StoreError>;
    async fn user_by_email(&self, email: &str) -> Result<Option<UserRecord>, StoreError>;
    async fn user(&self, id: UserId) -> Result<Option<UserRecord>, StoreError>;
    async fn set_password(&self, id: UserId, password_hash: &str) -> Result<(), StoreError>;
    /// `false` when the address is somebody else's, by the database's word.
    async fn set_email(&self, id: UserId, email: &str) -> Result<bool, StoreError>;
    async fn set_disabled(&self, id: UserId, at: Option<Timestamp>) -> Result<(), StoreError>;
    /// Removes the user with their sessions, notes, notices and events. The sessions that were revoked are still told by
    /// [`Store::revoked_since`], until they are purged.
    async fn delete_user(&self, id: UserId) -> Result<(), StoreError>;

    async fn create_session(&self, session: &Session) -> Result<(), StoreError>;
    /// The session with its user's e-mail and standing, as of the last commit.
    async fn session(&self, id: SessionId) -> Result<Option<Session>, StoreError>;
    async fn sessions_of_user(&self, id: UserId) -> Result<Vec<Session>, StoreError>;
    /// Compare-and-swap on `generation`, and only while not revoked: of any number of callers that expect the same
    /// generation at most one is told [`Swap::Done`]. The absolute limit cannot be moved.
    async fn rotate(&self, rotate: Rotate) -> Result<Swap, StoreError>;
    /// `true` when this call ended it; a session that is over keeps its first reason.
    async fn revoke_session(&self, id: SessionId, reason: RevokeReason, at: Timestamp) -> Result<bool, StoreError>;
    /// The sessions this call ended.
    async fn revoke_sessions_of_user(
        &self,
        id: UserId,
        except: Option<SessionId>,
        reason: RevokeReason,
        at: Timestamp,
    ) -> Result<Vec<SessionId>, StoreError>;
    async fn revoked_since(&self, since: Timestamp) -> Result<Vec<Revocation>, StoreError>;
    /// Forgets the revoked sessions of deleted users that ended before `before`; returns how many.
    async fn purge_ended(&self, before: Timestamp) -> Result<u64, StoreError>;
    /// Removes at most `limit` sessions that ended before `before`; returns how many. Of several instances one purges at a
    /// time, the others remove nothing.
    async fn purge_sessions(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;

    /// Every key, oldest first.
    async fn signing_keys(&self) -> Result<Vec<StoredKey>, StoreError>;
    /// Adds the first two keys, unless there is an active one: of many instances that start at once one wins.
    async fn found_signing_keys(&self, active: &StoredKey, next: &StoredKey) -> Result<(), StoreError>;
    /// `next` becomes active and the active key retires, if `expected_active` still is; then adds `new_next`.
    async fn turn_signing_keys(
        &self,
        expected_active: &str,
        new_next: &StoredKey,
        at: Timestamp,
    ) -> Result<bool, StoreError>;
    /// Removes keys retired at or before `before`.
    async fn forget_retired_keys(&self, before: Timestamp) -> Result<u64, StoreError>;

    /// A person's notes, last changed first.
    async fn notes(&self, owner: UserId) -> Result<Vec<Note>, StoreError>;
    /// The same id again writes the same note again. `false` when the id is that of another owner's note.
    async fn create_note(&self, owner: UserId, note: &Note) -> Result<bool, StoreError>;
    /// `false` when there is no such note of this owner.
    async fn update_note(&self, owner: UserId, note: &Note) -> Result<bool, StoreError>;
    async fn delete_note(&self, owner: UserId, id: &str) -> Result<bool, StoreError>;

    /// What is remembered of the attempts under a key.
    async fn attempts(&self, key: AttemptKey) -> Result<Option<Count>, StoreError>;
    /// Compare-and-swap on all of these counts or on none: of any number of callers that expect the same count under a key at
    /// most one is told [`Swap::Done`].
    async fn count_attempts(&self, counts: &[CountAttempt]) -> Result<Swap, StoreError>;
    /// Brings the time at which the attempts under a key are forgotten nearer by `by`.
    async fn take_back_attempt(&self, key: AttemptKey, by: Duration) -> Result<(), StoreError>;
    async fn forget_attempts(&self, key: AttemptKey) -> Result<(), StoreError>;
    /// Removes at most `limit` counts that are forgotten at or before `now`; returns how many.
    async fn purge_attempts(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError>;

    async fn append_event(&self, event: &SecurityEvent) -> Result<(), StoreError>;
    /// The newest events of a person first.
    async fn events_of_user(&self, id: UserId, limit: u32) -> Result<Vec<SecurityEvent>, StoreError>;
    /// Removes at most `limit` events from before `before`; returns how many.
    async fn purge_events(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;

    /// Keeps a notice; a session's first one stays.
    async fn add_notice(&self, notice: &ReuseNotice) -> Result<(), StoreError>;
    /// The newest notices of a person first.
    async fn notices_of_user(&self, id: UserId, limit: u32) -> Result<Vec<ReuseNotice>, StoreError>;
    /// `false` when this person has no such notice.
    async fn dismiss_notice(&self, owner: UserId, session_id: SessionId) -> Result<bool, StoreError>;

    /// What other instances do to sessions and keys, beginning with [`Change::LineUp`]. Ends at once where there can be no
    /// other instance.
    fn changes(&self) -> BoxStream<'static, Change>;

    /// Whether the database answers, for `/readyz`.
    async fn ping(&self) -> Result<(), StoreError>;
}

/// Opens the database a URL names.
pub async fn open(url: &str) -> Result<Arc<dyn Store>, StoreError> {
    match url.split_once(':') {
        Some(("sqlite", _)) => Ok(Arc::new(sqlite::SqliteStore::open(url).await?)),
        Some(("postgres" | "postgresql", _)) => Ok(Arc::new(postgres::PostgresStore::open(url).await?)),
        _ => Err(StoreError::Unavailable("a database URL starts with sqlite:// or postgres://".into())),
    }
}
