//! The SQL shared by both dialects, written once: for each aggregate a macro that implements its port for a database. A
//! function generic over sqlx databases would need pages of trait bounds. A database provides `read()` and `write()`, which
//! each return a connection.

use super::postgres::read_only;
use crate::auth::store::StoreError;

pub(super) mod attempts;
pub(super) mod events;
pub(super) mod keys;
pub(super) mod notices;
pub(super) mod sessions;
pub(super) mod users;

/// Maps a database error: nothing was decided, and a retry is safe.
pub(crate) fn unavailable(error: sqlx::Error) -> StoreError {
    read_only::note(&error);
    StoreError::Unavailable(error.to_string())
}

/// The names that the macros use, for the modules that expand them.
pub(super) mod prelude {
    pub use std::time::Duration;

    pub use sqlx::Connection as _;

    pub(in crate::store) use super::attempts::attempts_sql;
    pub(in crate::store) use super::events::events_sql;
    pub(in crate::store) use super::keys::keys_sql;
    pub(in crate::store) use super::notices::notices_sql;
    pub(in crate::store) use super::sessions::{select_sessions, sessions_sql};
    pub(in crate::store) use super::unavailable;
    pub(in crate::store) use super::users::users_sql;
    pub use crate::auth::model::event::{ReuseNotice, SecurityEvent};
    pub use crate::auth::model::session::{Session, SessionId};
    pub use crate::auth::model::user::{UserId, UserRecord};
    pub use crate::auth::store::{
        Attempts, Change, Cluster, CountAttempt, CreateUser, Events, Notices, Rotate, Sessions, SigningKeys,
        StoreError, Swap, Users,
    };
    pub use crate::auth::throttle::rules::{AttemptKey, Count};
    pub use crate::auth::token::keys::StoredKey;
    pub use crate::auth::token::revoked::Revocation;
    pub use crate::clock::Timestamp;
    pub use crate::protocol::session::RevokeReason;
    pub(in crate::store) use crate::store::rows::{Readable, collect};
}
