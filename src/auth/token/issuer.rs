//! Issues both tokens of a session.

use super::{
    access::AccessTokens,
    key_ring::KeyRing,
    refresh::{RefreshToken, RefreshTokenKey},
};
use crate::auth::error::AuthError;
use crate::auth::model::session::Session;
use crate::clock::Timestamp;
use crate::protocol::tokens::AccessToken;

/// What tokens are made and checked with.
pub struct TokenIssuer {
    pub access: AccessTokens,
    pub keys: KeyRing,
    pub refresh: RefreshTokenKey,
}

/// Both tokens of a session.
#[derive(Debug)]
pub struct TokenPair {
    pub access: AccessToken,
    /// Lifetime of the access token, in seconds.
    pub expires_in: u64,
    pub refresh: RefreshToken,
}

impl TokenIssuer {
    /// Issues an access token, and the refresh token of this generation.
    ///
    /// # Errors
    ///
    /// [`AuthError::Internal`] when signing fails.
    pub fn issue(&self, session: &Session, generation: u32, now: Timestamp) -> Result<TokenPair, AuthError> {
        let (access, expires_in) = self.access.issue(&self.keys, session, now)?;
        let refresh = self.refresh.token(session.id, &session.salt, generation);
        Ok(TokenPair { access, expires_in, refresh })
    }
}
