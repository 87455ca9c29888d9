//! Cookies (RFC 6265): one file for each, with its name and attributes. Every cookie is parsed here, so all readers agree.

use axum::http::{HeaderMap, HeaderValue, header};

pub mod device;
pub mod refresh;
pub mod session_hint;

/// All cookies in the order of the request. A name may occur more than once.
pub fn pairs(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='))
}

/// The first cookie with this name.
pub fn first<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    pairs(headers).find(|(found, _)| *found == name).map(|(_, value)| value)
}

/// A `Set-Cookie` value that is marked sensitive, so logs print it redacted.
fn secret_line(line: String) -> HeaderValue {
    let mut line = self::line(line);
    line.set_sensitive(true);
    line
}

fn line(line: String) -> HeaderValue {
    HeaderValue::try_from(line).unwrap_or_else(|_| HeaderValue::from_static(""))
}
