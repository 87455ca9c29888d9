//! The cookies of a request, name by name. Every module that knows a cookie reads it through here, so that they cannot differ
//! in what they take for one.

use axum::http::{HeaderMap, header};

/// In the order in which they came; a name may come more than once.
pub fn pairs(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='))
}

/// The first of that name.
pub fn first<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    pairs(headers).find(|(found, _)| *found == name).map(|(_, value)| value)
}
