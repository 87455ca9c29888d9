//! The SQL shared by both dialects, written once: for each aggregate a macro that implements its port for a database. A
//! function generic over sqlx databases would need pages of trait bounds. A database provides `Conn`, its connection, `read()`
//! and `write()`, which each return one, and `begin()`, which returns a transaction that may write. A step of a transaction is
//! a function on a connection; dropping a transaction rolls it back.

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
    read_only::record(&error);
    StoreError::Unavailable(error.to_string())
}

/// The names that the macros use, for the modules that expand them.
pub(super) mod prelude {
    pub use std::time::Duration;

    pub use sqlx::{Connection as _, Executor as _};

    pub(in crate::store) use super::attempts::attempts_sql;
    pub(in crate::store) use super::events::events_sql;
    pub(in crate::store) use super::keys::keys_sql;
    pub(in crate::store) use super::notices::notices_sql;
    pub(in crate::store) use super::sessions::{
        LIVING, ROTATE, SESSION_COLUMNS, ended_session, living, select_sessions, session_steps, sessions_sql,
    };
    pub(in crate::store) use super::unavailable;
    pub(in crate::store) use super::users::{select_users, users_sql};
    pub use crate::auth::binding::rule::Binding;
    pub use crate::auth::model::email::Email;
    pub use crate::auth::model::event::{ReuseNotice, SecurityEvent};
    pub use crate::auth::model::session::{Session, SessionId};
    pub use crate::auth::model::submission::Submission;
    pub use crate::auth::model::user::{UserId, UserRecord};
    pub use crate::auth::store::{
        Attempts, BindingJudge, Change, ChangePassword, Cluster, CountAttempt, CreateUser, ENDED_NAMED, EmailClash,
        EmailKeyOf, EndAll, EndSession, EndedAll, Events, Guard, Judge, Judged, LIMIT_ENDED_MAX, Notices, OpenSession,
        Opened, Register, Sessions, SigningKeys, Stale, StoreError, Swap, Users,
    };
    pub use crate::auth::throttle::rules::{AttemptKey, Count};
    pub use crate::auth::token::keys::StoredKey;
    pub use crate::auth::token::revoked::{Revocation, UserRevocation};
    pub use crate::clock::Timestamp;
    pub use crate::protocol::session::RevokeReason;
    pub(in crate::store) use crate::store::rotation_queue::ask;
    pub(in crate::store) use crate::store::rows::{LockedUser, Readable, collect};
}
