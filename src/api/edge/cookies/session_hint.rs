//! The session hint cookie, readable by scripts. It contains no secret; it only says that a refresh may succeed.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue};

use crate::base_path::BasePath;
use crate::protocol::session::hint_cookie_name;

/// `Lax`, so that a visitor who follows a link from another site gets the page for signed-in users.
const ATTRIBUTES: &str = "Secure; SameSite=Lax";

/// The `Set-Cookie` value, set together with a new refresh token.
pub fn set(base_path: &BasePath, max_age: Duration) -> HeaderValue {
    line(base_path, "1", max_age.as_secs())
}

/// The `Set-Cookie` value that deletes it.
pub fn clear(base_path: &BasePath) -> HeaderValue {
    line(base_path, "", 0)
}

fn line(base_path: &BasePath, value: &str, seconds: u64) -> HeaderValue {
    let attributes = [ATTRIBUTES, "; Path=", &base_path.at("/")].concat();
    super::line(&hint_cookie_name(base_path), value, &attributes, seconds)
}

/// Whether a request carries the hint.
pub fn is_set(base_path: &BasePath, headers: &HeaderMap) -> bool {
    let name = hint_cookie_name(base_path);
    super::pairs(headers).any(|pair| pair == (name.as_str(), "1"))
}
