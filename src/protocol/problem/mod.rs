//! Problem documents (RFC 9457): the one shape of an error on the wire.

use std::fmt;

use bytes::Bytes;
use leptos::server_fn::{
    ContentType, Decodes, Encodes, Format, FormatType,
    error::{FromServerFnError, ServerFnErrorErr},
};
use serde::{Deserialize, Deserializer, Serialize};

use super::code::Code;
use super::session::RevokeReason;
use crate::lang::lang;

#[cfg(feature = "ssr")]
mod server;
#[cfg(feature = "ssr")]
pub use server::with_problem;

/// An error on the wire: `application/problem+json` (RFC 9457). `code`, `field`, `retry_after` and
/// `reason` are extension members (section 3.2).
///
/// A tab of an older version reads the problems of a newer server too ([`Code::of_any_version`]).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    #[serde(rename = "type")]
    pub type_uri: String,
    pub title: String,
    pub status: u16,
    pub code: Code,
    /// Explains this occurrence to the user, in the language of the request. Never contains a
    /// token, a password or SQL.
    pub detail: String,
    /// The invalid form field, with [`Code::ValidationFailed`] and [`Code::EmailTaken`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Seconds to wait, also sent as `Retry-After`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u32>,
    /// Why the session ended, with [`Code::SessionRevoked`], [`Code::RefreshTokenReused`] and
    /// [`Code::RefreshTokenExpired`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<RevokeReason>,
}

/// A problem as it arrives: with words that this version may not know.
#[derive(Deserialize)]
struct Received {
    #[serde(rename = "type")]
    type_uri: String,
    title: String,
    status: u16,
    code: String,
    detail: String,
    #[serde(default)]
    field: Option<String>,
    #[serde(default)]
    retry_after: Option<u32>,
    #[serde(default)]
    reason: Option<String>,
}

// Not by `From`: `?` could then no longer infer the error of an `Ok` whose function ends with a problem.
impl<'de> Deserialize<'de> for Problem {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let received = Received::deserialize(from)?;
        let Received { type_uri, title, status, code, detail, field, retry_after, reason } = received;
        let code = Code::of_any_version(&code, status);
        let reason = reason.as_deref().and_then(RevokeReason::known);
        Ok(Self { type_uri, title, status, code, detail, field, retry_after, reason })
    }
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

    /// [`Code::ValidationFailed`] for one form field.
    pub fn invalid(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { field: Some(field.into()), ..Self::new(Code::ValidationFailed, detail) }
    }

    /// [`Code::TemporarilyUnavailable`], to be retried after `retry_after` seconds.
    pub fn unavailable(detail: impl Into<String>, retry_after: u32) -> Self {
        Self { retry_after: Some(retry_after), ..Self::new(Code::TemporarilyUnavailable, detail) }
    }

    /// [`Code::RateLimited`], to be retried after `retry_after` seconds.
    pub fn too_many(retry_after: u32) -> Self {
        Self { retry_after: Some(retry_after), ..Self::new(Code::RateLimited, lang().try_again_in(retry_after)) }
    }

    /// Adds a sentence to the detail: what helps meanwhile.
    pub fn with_advice(self, sentence: &str) -> Self {
        Self { detail: format!("{} {sentence}", self.detail), ..self }
    }

    /// The sentence of [`Problem::with_advice`], of a problem with a wait: its own words change each second.
    pub fn advice(&self) -> &str {
        let wait = self.retry_after.map(|seconds| lang().try_again_in(seconds)).unwrap_or_default();
        self.detail.strip_prefix(&wait).unwrap_or_default().trim_start()
    }

    /// Adds why the session ended.
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

impl Problem {
    /// The document.
    pub fn to_json(&self) -> Bytes {
        serde_json::to_vec(self).map(Bytes::from).unwrap_or_default()
    }
}

/// The encoding of a [`Problem`] that a server function returns: JSON with the media type of RFC 9457. Nothing, while
/// `with_problem` runs the function: then the problem reaches the response as a value.
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
        #[cfg(feature = "ssr")]
        if server::leave(problem) {
            return Ok(Bytes::new());
        }
        Ok(problem.to_json())
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

    /// Maps an error of the framework itself, from decoding arguments to decoding the response.
    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Args(message) | ServerFnErrorErr::MissingArg(message) => match missing_field(&message) {
                Some(field) => Problem::invalid(field, lang().problem_field_missing(field)),
                None => Problem::new(Code::ValidationFailed, lang().problem_unreadable_input()),
            },
            ServerFnErrorErr::Request(_) => Problem::new(Code::NoAnswer, lang().problem_unreachable()),
            // On the server: a request body that is not text. In the browser: a response that is
            // not a problem document.
            ServerFnErrorErr::Deserialization(_) if super::IS_SERVER => {
                Problem::new(Code::ValidationFailed, lang().problem_no_text())
            }
            ServerFnErrorErr::Deserialization(_) | ServerFnErrorErr::Response(_) => {
                Problem::new(Code::Intercepted, lang().problem_unreadable_answer())
            }
            _ => Problem::unavailable(lang().problem_our_side(), 1),
        }
    }
}

/// Extracts the name from serde's message "missing field `name`".
fn missing_field(message: &str) -> Option<&str> {
    let rest = message.split("missing field `").nth(1)?;
    rest.split('`').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_survives_encoding_and_decoding() {
        for &code in Code::ALL {
            let problem = Problem::new(code, "why");
            let bytes = ProblemJson::encode(&problem).unwrap();
            assert_eq!(ProblemJson::decode(bytes).unwrap(), problem);
        }
    }

    #[test]
    fn a_problem_of_a_newer_server_is_read_by_an_older_tab() {
        let newer = |status: u16, code: &str, reason: &str| {
            let document = serde_json::json!({
                "type": "urn:two-tokens:problem:x", "title": "t", "status": status, "code": code, "detail": "why",
                "reason": reason, "what_comes_later": {"a": [1]},
            });
            ProblemJson::decode(document.to_string().into()).unwrap()
        };
        // The session has ended, whatever the word for it is.
        let ended = newer(401, "session_revoked", "moved_to_another_planet");
        assert_eq!((ended.code, ended.reason, &*ended.detail), (Code::SessionRevoked, None, "why"));
        for reason in RevokeReason::REVOKED.into_iter().chain(RevokeReason::EXPIRED) {
            assert_eq!(newer(401, "session_revoked", reason.as_str()).reason, Some(reason));
        }
        for (status, code, known) in [
            (401, "a_newer_code", Code::Intercepted),
            (409, "a_newer_code", Code::Intercepted),
            (429, "a_newer_code", Code::TemporarilyUnavailable),
            (503, "a_newer_code", Code::TemporarilyUnavailable),
            (409, "email_taken", Code::EmailTaken),
        ] {
            let problem = newer(status, code, "");
            assert_eq!((problem.code, &*problem.detail), (known, "why"), "{status} {code}");
        }
    }

    #[test]
    fn a_rate_limit_says_how_long_to_wait() {
        for (seconds, words) in [(1, "1 second."), (30, "30 seconds."), (120, "120 seconds."), (121, "3 minutes.")] {
            let problem = Problem::too_many(seconds);
            assert_eq!(problem.detail, format!("Too many attempts. Try again in {words}"));
            assert_eq!((problem.status, problem.retry_after), (429, Some(seconds)));
        }
    }

    #[test]
    fn a_missing_argument_names_its_field() {
        let problem = Problem::from_server_fn_error(ServerFnErrorErr::Args("missing field `email`".into()));
        assert_eq!((problem.code, problem.field.as_deref()), (Code::ValidationFailed, Some("email")));
    }
}
