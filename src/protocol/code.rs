//! The closed set of error codes. One table gives each code its wire name, HTTP status, client
//! reaction, title and, for a protected resource, the `WWW-Authenticate` challenge (RFC 6750).
//! Everything else derives from it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The `max_age` of the step-up challenge (RFC 9470 section 3): the longest time since the password
/// was entered, in seconds, for a call that could harm the account.
pub const STEP_UP_MAX_AGE: i64 = 600;

/// How a client reacts to a [`Code`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// Refresh once, retry once.
    RefreshAndRetry,
    /// The session has ended: sign out and show why. Never retried.
    SignOut,
    /// Show the message; nothing about the session changes.
    Show,
    /// Keep the session and unsaved work; retry later.
    Wait,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $code:ident = $name:literal, $status:literal, $reaction:ident, $title:literal $(, challenge $challenge:literal)?;)+) => {
        /// Why a request was refused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum Code {
            $($(#[$doc])* #[serde(rename = $name)] $code,)+
        }

        impl Code {
            pub const ALL: &[Code] = &[$(Code::$code),+];

            /// The name on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Code::$code => $name,)+ }
            }

            /// The code of a name on the wire.
            pub fn parse(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|code| code.as_str() == name)
            }

            /// The HTTP status of every response with this code.
            pub const fn status(self) -> u16 {
                match self { $(Code::$code => $status,)+ }
            }

            /// The client's reaction. It depends on the code alone, not on the endpoint.
            pub const fn reaction(self) -> Reaction {
                match self { $(Code::$code => Reaction::$reaction,)+ }
            }

            /// The `title` member: the same for every occurrence (RFC 9457 section 3.1.3).
            pub const fn title(self) -> &'static str {
                match self { $(Code::$code => $title,)+ }
            }

            /// The `WWW-Authenticate` challenge of a protected resource (RFC 6750 section 3),
            /// without an error code when the request carried no credentials (section 3.1). `None`
            /// for codes that are not a bearer challenge.
            pub const fn challenge(self) -> Option<&'static str> {
                match self { $($(Code::$code => Some($challenge),)?)+ #[allow(unreachable_patterns)] _ => None }
            }
        }
    };
}

codes! {
    AccessTokenMissing = "access_token_missing", 401, RefreshAndRetry, "No access token was sent", challenge "Bearer";
    AccessTokenExpired = "access_token_expired", 401, RefreshAndRetry, "The access token has expired",
        challenge r#"Bearer error="invalid_token", error_description="expired""#;
    AccessTokenInvalid = "access_token_invalid", 401, RefreshAndRetry, "The access token is not valid",
        challenge r#"Bearer error="invalid_token""#;
    SessionRevoked = "session_revoked", 401, SignOut, "This session has ended",
        challenge r#"Bearer error="invalid_token""#;
    RefreshTokenMissing = "refresh_token_missing", 401, SignOut, "No refresh token was sent";
    RefreshTokenInvalid = "refresh_token_invalid", 401, SignOut, "The refresh token is not valid";
    RefreshTokenExpired = "refresh_token_expired", 401, SignOut, "The session has expired";
    RefreshTokenReused = "refresh_token_reused", 401, SignOut, "The refresh token was used before";
    /// The session is bound to a device, and this browser is not there, or has lost its key.
    RefreshTokenUnbound = "refresh_token_unbound", 401, SignOut, "The session belongs to a device";
    /// The session is bound to a device, and its browser has not proved yet that it is there.
    DeviceProofRequired = "device_proof_required", 403, Wait, "The device has not proved itself";
    /// The access token is valid, but the password was entered too long ago for this call (RFC
    /// 9470).
    InsufficientUserAuthentication = "insufficient_user_authentication", 401, Show, "The password was entered too long ago",
        challenge r#"Bearer error="insufficient_user_authentication", error_description="a more recent sign-in is needed", max_age="600""#;
    InvalidCredentials = "invalid_credentials", 401, Show, "E-mail or password is wrong";
    ValidationFailed = "validation_failed", 422, Show, "The input is not valid";
    EmailTaken = "email_taken", 409, Show, "There is an account with this e-mail already";
    QuotaReached = "quota_reached", 409, Show, "There is no room for more";
    RequestTimeout = "request_timeout", 408, Wait, "The request arrived too slowly";
    HeadersTooLarge = "headers_too_large", 431, Show, "The headers of the request are too large";
    PreconditionFailed = "precondition_failed", 412, Show, "It was changed elsewhere meanwhile";
    NotFound = "not_found", 404, Show, "There is nothing here";
    MethodNotAllowed = "method_not_allowed", 405, Show, "This path does not take this method";
    CrossSiteRequest = "cross_site_request", 403, Show, "The request came from another site";
    RateLimited = "rate_limited", 429, Wait, "Too many attempts";
    TemporarilyUnavailable = "temporarily_unavailable", 503, Wait, "The service is not available right now";
    /// Made by the client, never sent: no answer came, or none in time.
    NoAnswer = "no_answer", 503, Wait, "No answer came";
    /// Made by the client, never sent: something in front of the server answered, or the answer
    /// cannot be read. A repetition does not change it.
    Intercepted = "intercepted", 403, Show, "Something in front of this site answered";
}

impl Code {
    /// The code of a name that a server sent. One that this program does not know, of a newer server, says by its status whether
    /// to wait; otherwise its detail is shown. It signs nobody out: only a code that is known does.
    pub fn of_any_version(name: &str, status: u16) -> Self {
        Self::parse(name).unwrap_or(match status {
            408 | 425 | 429 | 500.. => Code::TemporarilyUnavailable,
            _ => Code::Intercepted,
        })
    }

    /// Whether a server sends it; the others are made by the client.
    pub const fn is_sent(self) -> bool {
        !matches!(self, Code::NoAnswer | Code::Intercepted)
    }

    /// Whether its responses say how long to wait (`Retry-After`).
    pub const fn waits(self) -> bool {
        matches!(self.reaction(), Reaction::Wait)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_code_about_tokens_ever_signs_out() {
        for code in Code::ALL {
            if code.reaction() == Reaction::SignOut {
                assert_eq!(code.status(), 401, "{code}");
            }
            if code.status() == 429 || code.status() >= 500 {
                assert_eq!(code.reaction(), Reaction::Wait, "{code}");
            }
        }
    }

    #[test]
    fn a_step_up_challenge_signs_nobody_out_and_names_its_max_age() {
        let code = Code::InsufficientUserAuthentication;
        assert_eq!((code.status(), code.reaction()), (401, Reaction::Show));
        let max_age = format!(r#"max_age="{STEP_UP_MAX_AGE}""#);
        assert!(code.challenge().unwrap().ends_with(&max_age));
    }

    #[test]
    fn the_name_on_the_wire_is_the_name_of_the_code() {
        for code in Code::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
            assert_eq!(Code::parse(code.as_str()), Some(*code));
        }
    }
}
