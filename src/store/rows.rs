//! Row mapping: reads rows of either database, which have the same columns, into domain values. An error names the column.

use sqlx::{ColumnIndex, Decode, Row, Type};

use crate::auth::binding::rule::Binding;
use crate::auth::model::email;
use crate::auth::model::event::{EventKind, ReuseNotice, SecurityEvent};
use crate::auth::model::session::{Revoked, Salt, Session, SessionId};
use crate::auth::model::user::{UserId, UserRecord};
use crate::auth::store::StoreError;
use crate::auth::throttle::rules::Count;
use crate::auth::token::keys::{KeyState, StoredKey};
use crate::auth::token::revoked::{Revocation, UserRevocation};
use crate::auth::token::rotation::{RecentlySuperseded, RotationState};
use crate::clock::Timestamp;
use crate::protocol::session::RevokeReason;

/// What a transaction knows of a user whose row it has locked.
pub(crate) struct LockedUser {
    pub password_hash: String,
    pub disabled_at: Option<Timestamp>,
    pub session_epoch: u64,
}

/// A row whose columns can be read as domain values.
pub(crate) trait Readable {
    fn bytes(&self, column: &str) -> Result<Vec<u8>, StoreError>;
    fn maybe_bytes(&self, column: &str) -> Result<Option<Vec<u8>>, StoreError>;
    fn text(&self, column: &str) -> Result<String, StoreError>;
    fn maybe_text(&self, column: &str) -> Result<Option<String>, StoreError>;
    fn number(&self, column: &str) -> Result<i64, StoreError>;
    fn maybe_number(&self, column: &str) -> Result<Option<i64>, StoreError>;

    fn id<const N: usize>(&self, column: &str) -> Result<[u8; N], StoreError> {
        self.bytes(column)?.try_into().map_err(|_| corrupt(column))
    }

    fn time(&self, column: &str) -> Result<Timestamp, StoreError> {
        self.number(column).map(Timestamp)
    }

    fn maybe_time(&self, column: &str) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.maybe_number(column)?.map(Timestamp))
    }

    fn user_id(&self, column: &str) -> Result<UserId, StoreError> {
        self.id::<16>(column).map(|bytes| UserId(uuid::Uuid::from_bytes(bytes)))
    }

    fn user(&self) -> Result<UserRecord, StoreError> {
        Ok(UserRecord {
            id: self.user_id("id")?,
            email: self.shown_email()?,
            email_key: self.text("email")?,
            password_hash: self.text("password_hash")?,
            created_at: self.time("created_at")?,
            disabled_at: self.maybe_time("disabled_at")?,
        })
    }

    fn shown_email(&self) -> Result<String, StoreError> {
        Ok(email::shown(self.text("email")?, self.maybe_text("email_shown")?))
    }

    fn epoch(&self, column: &str) -> Result<u64, StoreError> {
        u64::try_from(self.number(column)?).map_err(|_| corrupt(column))
    }

    fn locked_user(&self) -> Result<LockedUser, StoreError> {
        Ok(LockedUser {
            password_hash: self.text("password_hash")?,
            disabled_at: self.maybe_time("disabled_at")?,
            session_epoch: self.epoch("session_epoch")?,
        })
    }

    fn revoked(&self) -> Result<Option<Revoked>, StoreError> {
        let reason = RevokeReason::of_any_version(&self.maybe_text("revoked_reason")?.unwrap_or_default());
        Ok(self.maybe_time("revoked_at")?.map(|at| Revoked { at, reason }))
    }

    fn session(&self) -> Result<Session, StoreError> {
        Ok(Session {
            id: SessionId(self.id("id")?),
            user_id: self.user_id("user_id")?,
            user_email: self.shown_email()?,
            user_disabled: self.maybe_number("disabled_at")?.is_some(),
            session_epoch: self.epoch("session_epoch")?,
            salt: Salt(self.id("salt")?),
            rotation: RotationState {
                generation: generation(self.number("generation")?)?,
                parent: self.maybe_number("parent")?.map(generation).transpose()?,
                recently_superseded: RecentlySuperseded::from_bytes(&self.bytes("ring")?)
                    .map_err(|_| corrupt("ring"))?,
            },
            created_at: self.time("created_at")?,
            authenticated_at: self.time("authenticated_at")?,
            last_used_at: self.time("last_used_at")?,
            idle_expires_at: self.time("idle_expires_at")?,
            absolute_expires_at: self.time("absolute_expires_at")?,
            revoked: self.revoked()?,
            device: self.text("device")?,
            binding: self.binding()?,
        })
    }

    fn binding(&self) -> Result<Option<Binding>, StoreError> {
        let stored = self.maybe_bytes("binding")?;
        stored.map(|bytes| Binding::from_bytes(&bytes).map_err(|_| corrupt("binding"))).transpose()
    }

    fn revocation(&self) -> Result<Revocation, StoreError> {
        Ok(Revocation {
            session_id: SessionId(self.id("id")?),
            at: self.time("revoked_at")?,
            reason: RevokeReason::of_any_version(&self.text("revoked_reason")?),
        })
    }

    fn user_revocation(&self) -> Result<UserRevocation, StoreError> {
        let kept = self.maybe_bytes("kept")?.map(|bytes| bytes.try_into().map_err(|_| corrupt("kept")));
        Ok(UserRevocation {
            user_id: self.user_id("user_id")?,
            epoch: self.epoch("epoch")?,
            kept: kept.transpose()?.map(SessionId),
            at: self.time("revoked_at")?,
            reason: RevokeReason::of_any_version(&self.text("revoked_reason")?),
        })
    }

    fn signing_key(&self) -> Result<StoredKey, StoreError> {
        Ok(StoredKey {
            kid: self.text("kid")?,
            state: KeyState::parse(&self.text("state")?).ok_or_else(|| corrupt("state"))?,
            sealed: self.bytes("sealed")?,
            created_at: self.time("created_at")?,
            activated_at: self.maybe_time("activated_at")?,
            retired_at: self.maybe_time("retired_at")?,
        })
    }

    fn count(&self) -> Result<Count, StoreError> {
        Ok(Count { clean_at: self.time("clean_at")?, last_at: self.time("last_at")? })
    }

    fn notice(&self) -> Result<ReuseNotice, StoreError> {
        Ok(ReuseNotice {
            session_id: SessionId(self.id("session_id")?),
            user_id: self.user_id("user_id")?,
            at: self.time("at")?,
            device: self.text("device")?,
            session_device: self.text("session_device")?,
            session_created_at: self.time("session_created_at")?,
        })
    }

    fn event(&self) -> Result<SecurityEvent, StoreError> {
        let session_id = self.maybe_bytes("session_id")?.map(|bytes| bytes.try_into().map_err(|_| corrupt("id")));
        Ok(SecurityEvent {
            at: self.time("at")?,
            kind: EventKind::parse(&self.text("kind")?).ok_or_else(|| corrupt("kind"))?,
            user_id: Some(self.user_id("user_id")?),
            session_id: session_id.transpose()?.map(SessionId),
            device: self.text("device")?,
            detail: self.text("detail")?,
        })
    }
}

