//! What the server decides about tokens and stores about sessions: the outcome of access token validation, the refresh token
//! rotation's ruling (replay detection), and the database rows behind them.

use serde::{Deserialize, Serialize};

use super::token::Fingerprint;
use crate::clock::Timestamp;
use crate::protocol::session::RevokeReason;

/// The outcome of validating an access token (RFC 9068 section 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Valid,
    Expired,
    /// Signature, algorithm, type, key or claims are not those of a token this server issues.
    Invalid,
    /// Genuine and not expired, but its session has ended.
    Revoked,
}

/// The decision of the rotation rule (`docs/flow.md` section 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ruling {
    Rotate,
    Replay,
    ReKey,
    Reuse,
    /// The door in front of the rule: the session is bound to a device, and the caller is not there.
    Unbound,
    Ahead,
    Ended,
}

/// A session's row as the database holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRow {
    pub id: String,
    pub device: String,
    pub generation: u32,
    pub parent: Option<u32>,
    /// Recently superseded generations and when they were superseded, newest last.
    pub ring: Vec<(u32, Timestamp)>,
    /// Of the salt.
    pub salt: Fingerprint,
    /// Of the newest refresh token, which is *not* stored: it is derived again from the salt and the server's secret.
    pub newest: Fingerprint,
    pub created_at: Timestamp,
    pub authenticated_at: Timestamp,
    pub last_used_at: Timestamp,
    pub idle_expires_at: Timestamp,
    pub absolute_expires_at: Timestamp,
    pub revoked: Option<(Timestamp, RevokeReason)>,
}

/// A signing key's row, without the key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRow {
    pub kid: String,
    /// `next`, `active` or `retired`.
    pub state: String,
}
