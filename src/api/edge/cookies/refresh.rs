//! The refresh token cookie: `HttpOnly`, and limited by its path to the auth endpoints.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue};

use crate::auth::error::AuthError;
use crate::auth::token::refresh::RefreshToken;
use crate::base_path::BasePath;

/// Not `__Host-`: that prefix requires `Path=/`, which would send the token with every request (decision 0001).
pub const NAME: &str = "__Secure-refresh";
const ATTRIBUTES: &str = "HttpOnly; Secure; SameSite=Strict";
const PATH: &str = "/api/auth";

/// The name of an app's: [`NAME`], with the port where that is not the scheme's own.
pub fn name(base_path: &BasePath) -> String {
    base_path.cookie_name(NAME)
}

/// The attributes but for `Max-Age`.
pub(super) fn attributes(base_path: &BasePath) -> String {
    [ATTRIBUTES, "; Path=", &base_path.at(PATH)].concat()
}

/// The `Set-Cookie` value for a new refresh token.
pub fn set(base_path: &BasePath, token: &RefreshToken, max_age: Duration) -> HeaderValue {
    line(base_path, token.reveal(), max_age.as_secs())
}

/// The `Set-Cookie` value that deletes it.
pub fn clear(base_path: &BasePath) -> HeaderValue {
    line(base_path, "", 0)
}

fn line(base_path: &BasePath, token: &str, seconds: u64) -> HeaderValue {
    super::secret_line(&name(base_path), token, &attributes(base_path), seconds)
}

/// The refresh token of a request.
///
/// # Errors
///
/// [`AuthError::RefreshTokenMissing`]; [`AuthError::RefreshTokenAmbiguous`] for two cookies, because then a sibling subdomain
/// may have planted one (cookie tossing).
pub fn read<'a>(base_path: &BasePath, headers: &'a HeaderMap) -> Result<&'a str, AuthError> {
    let mut found = super::values(base_path, NAME, headers);
    match (found.next(), found.next()) {
        (None, _) => Err(AuthError::RefreshTokenMissing),
        (Some(value), None) => Ok(value),
        (Some(_), Some(_)) => Err(AuthError::RefreshTokenAmbiguous),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::header;

    use super::*;
    use crate::api::edge::cookies::session_hint;
    use crate::auth::model::secret::ServerSecret;
    use crate::auth::model::session::{Salt, SessionId};
    use crate::auth::token::refresh::RefreshTokenKey;

    fn headers(lines: &[&'static str]) -> HeaderMap {
        lines.iter().map(|line| (header::COOKIE, HeaderValue::from_static(line))).collect()
    }

    #[test]
    fn one_cookie_is_read_and_two_are_refused() {
        let read = |headers: &HeaderMap| super::read(&BasePath::default(), headers).map(str::to_owned);
        assert_eq!(read(&headers(&["a=b; __Secure-refresh=x; __Secure-refresh-3000=y; c=d"])).unwrap(), "x");
        assert!(matches!(read(&headers(&["a=b; __Secure-refresh-3000=y"])), Err(AuthError::RefreshTokenMissing)));
        let on_port = BasePath::default().on_port(Some(3000));
        let both = headers(&["__Secure-refresh=x; __Secure-refresh-3000=y; __Secure-refresh-30001=z"]);
        assert_eq!(super::read(&on_port, &both).unwrap(), "y");
        for twice in [&["__Secure-refresh=x; __Secure-refresh=y"][..], &["__Secure-refresh=x", "__Secure-refresh=x"]] {
            assert!(matches!(read(&headers(twice)), Err(AuthError::RefreshTokenAmbiguous)));
        }
    }

    #[test]
    fn clearing_names_the_same_cookies_with_the_same_scope() {
        let token = RefreshTokenKey::new(&ServerSecret::new([7; 32])).token(SessionId([1; 16]), &Salt([2; 32]), 0);
        let lifetime = Duration::from_secs(9);
        for base_path in [BasePath::default(), BasePath::new("/lab/x")] {
            let scope = |line: &HeaderValue| {
                let line = line.to_str().unwrap().to_owned();
                let (name, rest) = line.split_once('=').unwrap();
                let (_, attributes) = rest.split_once("; ").unwrap();
                (name.to_owned(), attributes.split("; Max-Age").next().unwrap().to_owned())
            };
            let set = [set(&base_path, &token, lifetime), session_hint::set(&base_path, lifetime)];
            let cleared = [clear(&base_path), session_hint::clear(&base_path)];
            assert_eq!(set.each_ref().map(scope), cleared.each_ref().map(scope));
            assert!(cleared.iter().all(|line| line.to_str().unwrap().ends_with("; Max-Age=0")));
            assert!(set[0].to_str().unwrap().contains(&format!("Path={}/api/auth;", base_path.as_str())));
        }
    }
}
