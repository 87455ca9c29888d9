//! A session is one signed-in browser, as the server remembers it: one row, whatever the number of rotations.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::rotation::{Ratchet, Standing};
use super::user::UserId;
use crate::api::error::RevokeReason;
use crate::clock::Timestamp;

/// 16 random bytes; base64url in the `sid` claim and in paths.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(pub [u8; 16]);

impl SessionId {
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

/// Random, per session, known to the database alone: without it the server secret forges no refresh token.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Salt(pub [u8; 32]);

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salt([redacted])")
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revoked {
    pub at: Timestamp,
    pub reason: RevokeReason,
}

/// A session's row, with what its user's row says about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub id: SessionId,
    pub user_id: UserId,
    pub user_email: String,
    pub user_disabled: bool,
    pub salt: Salt,
    pub ratchet: Ratchet,
    /// The sign-in: where the absolute limit counts from.
    pub created_at: Timestamp,
    /// When the password was last entered: the `auth_time` claim. A refresh never moves it.
    pub authenticated_at: Timestamp,
    pub last_used_at: Timestamp,
    pub idle_expires_at: Timestamp,
    pub absolute_expires_at: Timestamp,
    pub revoked: Option<Revoked>,
    /// The `User-Agent` at sign-in, shortened.
    pub device: String,
}

impl Session {
    pub fn standing(&self) -> Standing {
        Standing {
            revoked: self.revoked.is_some(),
            idle_expires_at: self.idle_expires_at,
            absolute_expires_at: self.absolute_expires_at,
            user_disabled: self.user_disabled,
        }
    }
}

/// The browser a request came from, in its own words: control characters dropped, 200 characters at most.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Device(String);

impl Device {
    pub fn from_user_agent(user_agent: &str) -> Self {
        Self(user_agent.chars().filter(|c| !c.is_control()).take(200).collect())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}