impl<R> Readable for R
where
    R: Row,
    for<'c> &'c str: ColumnIndex<R>,
    for<'r> Vec<u8>: Decode<'r, R::Database> + Type<R::Database>,
    for<'r> String: Decode<'r, R::Database> + Type<R::Database>,
    for<'r> i64: Decode<'r, R::Database> + Type<R::Database>,
    for<'r> Option<Vec<u8>>: Decode<'r, R::Database> + Type<R::Database>,
    for<'r> Option<String>: Decode<'r, R::Database> + Type<R::Database>,
    for<'r> Option<i64>: Decode<'r, R::Database> + Type<R::Database>,
{
    fn bytes(&self, column: &str) -> Result<Vec<u8>, StoreError> {
        self.try_get(column).map_err(|_| corrupt(column))
    }
    fn maybe_bytes(&self, column: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.try_get(column).map_err(|_| corrupt(column))
    }
    fn text(&self, column: &str) -> Result<String, StoreError> {
        self.try_get(column).map_err(|_| corrupt(column))
    }
    fn maybe_text(&self, column: &str) -> Result<Option<String>, StoreError> {
        self.try_get(column).map_err(|_| corrupt(column))
    }
    fn number(&self, column: &str) -> Result<i64, StoreError> {
        self.try_get(column).map_err(|_| corrupt(column))
    }
    fn maybe_number(&self, column: &str) -> Result<Option<i64>, StoreError> {
        self.try_get(column).map_err(|_| corrupt(column))
    }
}

pub(crate) fn corrupt(column: &str) -> StoreError {
    StoreError::Corrupt(format!("unexpected value in column {column}"))
}

fn generation(stored: i64) -> Result<u32, StoreError> {
    u32::try_from(stored).map_err(|_| corrupt("generation"))
}

/// Maps every row, or fails with the first error.
pub(crate) fn collect<R: Readable, T>(
    rows: Vec<R>,
    read: impl Fn(&R) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    rows.iter().map(read).collect()
}
