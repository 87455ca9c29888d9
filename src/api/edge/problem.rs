//! Error responses (RFC 9457 problem details): the only place that maps causes to public error codes, and the only place that
//! gives a problem its status and headers.

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{headers::NO_STORE, wording};
use crate::auth::error::AuthError;
use crate::auth::service::NotAuthenticated;
use crate::auth::token::access::Refused;
use crate::auth::token::rotation::SessionEnd;
use crate::lang::lang;
use crate::protocol::code::Code;
use crate::protocol::problem::Problem;
use crate::protocol::session::RevokeReason;

/// `Retry-After` when the database is unavailable, in seconds.
const RETRY_AFTER: u32 = 2;

impl From<AuthError> for Problem {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::InvalidCredentials => {
                Problem::new(Code::InvalidCredentials, lang().problem_invalid_credentials())
            }
            AuthError::WrongPassword => Problem::new(Code::InvalidCredentials, lang().problem_wrong_password()),
            AuthError::StepUpRequired => {
                Problem::new(Code::InsufficientUserAuthentication, lang().problem_not_recent())
            }
            AuthError::EmailTaken => {
                Problem { field: Some("email".into()), ..Problem::new(Code::EmailTaken, lang().problem_email_taken()) }
            }
            AuthError::Invalid { field, error } => Problem::invalid(field, wording::validation(error, lang())),
            AuthError::NotFound => Problem::new(Code::NotFound, lang().problem_not_found()),
            AuthError::RefreshTokenMissing => {
                Problem::new(Code::RefreshTokenMissing, lang().problem_refresh_token_missing())
            }
            AuthError::RefreshTokenLost => Problem::new(Code::RefreshTokenMissing, lang().problem_refresh_token_lost()),
            AuthError::RefreshTokenAmbiguous => {
                Problem::new(Code::RefreshTokenInvalid, lang().problem_refresh_token_ambiguous())
            }
            AuthError::RefreshTokenInvalid => {
                Problem::new(Code::RefreshTokenInvalid, lang().problem_refresh_token_invalid())
            }
            AuthError::Unbound => Problem::new(Code::RefreshTokenUnbound, lang().problem_unbound()),
            AuthError::ProofRequired => Problem {
                retry_after: Some(RETRY_AFTER),
                ..Problem::new(Code::DeviceProofRequired, lang().problem_proof_required())
            },
            AuthError::NotProved => Problem::new(Code::ValidationFailed, lang().problem_not_proved()),
            AuthError::SessionEnded(end, reason) => ended(end, reason),
            AuthError::RefreshTokenReused => reused(),
            AuthError::AccountChanged => Problem::unavailable(lang().problem_busy(), RETRY_AFTER),
            AuthError::Busy { retry_after } => Problem::unavailable(lang().problem_busy(), retry_after),
            AuthError::TooManyAttempts { retry_after, sign_in_helps: false } => Problem::too_many(retry_after),
            AuthError::TooManyAttempts { retry_after, sign_in_helps: true } => {
                Problem::too_many(retry_after).with_advice(lang().problem_sign_in_helps())
            }
            AuthError::Store(error) => {
                tracing::error!(%error, "the store failed");
                Problem::unavailable(lang().problem_store_away(), RETRY_AFTER)
            }
            AuthError::Internal(what) => {
                tracing::error!(what, "internal error");
                Problem::unavailable(lang().problem_our_side(), RETRY_AFTER)
            }
        }
    }
}

fn reused() -> Problem {
    Problem::new(Code::RefreshTokenReused, lang().problem_reused()).because(Some(RevokeReason::Reuse))
}

fn revoked(reason: Option<RevokeReason>) -> Problem {
    let detail = match reason {
        Some(RevokeReason::Reuse) => lang().problem_reused(),
        Some(RevokeReason::PasswordChanged) => lang().problem_password_changed(),
        Some(RevokeReason::AccountDeleted) => lang().problem_account_deleted(),
        Some(RevokeReason::AccountDisabled) => lang().problem_account_disabled(),
        Some(RevokeReason::EndedByOperator) => lang().problem_by_operator(),
        Some(RevokeReason::SessionLimit) => lang().problem_session_limit(),
        _ => lang().problem_signed_out(),
    };
    Problem::new(Code::SessionRevoked, detail).because(reason)
}

fn ended(end: SessionEnd, reason: Option<RevokeReason>) -> Problem {
    match end {
        SessionEnd::Revoked => revoked(reason),
        SessionEnd::UserDisabled => revoked(Some(RevokeReason::AccountDisabled)),
        SessionEnd::IdleLimit => expired(lang().problem_idle_limit(), RevokeReason::IdleLimit),
        SessionEnd::AbsoluteLimit => expired(lang().problem_absolute_limit(), RevokeReason::AbsoluteLimit),
    }
}

fn expired(detail: &str, limit: RevokeReason) -> Problem {
    Problem::new(Code::RefreshTokenExpired, detail).because(Some(limit))
}

impl From<NotAuthenticated> for Problem {
    fn from(error: NotAuthenticated) -> Self {
        match error {
            NotAuthenticated::Refused(Refused::Expired) => {
                Problem::new(Code::AccessTokenExpired, lang().problem_access_expired())
            }
            NotAuthenticated::Refused(Refused::Invalid) => {
                Problem::new(Code::AccessTokenInvalid, lang().problem_access_invalid())
            }
            NotAuthenticated::Revoked(reason) => revoked(Some(reason)),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        self.write_into(&mut response);
        response
    }
}

impl Problem {
    /// Sets this problem's status, headers and body on a response; other headers (a cookie) stay.
    pub(super) fn write_into(&self, response: &mut Response) {
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
        let headers = response.headers_mut();
        headers.remove(header::CONTENT_LENGTH);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, NO_STORE);
        if let Some(challenge) = self.code.challenge() {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(self.code);
        *response.body_mut() = Body::from(self.to_json());
    }
}

/// The response to a panic in a handler. The message goes to the log only.
pub fn from_panic(panic: Box<dyn std::any::Any + Send>) -> Response {
    let message = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    tracing::error!(message, "a handler panicked");
    Problem::from(AuthError::Internal("a handler panicked")).into_response()
}

/// The response to a method that a known path does not take. axum adds `Allow`.
pub async fn method_not_allowed() -> Problem {
    Problem::new(Code::MethodNotAllowed, lang().problem_method_not_allowed())
}

/// The response for an unknown path of the API.
pub async fn nothing_here() -> Problem {
    AuthError::NotFound.into()
}
