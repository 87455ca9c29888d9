//! Why a use case did not succeed, precisely. The edge turns these into the few public codes, in one place
//! ([`crate::server::problem`]); nothing here knows HTTP.

use super::flaw::Flaw;
use super::rotation::SessionEnd;
use crate::api::error::RevokeReason;
use crate::store::StoreError;

#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    #[error("the e-mail or the password is wrong")]
    InvalidCredentials,
    /// Of somebody who is signed in: there is no address to be silent about.
    #[error("the password is wrong")]
    WrongPassword,
    #[error("the password was entered too long ago for this")]
    NotRecent,
    #[error("the e-mail is taken")]
    EmailTaken,
    #[error("{field}: {flaw}")]
    Invalid { field: &'static str, flaw: Flaw },
    #[error("not found")]
    NotFound,
    #[error("no refresh token was presented")]
    RefreshTokenMissing,
    /// Forged, malformed, of an unknown session, or ahead of the store.
    #[error("the refresh token is not valid")]
    RefreshTokenInvalid,
    #[error("the session ended: {0:?}")]
    SessionEnded(SessionEnd, Option<RevokeReason>),
    /// The session is revoked, and that is committed, before this is returned.
    #[error("the refresh token was used before its successor: session revoked")]
    RefreshTokenReused,
    /// Too much work under way: the caller should come back.
    #[error("too busy, try again in {retry_after} s")]
    Busy { retry_after: u32 },
    #[error("too many attempts, try again in {retry_after} s")]
    TooManyAttempts { retry_after: u32 },
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the server could not do its part: {0}")]
    Internal(&'static str),
}

impl AuthError {
    pub fn invalid(field: &'static str, flaw: Flaw) -> Self {
        Self::Invalid { field, flaw }
    }
}
