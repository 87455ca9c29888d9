//! The bound cookie: says that the browser has lately proved to be on the device that its session is bound to
//! (`crate::auth::binding`). The browser's own device-bound session renews it.

use axum::http::{HeaderMap, HeaderValue};

use super::refresh;
use crate::auth::binding::tags::{BoundCookie, COOKIE_LIFETIME};
use crate::base_path::BasePath;

const NAME: &str = "__Secure-bound";

/// The name of an app's. The session instructions have it too.
pub fn name(base_path: &BasePath) -> String {
    base_path.cookie_name(NAME)
}

/// The attributes but for `Max-Age`. The session instructions must have the same, or the browser does not know its cookie again.
pub fn attributes(base_path: &BasePath) -> String {
    refresh::attributes(base_path)
}

/// The `Set-Cookie` value.
pub fn set(base_path: &BasePath, cookie: &BoundCookie) -> HeaderValue {
    line(base_path, &cookie.reveal(), COOKIE_LIFETIME.as_secs())
}

/// The `Set-Cookie` value that deletes it.
pub fn clear(base_path: &BasePath) -> HeaderValue {
    line(base_path, "", 0)
}

fn line(base_path: &BasePath, value: &str, seconds: u64) -> HeaderValue {
    super::secret_line(&name(base_path), value, &attributes(base_path), seconds)
}

/// The bound cookie of a request, unverified. One that is none hides no other.
pub fn read(base_path: &BasePath, headers: &HeaderMap) -> Option<BoundCookie> {
    super::values(base_path, NAME, headers).find_map(BoundCookie::open)
}

/// Whether a request carries one, whatever it holds.
pub fn is_set(base_path: &BasePath, headers: &HeaderMap) -> bool {
    super::values(base_path, NAME, headers).next().is_some()
}
