//! The closed set of error codes, and the one shape errors have on the wire (RFC 9457). Server, client, logs, metrics and
//! lessons all speak of the same [`Code`]; what a client does about one is [`Code::reaction`] and nowhere else.

use std::fmt;

use crate::lang::lang;
use bytes::Bytes;
use leptos::server_fn::{
    ContentType, Decodes, Encodes, Format, FormatType,
    error::{FromServerFnError, ServerFnErrorErr},
};
use serde::{Deserialize, Serialize};

/// Why a request was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    AccessTokenMissing,
    AccessTokenExpired,
    AccessTokenInvalid,
    SessionRevoked,
    RefreshTokenMissing,
    RefreshTokenInvalid,
    RefreshTokenExpired,
    RefreshTokenReused,
    /// The sign-in is good but too old for this call (RFC 9470).
    InsufficientUserAuthentication,
    InvalidCredentials,
    ValidationFailed,
    EmailTaken,
    NotFound,
    CrossSiteRequest,
    RateLimited,
    TemporarilyUnavailable,
}

/// What a client does about a [`Code`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// Refresh once, retry once.
    RefreshAndRetry,
    /// The session is over: sign out and say why. Never retried.
    SignOut,
    /// Show the message; nothing about the session changes.
    Show,
    /// Keep the session and the work, try again later.
    Wait,
}

