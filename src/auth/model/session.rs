//! A session: one signed-in browser, and the token family of its refresh tokens. One row, however often the token rotates.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::auth::binding::rule::Binding;
use crate::auth::model::user::UserId;
use crate::auth::token::rotation::{RotationState, Standing};
use crate::clock::Timestamp;
use crate::protocol::session::RevokeReason;

/// The session id: 16 random bytes, as base64url in the `sid` claim and in request parameters. An identifier, not a secret.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(pub [u8; 16]);

impl SessionId {
    /// Parses the base64url form.
    pub fn parse(text: &str) -> Option<Self> {
        Some(Self(URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?))
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionId({self})")
    }
}

/// 32 random bytes of a session, stored in the database only. A leaked server secret alone cannot forge refresh tokens.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Salt(pub [u8; 32]);

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salt([redacted])")
    }
}

/// When and why a session was revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revoked {
    pub at: Timestamp,
    pub reason: RevokeReason,
}

/// A session's row, joined with its user's e-mail and standing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub id: SessionId,
    pub user_id: UserId,
    pub user_email: String,
    pub user_disabled: bool,
    /// The user's session epoch: grows each time all sessions of the user end at once.
    pub session_epoch: u64,
    pub salt: Salt,
    pub rotation: RotationState,
    /// The sign-in; the absolute limit counts from here.
    pub created_at: Timestamp,
    /// When the password was last entered: the `auth_time` claim. A refresh never changes it.
    pub authenticated_at: Timestamp,
    pub last_used_at: Timestamp,
    pub idle_expires_at: Timestamp,
    pub absolute_expires_at: Timestamp,
    pub revoked: Option<Revoked>,
    /// The `User-Agent` at sign-in, shortened.
    pub device: String,
    /// The device that the session is bound to; `None` where its browser has bound it to none.
    pub binding: Option<Binding>,
}

impl Session {
    /// The facts about the session that the rotation rule needs.
    pub fn standing(&self) -> Standing {
        Standing {
            revoked: self.revoked.is_some(),
            idle_expires_at: self.idle_expires_at,
            absolute_expires_at: self.absolute_expires_at,
            user_disabled: self.user_disabled,
        }
    }
}
