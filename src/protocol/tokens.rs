//! The token response (RFC 6749 section 5.1) and its parts.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An access token on its way to the tab. `Debug` prints `[redacted]`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AccessToken(String);

impl AccessToken {
    /// From a compact JWT.
    pub fn new(compact: String) -> Self {
        Self(compact)
    }

    /// The compact JWT, for the `Authorization` header only (RFC 6750 section 2.1).
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken([redacted])")
    }
}

/// The `token_type` member (RFC 6749 section 7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TokenType {
    Bearer,
}

/// The signed-in user, as pages show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    pub id: String,
    pub email: String,
}

/// The token response (RFC 6749 section 5.1). `session_id` lets a tab notice that a refresh
/// returned another session. It cannot learn that from the token, which a client must not inspect
/// (RFC 9068 section 6).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenResponse {
    pub access_token: AccessToken,
    pub token_type: TokenType,
    /// Lifetime in seconds, counted from receipt because the client's clock may be wrong.
    pub expires_in: u64,
    pub user: User,
    pub session_id: String,
}

/// A generated passphrase, suggested as a password. `Debug` prints `[redacted]`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suggestion {
    pub passphrase: String,
}

impl fmt::Debug for Suggestion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Suggestion([redacted])")
    }
}