impl Code {
    pub const ALL: [Code; 16] = [
        Code::AccessTokenMissing,
        Code::AccessTokenExpired,
        Code::AccessTokenInvalid,
        Code::SessionRevoked,
        Code::RefreshTokenMissing,
        Code::RefreshTokenInvalid,
        Code::RefreshTokenExpired,
        Code::RefreshTokenReused,
        Code::InsufficientUserAuthentication,
        Code::InvalidCredentials,
        Code::ValidationFailed,
        Code::EmailTaken,
        Code::NotFound,
        Code::CrossSiteRequest,
        Code::RateLimited,
        Code::TemporarilyUnavailable,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Code::AccessTokenMissing => "access_token_missing",
            Code::AccessTokenExpired => "access_token_expired",
            Code::AccessTokenInvalid => "access_token_invalid",
            Code::SessionRevoked => "session_revoked",
            Code::RefreshTokenMissing => "refresh_token_missing",
            Code::RefreshTokenInvalid => "refresh_token_invalid",
            Code::RefreshTokenExpired => "refresh_token_expired",
            Code::RefreshTokenReused => "refresh_token_reused",
            Code::InsufficientUserAuthentication => "insufficient_user_authentication",
            Code::InvalidCredentials => "invalid_credentials",
            Code::ValidationFailed => "validation_failed",
            Code::EmailTaken => "email_taken",
            Code::NotFound => "not_found",
            Code::CrossSiteRequest => "cross_site_request",
            Code::RateLimited => "rate_limited",
            Code::TemporarilyUnavailable => "temporarily_unavailable",
        }
    }

    /// The HTTP status this code always goes with.
    pub const fn status(self) -> u16 {
        match self {
            Code::AccessTokenMissing
            | Code::AccessTokenExpired
            | Code::AccessTokenInvalid
            | Code::SessionRevoked
            | Code::RefreshTokenMissing
            | Code::RefreshTokenInvalid
            | Code::RefreshTokenExpired
            | Code::RefreshTokenReused
            | Code::InsufficientUserAuthentication
            | Code::InvalidCredentials => 401,
            Code::CrossSiteRequest => 403,
            Code::NotFound => 404,
            Code::EmailTaken => 409,
            Code::ValidationFailed => 422,
            Code::RateLimited => 429,
            Code::TemporarilyUnavailable => 503,
        }
    }

    pub const fn reaction(self) -> Reaction {
        match self {
            Code::AccessTokenMissing | Code::AccessTokenExpired | Code::AccessTokenInvalid => Reaction::RefreshAndRetry,
            Code::SessionRevoked
            | Code::RefreshTokenMissing
            | Code::RefreshTokenInvalid
            | Code::RefreshTokenExpired
            | Code::RefreshTokenReused => Reaction::SignOut,
            Code::InsufficientUserAuthentication
            | Code::InvalidCredentials
            | Code::ValidationFailed
            | Code::EmailTaken
            | Code::NotFound
            | Code::CrossSiteRequest => Reaction::Show,
            Code::RateLimited | Code::TemporarilyUnavailable => Reaction::Wait,
        }
    }

    /// One plain sentence, the same for every occurrence (RFC 9457 section 3.1.3).
    pub const fn title(self) -> &'static str {
        match self {
            Code::AccessTokenMissing => "No access token was sent",
            Code::AccessTokenExpired => "The access token has expired",
            Code::AccessTokenInvalid => "The access token is not valid",
            Code::SessionRevoked => "This session has ended",
            Code::RefreshTokenMissing => "No refresh token was sent",
            Code::RefreshTokenInvalid => "The refresh token is not valid",
            Code::RefreshTokenExpired => "The session has expired",
            Code::RefreshTokenReused => "The refresh token was used before",
            Code::InsufficientUserAuthentication => "The password was entered too long ago",
            Code::InvalidCredentials => "E-mail or password is wrong",
            Code::ValidationFailed => "The input is not valid",
            Code::EmailTaken => "There is an account with this e-mail already",
            Code::NotFound => "There is nothing here",
            Code::CrossSiteRequest => "The request came from another site",
            Code::RateLimited => "Too many attempts",
            Code::TemporarilyUnavailable => "The service is not available right now",
        }
    }

    /// `WWW-Authenticate` for the refusals of a protected resource (RFC 6750 section 3): no error code when the request
    /// carried no credentials. `None` for the codes that are no bearer challenge.
    pub const fn challenge(self) -> Option<&'static str> {
        match self {
            Code::AccessTokenMissing => Some("Bearer"),
            Code::AccessTokenExpired => Some(r#"Bearer error="invalid_token", error_description="expired""#),
            Code::AccessTokenInvalid | Code::SessionRevoked => Some(r#"Bearer error="invalid_token""#),
            // RFC 9470 section 3: the token is good, only the sign-in behind it is too old.
            Code::InsufficientUserAuthentication => Some(
                r#"Bearer error="insufficient_user_authentication", error_description="a more recent sign-in is needed", max_age="600""#,
            ),
            _ => None,
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a session ended, told to the person in plain words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevokeReason {
    /// Signed out in this browser.
    Logout,
    /// Another sign-in in the same browser took its place.
    Replaced,
    /// Ended from the list of sessions.
    SignedOutElsewhere,
    /// A refresh token came back after its time: it may have been stolen.
    Reuse,
    PasswordChanged,
    AccountDeleted,
    AccountDisabled,
}

impl RevokeReason {
    pub const fn as_str(self) -> &'static str {
        match self {
            RevokeReason::Logout => "logout",
            RevokeReason::Replaced => "replaced",
            RevokeReason::SignedOutElsewhere => "signed_out_elsewhere",
            RevokeReason::Reuse => "reuse",
            RevokeReason::PasswordChanged => "password_changed",
            RevokeReason::AccountDeleted => "account_deleted",
            RevokeReason::AccountDisabled => "account_disabled",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [
            RevokeReason::Logout,
            RevokeReason::Replaced,
            RevokeReason::SignedOutElsewhere,
            RevokeReason::Reuse,
            RevokeReason::PasswordChanged,
            RevokeReason::AccountDeleted,
            RevokeReason::AccountDisabled,
        ]
        .into_iter()
        .find(|reason| reason.as_str() == text)
    }
}

/// An error on the wire: `application/problem+json` (RFC 9457). `field`, `retry_after` and `reason` are extension members.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    #[serde(rename = "type")]
    pub type_uri: String,
    pub title: String,
    pub status: u16,
    pub code: Code,
    /// What to do about this occurrence, for people. Never carries a token, a password or a query.
    pub detail: String,
    /// The form field the message belongs to, with [`Code::ValidationFailed`] and [`Code::EmailTaken`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Seconds to wait, also sent as `Retry-After`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u32>,
    /// Why the session ended, with [`Code::SessionRevoked`] and [`Code::RefreshTokenReused`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<RevokeReason>,
}

impl Problem {
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            type_uri: format!("urn:two-tokens:problem:{code}"),
            title: code.title().to_owned(),
            status: code.status(),
            code,
            detail: detail.into(),
            field: None,
            retry_after: None,
            reason: None,
        }
    }

    pub fn invalid(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { field: Some(field.into()), ..Self::new(Code::ValidationFailed, detail) }
    }

    pub fn unavailable(detail: impl Into<String>, retry_after: u32) -> Self {
        Self { retry_after: Some(retry_after), ..Self::new(Code::TemporarilyUnavailable, detail) }
    }

    pub fn too_many(retry_after: u32) -> Self {
        Self { retry_after: Some(retry_after), ..Self::new(Code::RateLimited, lang().try_again_in(retry_after)) }
    }

    pub fn because(self, reason: Option<RevokeReason>) -> Self {
        Self { reason, ..self }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl std::error::Error for Problem {}

/// How a [`Problem`] is written: JSON under the media type of RFC 9457.
pub struct ProblemJson;

impl ContentType for ProblemJson {
    const CONTENT_TYPE: &'static str = "application/problem+json";
}

impl FormatType for ProblemJson {
    const FORMAT_TYPE: Format = Format::Text;
}

impl Encodes<Problem> for ProblemJson {
    type Error = serde_json::Error;

    fn encode(problem: &Problem) -> Result<Bytes, Self::Error> {
        serde_json::to_vec(problem).map(Bytes::from)
    }
}

impl Decodes<Problem> for ProblemJson {
    type Error = serde_json::Error;

    fn decode(bytes: Bytes) -> Result<Problem, Self::Error> {
        serde_json::from_slice(&bytes)
    }
}

impl FromServerFnError for Problem {
    type Encoder = ProblemJson;

    /// What Leptos itself found wrong, before or after our code ran.
    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Args(message) | ServerFnErrorErr::MissingArg(message) => match missing_field(&message) {
                Some(field) => Problem::invalid(field, lang().problem_field_missing(field)),
                None => Problem::new(Code::ValidationFailed, lang().problem_unreadable_input()),
            },
            ServerFnErrorErr::Request(_) => Problem::unavailable(lang().problem_unreachable(), 1),
            // On the server this is a body that is no text; on the client an answer that is no problem document.
            ServerFnErrorErr::Deserialization(_) if cfg!(feature = "ssr") => {
                Problem::new(Code::ValidationFailed, lang().problem_no_text())
            }
            ServerFnErrorErr::Deserialization(_) | ServerFnErrorErr::Response(_) => {
                Problem::unavailable(lang().problem_unreadable_answer(), 1)
            }
            _ => Problem::unavailable(lang().problem_our_side(), 1),
        }
    }
}

