//! The device cookie (OWASP): recognises a browser at the next sign-in (`crate::auth::throttle::device_cookie`). It grants no
//! access and names no user. Sign-out keeps it, because the next sign-in needs it.

use axum::http::{HeaderMap, HeaderValue};

use crate::auth::throttle::device_cookie::{DeviceCookie, LIFETIME};
use crate::base_path::BasePath;

const NAME: &str = "__Secure-known";
/// Without the refresh cookie's narrow path: the plain form posts to `/login`.
const ATTRIBUTES: &str = "HttpOnly; Secure; SameSite=Strict";

/// The `Set-Cookie` value.
pub fn set(base_path: &BasePath, device: &DeviceCookie) -> HeaderValue {
    let (path, seconds) = (base_path.at("/"), LIFETIME.as_secs());
    super::secret_line(format!("{NAME}={}; {ATTRIBUTES}; Path={path}; Max-Age={seconds}", device.reveal()))
}

/// The first device cookie of a request, unverified. A forged one has no effect.
pub fn read(headers: &HeaderMap) -> Option<&str> {
    super::first(headers, NAME)
}
