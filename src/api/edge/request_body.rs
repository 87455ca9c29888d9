//! Limits of requests. A body is read completely, up to a limit in size and time, before a server function runs; one that is
//! too large or no text is a client error (`validation_failed`), and so is an input of the API with a name that no field can have;
//! one that comes too slowly gets `request_timeout`. Headers are limited in size for every request ([`has_too_large_headers`]).

use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};

use percent_encoding::percent_decode;

use crate::lang::lang;
use crate::protocol::code::Code;
use crate::protocol::problem::Problem;

/// The largest body, in bytes. A note of 10,000 characters fits even when every character is percent-encoded.
pub const BODY_MAX: usize = 128 * 1024;

/// The headers of a request together, names and values, in bytes. Browsers send far less; the cookies of sibling sites may add up
/// to more, and then every request of this browser is refused until they are deleted.
pub const HEADERS_MAX: usize = 32 * 1024;
/// The wait that `request_timeout` asks for, in seconds.
const RETRY_AFTER: u32 = 1;

/// The error of a body that makes too little progress, set by the connection that it arrives on.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the body arrived too slowly")]
pub struct TooSlow;

/// Whether the headers of a request are larger than [`HEADERS_MAX`].
pub(super) fn has_too_large_headers(headers: &HeaderMap) -> bool {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum::<usize>() > HEADERS_MAX
}

/// The refusal of a request with too large headers: 431 (RFC 6585 section 5).
pub(super) fn refuse_headers(headers: &HeaderMap) -> Response {
    let accepts = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_page = accepts.contains("text/html");
    let problem = Problem::new(Code::HeadersTooLarge, lang().problem_headers_too_large());
    let mut response = problem.clone().into_response();
    if is_page {
        // A problem document would be downloaded by some browsers, and this is for the person.
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        *response.body_mut() = Body::from(problem.detail);
    }
    response
}

/// Reads and checks the body of a request with these headers. What it returns is whole.
///
/// # Errors
///
/// The refusal.
pub(super) async fn read(headers: &HeaderMap, body: Body) -> Result<Body, Problem> {
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: usize| length > BODY_MAX) {
        return Err(too_large());
    }
    match to_bytes(body, BODY_MAX).await {
        Ok(bytes) if !is_text(&bytes) => Err(Problem::new(Code::ValidationFailed, lang().problem_no_text())),
        Ok(bytes) if !has_readable_names(&bytes) => {
            Err(Problem::new(Code::ValidationFailed, lang().problem_unreadable_input()))
        }
        Ok(bytes) => Ok(Body::from(bytes)),
        Err(error) => Err(unreceived(&error)),
    }
}

/// The problem of a body that could not be read to its end.
pub fn unreceived(error: &axum::Error) -> Problem {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.is::<TooSlow>() {
            return too_slow();
        }
        cause = error.source();
    }
    too_large()
}

/// The problem of a body that came too slowly.
fn too_slow() -> Problem {
    Problem { retry_after: Some(RETRY_AFTER), ..Problem::new(Code::RequestTimeout, lang().problem_too_slow()) }
}

/// Whether no name of a form is empty, has brackets or has an equals sign. The parser of the server functions reads brackets as a
/// list or an object; the one of the plain forms has neither, so an unknown field of any name is nothing to it. The API's
/// document excludes the same names ([`schema::form`](crate::protocol::openapi::schema::form)).
fn has_readable_names(form: &[u8]) -> bool {
    let mut pairs = form.split(|&byte| byte == b'&').filter(|pair| !pair.is_empty());
    let is_name = |name: &[u8]| !name.is_empty() && !percent_decode(name).any(|byte| b"[]=".contains(&byte));
    pairs.all(|pair| pair.split(|&byte| byte == b'=').next().is_some_and(is_name))
}

/// Whether a form is UTF-8 after percent-decoding. Form parsers silently replace invalid bytes by U+FFFD, so different byte
/// strings would become the same password.
pub fn is_text(form: &[u8]) -> bool {
    // Wiped, because the form may contain a password; as large as it can become, so that it is never moved.
    let mut decoded = zeroize::Zeroizing::new(Vec::with_capacity(form.len()));
    decoded.extend(percent_decode(form));
    std::str::from_utf8(&decoded).is_ok()
}

/// The problem of a body beyond the limit.
pub fn too_large() -> Problem {
    Problem::new(Code::ValidationFailed, lang().problem_too_large())
}

#[cfg(test)]
mod tests {
    use super::{has_readable_names, is_text};

    #[test]
    fn an_input_is_text_with_names_that_a_form_can_have() {
        for good in [
            "",
            "a=b&c",
            "a=%",
            "a=%4",
            "a=%zz",
            "a=100%",
            "a=%00",
            "a=caf%C3%A9",
            "café=",
            "a=%F0%9F%90%8e",
            "a=[]=&&b=",
        ] {
            assert!(is_text(good.as_bytes()) && has_readable_names(good.as_bytes()), "{good}");
        }
        for bad in [&b"a=\xff"[..], b"a=%ff", b"a=%c3", b"a=%C3(", b"a=%ed%a0%80", b"a=%c0%80", b"a=\xc3%28"] {
            assert!(!is_text(bad), "{bad:?}");
        }
        for bad in ["=", "=b", "a=b&=", "a=b&=c", "%3D=b", "a%3db=c", "a[]=b", "a%5B%5d=b", "[=b", "]"] {
            assert!(!has_readable_names(bad.as_bytes()), "{bad}");
        }
    }
}
