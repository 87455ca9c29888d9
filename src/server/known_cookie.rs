//! The cookie by which a browser is known at the next sign-in (`crate::auth::known_browser`). It signs nobody in and says not
//! who used the browser; it stays when they sign out, because that is when it is needed.

use axum::http::{HeaderMap, HeaderValue};

use super::cookies;
use crate::auth::known_browser::{KnownBrowser, LIVES};
use crate::mount::Mount;

const NAME: &str = "__Secure-known";
/// For every path: the plain form posts to `/login`.
const ATTRIBUTES: &str = "HttpOnly; Secure; SameSite=Strict";

pub fn set(mount: &Mount, known: &KnownBrowser) -> HeaderValue {
    let (path, seconds) = (mount.at("/"), LIVES.as_secs());
    let line = format!("{NAME}={}; {ATTRIBUTES}; Path={path}; Max-Age={seconds}", known.reveal());
    let mut line = HeaderValue::try_from(line).unwrap_or_else(|_| HeaderValue::from_static(""));
    line.set_sensitive(true);
    line
}

/// The first of them: whether it is genuine is seen later, and one that is not does no harm.
pub fn read(headers: &HeaderMap) -> Option<&str> {
    cookies::first(headers, NAME)
}
