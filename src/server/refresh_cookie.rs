//! The refresh cookie and its readable companion: all their names and attributes. The refresh cookie's path keeps it away
//! from everything but the auth endpoints; `signed_in` says nothing secret, only that asking for a refresh may be worth it.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header};

use crate::auth::error::AuthError;
use crate::auth::refresh_token::RefreshToken;

/// `__Host-` would need `Path=/` and so send the token with every request: see decision 0001.
pub const NAME: &str = "__Secure-refresh";
const ATTRIBUTES: &str = "HttpOnly; Secure; SameSite=Strict; Path=/api/auth";

pub const HINT: &str = "signed_in";
/// `Lax`, so that a link from another site still finds the right shell.
const HINT_ATTRIBUTES: &str = "Secure; SameSite=Lax; Path=/";

/// The `Set-Cookie` lines for a new refresh token.
pub fn set(token: &RefreshToken, lives: Duration) -> [HeaderValue; 2] {
    let seconds = lives.as_secs();
    let mut refresh = HeaderValue::try_from(format!("{NAME}={}; {ATTRIBUTES}; Max-Age={seconds}", token.reveal()))
        .unwrap_or_else(|_| HeaderValue::from_static(""));
    refresh.set_sensitive(true);
    let hint = HeaderValue::try_from(format!("{HINT}=1; {HINT_ATTRIBUTES}; Max-Age={seconds}"));
    [refresh, hint.unwrap_or_else(|_| HeaderValue::from_static(""))]
}

/// The `Set-Cookie` lines that end it.
pub fn clear() -> [HeaderValue; 2] {
    [
        HeaderValue::from_static("__Secure-refresh=; HttpOnly; Secure; SameSite=Strict; Path=/api/auth; Max-Age=0"),
        HeaderValue::from_static("signed_in=; Secure; SameSite=Lax; Path=/; Max-Age=0"),
    ]
}

/// The refresh token of a request. Two of them mean that somebody else planted one (a sibling subdomain can): refused.
pub fn read(headers: &HeaderMap) -> Result<&str, AuthError> {
    let mut found = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, _)| *name == NAME)
        .map(|(_, value)| value);
    match (found.next(), found.next()) {
        (None, _) => Err(AuthError::RefreshTokenMissing),
        (Some(value), None) => Ok(value),
        (Some(_), Some(_)) => Err(AuthError::RefreshTokenInvalid),
    }
}

/// Whether a page request carries the hint.
pub fn hint(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .any(|pair| pair.trim() == "signed_in=1")
}

#[cfg(test)]
mod tests {
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
        for (set, clear) in [(ATTRIBUTES, &clear()[0]), (HINT_ATTRIBUTES, &clear()[1])] {
            assert!(clear.to_str().unwrap().contains(&format!("; {set}; Max-Age=0")));
        }
    }
}
