//! Request body limits: a body is read completely, up to a limit, before a server function runs. A body that is too large or
//! not UTF-8 is a client error (`validation_failed`).

use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::header,
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::lang::lang;
use crate::protocol::code::Code;
use crate::protocol::problem::Problem;

/// The largest body, in bytes. A note of 10,000 characters fits even when every character is percent-encoded.
pub const BODY_MAX: usize = 128 * 1024;

/// Reads and checks the body.
pub async fn layer(request: Request, next: Next) -> Response {
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: usize| length > BODY_MAX) {
        return too_large();
    }
    let (parts, body) = request.into_parts();
    match to_bytes(body, BODY_MAX).await {
        Ok(bytes) if !is_text(&bytes) => Problem::new(Code::ValidationFailed, lang().problem_no_text()).into_response(),
        Ok(bytes) => next.run(Request::from_parts(parts, Body::from(bytes))).await,
        Err(_) => too_large(),
    }
}

/// Whether a form is UTF-8 after percent-decoding. Form parsers silently replace invalid bytes by U+FFFD, so different byte
/// strings would become the same password.
pub fn is_text(form: &[u8]) -> bool {
    let digit = |at: usize| form.get(at).and_then(|&byte| char::from(byte).to_digit(16));
    let mut decoded = Vec::with_capacity(form.len());
    let mut at = 0;
    while let Some(&byte) = form.get(at) {
        match (byte, digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                decoded.push((high * 16 + low) as u8);
                at += 3;
            }
            _ => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    // Wiped, because the form may contain a password.
    std::str::from_utf8(&zeroize::Zeroizing::new(decoded)).is_ok()
}

/// The response to a body beyond the limit.
pub fn too_large() -> Response {
    Problem::new(Code::ValidationFailed, lang().problem_too_large()).into_response()
}

#[cfg(test)]
mod tests {
    use super::is_text;

    #[test]
    fn only_a_form_that_decodes_to_utf8_is_text() {
        for good in ["", "a=b&c", "%", "%4", "%zz", "100%", "%00", "caf%C3%A9", "café", "%F0%9F%90%8e"] {
            assert!(is_text(good.as_bytes()), "{good}");
        }
        for bad in [&b"\xff"[..], b"%ff", b"%c3", b"%C3(", b"%ed%a0%80", b"%c0%80", b"\xc3%28"] {
            assert!(!is_text(bad), "{bad:?}");
        }
    }
}