/// The name in serde's "missing field `name`".
fn missing_field(message: &str) -> Option<&str> {
    let rest = message.split("missing field `").nth(1)?;
    rest.split('`').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_survives_the_wire() {
        for code in Code::ALL {
            let problem = Problem::new(code, "why");
            let bytes = ProblemJson::encode(&problem).unwrap();
            assert_eq!(ProblemJson::decode(bytes).unwrap(), problem);
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
        }
    }

    #[test]
    fn a_wait_is_told_in_words() {
        for (seconds, words) in [(1, "1 second."), (30, "30 seconds."), (120, "120 seconds."), (121, "3 minutes.")] {
            let problem = Problem::too_many(seconds);
            assert_eq!(problem.detail, format!("Too many attempts. Try again in {words}"));
            assert_eq!((problem.status, problem.retry_after), (429, Some(seconds)));
        }
    }

    #[test]
    fn only_a_code_about_tokens_ever_signs_out() {
        for code in Code::ALL {
            if code.reaction() == Reaction::SignOut {
                assert_eq!(code.status(), 401, "{code}");
            }
            if code.status() >= 429 {
                assert_eq!(code.reaction(), Reaction::Wait, "{code}");
            }
        }
    }

    #[test]
    fn a_sign_in_that_is_too_old_signs_nobody_out_and_says_how_old_it_may_be() {
        let code = Code::InsufficientUserAuthentication;
        assert_eq!((code.status(), code.reaction()), (401, Reaction::Show));
        let max_age = format!(r#"max_age="{}""#, crate::api::account::RECENT_SECONDS);
        assert!(code.challenge().unwrap().ends_with(&max_age));
    }

    #[test]
    fn a_missing_argument_names_its_field() {
        let problem = Problem::from_server_fn_error(ServerFnErrorErr::Args("missing field `email`".into()));
        assert_eq!((problem.code, problem.field.as_deref()), (Code::ValidationFailed, Some("email")));
    }
}
