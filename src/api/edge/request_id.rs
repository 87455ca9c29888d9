//! Request ids: each response and each log line about its request has one (`X-Request-Id`). A proxy's id is taken over, so that
//! the lines of both can be found together; anybody may send one, so it proves nothing.

use std::sync::{
    LazyLock,
    atomic::{AtomicU64, Ordering},
};

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use tracing::Span;

use crate::auth::random;

pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The longest id that is taken over, in bytes.
const LENGTH_MAX: usize = 64;

/// The id of a request. Sets it in the headers, unless the client gave one that can be taken over.
pub fn of(headers: &mut HeaderMap) -> HeaderValue {
    if let Some(given) = headers.get(REQUEST_ID).filter(|given| is_plain(given.as_bytes())) {
        return given.clone();
    }
    let id = next();
    headers.insert(REQUEST_ID, id.clone());
    id
}

/// What every log line about the request is in.
pub fn span(id: &HeaderValue) -> Span {
    tracing::info_span!("request", id = id.to_str().unwrap_or_default())
}

/// Whether a given id can stand in a log line as it is.
fn is_plain(id: &[u8]) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    (1..=LENGTH_MAX).contains(&id.len()) && id.iter().all(plain)
}

/// A new id: the random number of this process and a count, in hexadecimal. A random number for each request would cost more.
fn next() -> HeaderValue {
    static PROCESS: LazyLock<u32> = LazyLock::new(|| u32::from_be_bytes(random::bytes()));
    static COUNT: AtomicU64 = AtomicU64::new(0);
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let number = (u128::from(*PROCESS) << 40) | u128::from(COUNT.fetch_add(1, Ordering::Relaxed) & 0xff_ffff_ffff);
    let digits: [u8; 18] = std::array::from_fn(|at| DIGITS[(number >> (4 * (17 - at)) & 0xf) as usize]);
    HeaderValue::from_bytes(&digits).unwrap_or(HeaderValue::from_static("0"))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn an_id_is_taken_over_if_it_is_plain_and_made_otherwise() {
        let long = "x".repeat(LENGTH_MAX + 1);
        for (given, taken) in [
            ("7d1f-a_b.C", true),
            (&long[1..], true),
            (&*long, false),
            ("", false),
            ("a b", false),
            ("a\"}", false),
            ("\u{e9}", false),
        ] {
            let mut headers = HeaderMap::from_iter([(REQUEST_ID, HeaderValue::from_bytes(given.as_bytes()).unwrap())]);
            let id = of(&mut headers);
            assert_eq!(id.as_bytes() == given.as_bytes(), taken, "{given}");
            assert_eq!(headers.get_all(REQUEST_ID).iter().collect::<Vec<_>>(), [&id], "the app sees the same one");
        }
        let made: HashSet<_> = (0..1000).map(|_| of(&mut HeaderMap::new())).collect();
        assert!(made.len() == 1000 && made.iter().all(|id| id.len() == 18 && is_plain(id.as_bytes())));
    }
}
