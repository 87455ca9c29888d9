//! Cookies (RFC 6265): one file for each, with its name and attributes. Every cookie is parsed here, so all readers agree.

use std::mem;

use axum::http::{HeaderMap, HeaderValue, header};

use crate::base_path::BasePath;

pub mod bound;
pub mod device;
pub mod refresh;
pub mod session_hint;

/// All cookies in the order of the request. A name may occur more than once.
pub fn pairs(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    headers.get_all(header::COOKIE).iter().flat_map(pairs_of)
}

/// The cookies of one header line. The line is split as bytes: browsers send cookies of other scripts in whatever encoding they
/// were set in, and one pair that is not UTF-8 must not hide the others.
pub fn pairs_of(line: &HeaderValue) -> impl Iterator<Item = (&str, &str)> {
    let line = line.as_bytes();
    // Several readers split the line of each request, and foreign cookies may be kilobytes: many bytes at a time.
    let ends = memchr::memchr_iter(b';', line).chain([line.len()]);
    let pairs = ends.scan(0, |start, end| Some(&line[mem::replace(start, end + 1)..end]));
    pairs.filter_map(|pair| std::str::from_utf8(pair.trim_ascii()).ok()?.split_once('='))
}

/// The values of this app's cookies with this name, in the order of the request.
fn values<'a>(base_path: &BasePath, name: &str, headers: &'a HeaderMap) -> impl Iterator<Item = &'a str> {
    pairs(headers).filter(|(found, _)| base_path.is_cookie_name(found, name)).map(|(_, value)| value)
}

/// The first cookie with this name.
pub fn first<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    pairs(headers).find(|(found, _)| *found == name).map(|(_, value)| value)
}

/// A `Set-Cookie` value that is marked sensitive, so logs print it redacted.
fn secret_line(name: &str, value: &str, attributes: &str, max_age: u64) -> HeaderValue {
    let mut line = line(name, value, attributes, max_age);
    line.set_sensitive(true);
    line
}

/// A `Set-Cookie` value; `max_age` is in seconds.
fn line(name: &str, value: &str, attributes: &str, max_age: u64) -> HeaderValue {
    // Joined and not formatted: each refresh makes two, and a format is measured piece by piece.
    let line = [name, "=", value, "; ", attributes, "; Max-Age=", &max_age.to_string()].concat();
    HeaderValue::try_from(line).unwrap_or_else(|_| HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_that_is_not_text_is_skipped_alone() {
        for (line, cookies) in [
            ("stadt=Zürich; a=b".as_bytes(), &[("stadt", "Zürich"), ("a", "b")][..]),
            (b"odd=\xff\xfe; a=b", &[("a", "b")]),
            (b"a=b; \xc3=x;c=\xf0\x9f", &[("a", "b")]),
            (b"; ;=; no pair; a = b=c", &[("", ""), ("a ", " b=c")]),
            (b"", &[]),
        ] {
            let headers = HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_bytes(line).unwrap())]);
            assert_eq!(pairs(&headers).collect::<Vec<_>>(), cookies, "{}", String::from_utf8_lossy(line));
        }
    }
}
