//! The access token as a tab holds it: with a version, the identity it belongs to, and its age.

use crate::clock::Stopwatch;
use crate::protocol::tokens::{AccessToken, TokenResponse};

/// The user and the session that a token belongs to. A request is never retried under another
/// identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub user_id: String,
    pub session_id: String,
}

/// An access token in memory. Its age counts from receipt, because the browser's clock may be
/// wrong.
#[derive(Clone, Debug)]
pub struct HeldToken {
    pub token: AccessToken,
    /// Grows with every change of the token in memory; never reused in a tab.
    pub version: u64,
    pub identity: Identity,
    /// Started at receipt.
    pub received: Stopwatch,
    /// Lifetime in seconds, from receipt.
    pub expires_in: u64,
}

impl HeldToken {
    /// A token received just now.
    pub fn new(grant: TokenResponse, version: u64) -> Self {
        Self {
            token: grant.access_token,
            version,
            identity: Identity { user_id: grant.user.id, session_id: grant.session_id },
            received: Stopwatch::start(),
            expires_in: grant.expires_in,
        }
    }

    /// Whether the lifetime has elapsed since receipt.
    pub fn is_expired(&self) -> bool {
        self.received.elapsed_ms() >= self.expires_in as f64 * 1000.0
    }
}
