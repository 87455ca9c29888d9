//! The refresh cookie and its readable companion: all their names and attributes. The refresh cookie's path keeps it away
//! from everything but the auth endpoints; `signed_in` says nothing secret, only that asking for a refresh may be worth it.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue};

use super::cookies;
use crate::auth::error::AuthError;
use crate::auth::refresh_token::RefreshToken;
use crate::mount::Mount;

/// `__Host-` would need `Path=/` and so send the token with every request: see decision 0001.
pub const NAME: &str = "__Secure-refresh";
const ATTRIBUTES: &str = "HttpOnly; Secure; SameSite=Strict";
const PATH: &str = "/api/auth";
/// `Lax`, so that a link from another site still finds the right shell.
const HINT_ATTRIBUTES: &str = "Secure; SameSite=Lax";
const HINT_PATH: &str = "/";

/// The `Set-Cookie` lines for a new refresh token.
pub fn set(mount: &Mount, token: &RefreshToken, lives: Duration) -> [HeaderValue; 2] {
    lines(mount, token.reveal(), "1", lives.as_secs())
}

/// The `Set-Cookie` lines that end it.
pub fn clear(mount: &Mount) -> [HeaderValue; 2] {
    lines(mount, "", "", 0)
}

fn lines(mount: &Mount, token: &str, hint: &str, seconds: u64) -> [HeaderValue; 2] {
    let (path, hint_path, hint_name) = (mount.at(PATH), mount.at(HINT_PATH), mount.hint_name());
    let mut refresh = value(format!("{NAME}={token}; {ATTRIBUTES}; Path={path}; Max-Age={seconds}"));
    refresh.set_sensitive(true);
    [refresh, value(format!("{hint_name}={hint}; {HINT_ATTRIBUTES}; Path={hint_path}; Max-Age={seconds}"))]
}

fn value(line: String) -> HeaderValue {
    HeaderValue::try_from(line).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// The refresh token of a request. Two of them mean that somebody else planted one (a sibling subdomain can): refused.
pub fn read(headers: &HeaderMap) -> Result<&str, AuthError> {
    let mut found = cookies::pairs(headers).filter(|(name, _)| *name == NAME).map(|(_, value)| value);
    match (found.next(), found.next()) {
        (None, _) => Err(AuthError::RefreshTokenMissing),
        (Some(value), None) => Ok(value),
        (Some(_), Some(_)) => Err(AuthError::RefreshTokenInvalid),
    }
}

/// Whether a page request carries the hint.
pub fn hint(mount: &Mount, headers: &HeaderMap) -> bool {
    cookies::pairs(headers).any(|pair| pair == (mount.hint_name(), "1"))
}

#[cfg(test)]
mod tests {
    use axum::http::header;

    use super::*;

    fn headers(lines: &[&'static str]) -> HeaderMap {
        lines.iter().map(|line| (header::COOKIE, HeaderValue::from_static(line))).collect()
    }

    #[test]
    fn one_cookie_is_read_and_two_are_refused() {
        assert_eq!(read(&headers(&["a=b; __Secure-refresh=x; c=d"])).unwrap(), "x");
        assert!(matches!(read(&headers(&["a=b"])), Err(AuthError::RefreshTokenMissing)));
        for twice in [&["__Secure-refresh=x; __Secure-refresh=y"][..], &["__Secure-refresh=x", "__Secure-refresh=x"]] {
            assert!(matches!(read(&headers(twice)), Err(AuthError::RefreshTokenInvalid)));
        }
    }

    #[test]
    fn clearing_names_the_same_cookies_with_the_same_scope() {
        for mount in [Mount::default(), Mount::new("/lab/x")] {
            let scope = |line: &HeaderValue| {
                let line = line.to_str().unwrap().to_owned();
                let (name, rest) = line.split_once('=').unwrap();
                let (_, attributes) = rest.split_once("; ").unwrap();
                (name.to_owned(), attributes.split("; Max-Age").next().unwrap().to_owned())
            };
            let (set, cleared) = (lines(&mount, "token", "1", 9), clear(&mount));
            assert_eq!(set.each_ref().map(scope), cleared.each_ref().map(scope));
            assert!(cleared.iter().all(|line| line.to_str().unwrap().ends_with("; Max-Age=0")));
            assert!(set[0].to_str().unwrap().contains(&format!("Path={}/api/auth;", mount.as_str())));
        }
    }
}
