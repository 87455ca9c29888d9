//! The error type of the use cases. It names the precise cause; the edge maps it to one of the few public error codes in one
//! place (`api::edge::problem`). Nothing here knows HTTP.

use crate::auth::store::{Stale, StoreError};
use crate::auth::token::rotation::SessionEnd;
use crate::auth::validation::ValidationError;
use crate::protocol::session::RevokeReason;

/// Why a use case failed.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// Unknown address, wrong password or disabled account: one error for all three, against user enumeration (OWASP).
    #[error("the e-mail or the password is wrong")]
    InvalidCredentials,
    /// A signed-in user entered a wrong password. There is no account to enumerate, so this may be precise.
    #[error("the password is wrong")]
    WrongPassword,
    /// The call needs step-up authentication (RFC 9470): `auth_time` is older than the `max_age` allows.
    #[error("the password was entered too long ago")]
    StepUpRequired,
    #[error("the e-mail is taken")]
    EmailTaken,
    #[error("{field}: {error:?}")]
    Invalid { field: &'static str, error: ValidationError },
    #[error("not found")]
    NotFound,
    #[error("no refresh token was presented")]
    RefreshTokenMissing,
    /// No refresh token came, though the browser is marked as signed in: its cookies were cleared, or it refuses them.
    #[error("the refresh token of a signed-in browser is missing")]
    RefreshTokenLost,
    /// Two refresh tokens came, one of them perhaps planted (cookie tossing).
    #[error("more than one refresh token was presented")]
    RefreshTokenAmbiguous,
    /// The refresh token is forged, malformed, of an unknown session, or ahead of the store.
    #[error("the refresh token is not valid")]
    RefreshTokenInvalid,
    /// The session is over; the reason is known when it was revoked.
    #[error("the session ended: {0:?}")]
    SessionEnded(SessionEnd, Option<RevokeReason>),
    /// Replay detection (RFC 9700 section 4.14.2). The revocation is committed before this is returned.
    #[error("a superseded refresh token was used again: session revoked")]
    RefreshTokenReused,
    /// The session is bound to a device, and the request does not come from there: its browser has no binding. Nothing has changed.
    #[error("the request does not come from the device that the session is bound to")]
    Unbound,
    /// The browser has a binding, and must prove it, or prove it again. Nothing has changed.
    #[error("the device that the session is bound to has not proved itself")]
    ProofRequired,
    /// A registration of a device's key that binds nothing: malformed, signed by another key, too late, or a second one.
    #[error("the proof of a device's key is not accepted")]
    NotProved,
    /// The account changed between the check of its password and the write, more often than was tried. Nothing was written.
    #[error("the account changed meanwhile")]
    AccountChanged,
    /// The server is overloaded. `retry_after` is in seconds.
    #[error("too busy, try again in {retry_after} s")]
    Busy { retry_after: u32 },
    /// Throttled. `retry_after` is in seconds; a session made by a new sign-in has no wait if `sign_in_helps`.
    #[error("too many attempts, try again in {retry_after} s")]
    TooManyAttempts { retry_after: u32, sign_in_helps: bool },
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A fault of the server itself; the text is for the log.
    #[error("internal error: {0}")]
    Internal(&'static str),
}

impl AuthError {
    /// An input error at the form field `field`.
    pub fn invalid(field: &'static str, error: ValidationError) -> Self {
        Self::Invalid { field, error }
    }
}

impl From<Stale> for AuthError {
    fn from(stale: Stale) -> Self {
        match stale {
            Stale::Account => Self::AccountChanged,
            Stale::Session(reason) => Self::SessionEnded(SessionEnd::Revoked, reason),
        }
    }
}
