//! Request ids: each response and each log line about its request has one (`X-Request-Id`). A proxy's id is taken over, so that
//! the lines of both can be found together; anybody may send one, so it proves nothing.
//!
//! The id travels with the task that answers (a task-local value) and not in a span of `tracing`: few requests write a line, and a
//! span costs each of them a tenth of what an open route costs (docs/performance.md).

use std::{
    hash::{BuildHasher as _, RandomState},
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
};

use futures::future::Either;
use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::task::futures::TaskLocalFuture;

pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The longest id that is taken over, in bytes.
const LENGTH_MAX: usize = 64;

tokio::task_local! {
    static CURRENT: HeaderValue;
}

/// A future that answers a request.
pub type InRequest<F> = TaskLocalFuture<HeaderValue, F>;

/// Runs `work` for the request with this id.
pub fn in_request<F: Future>(id: HeaderValue, work: F) -> InRequest<F> {
    CURRENT.scope(id, work)
}

/// Takes over the request of the current task, for work that goes on in a task of its own.
pub fn carried_over<F: Future>(work: F) -> Either<InRequest<F>, F> {
    match current() {
        Some(id) => Either::Left(in_request(id, work)),
        None => Either::Right(work),
    }
}

/// The id of the request that this task answers; `None` outside of one.
pub fn current() -> Option<HeaderValue> {
    CURRENT.try_with(HeaderValue::clone).ok()
}

/// The id of a request: the one that the client gave, if it can be taken over; that of the request in which this one is passed on;
/// or a new one.
pub fn of(headers: &HeaderMap) -> HeaderValue {
    let given = headers.get(REQUEST_ID).filter(|given| is_plain(given.as_bytes()));
    given.cloned().or_else(current).unwrap_or_else(next)
}

/// Whether a given id can stand in a log line as it is.
fn is_plain(id: &[u8]) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    (1..=LENGTH_MAX).contains(&id.len()) && id.iter().all(plain)
}

/// A new id: the random number of this process and a count, in hexadecimal. A random number for each request would cost more.
fn next() -> HeaderValue {
    static PROCESS: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(std::process::id()));
    static COUNT: AtomicU64 = AtomicU64::new(0);
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let number =
        (u128::from(*PROCESS & 0xffff_ffff) << 40) | u128::from(COUNT.fetch_add(1, Ordering::Relaxed) & 0xff_ffff_ffff);
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
            let headers = HeaderMap::from_iter([(REQUEST_ID, HeaderValue::from_bytes(given.as_bytes()).unwrap())]);
            assert_eq!(of(&headers).as_bytes() == given.as_bytes(), taken, "{given}");
        }
        let made: HashSet<_> = (0..1000).map(|_| of(&HeaderMap::new())).collect();
        assert!(made.len() == 1000 && made.iter().all(|id| id.len() == 18 && is_plain(id.as_bytes())));
    }

    #[tokio::test]
    async fn work_in_a_task_of_its_own_and_a_request_that_is_passed_on_keep_the_id() {
        let id = HeaderValue::from_static("7d-1");
        let heard = in_request(id.clone(), async {
            let carried = tokio::spawn(carried_over(async { current() })).await.unwrap();
            let lost = tokio::spawn(async { current() }).await.unwrap();
            [carried, lost, Some(of(&HeaderMap::new()))]
        });
        assert_eq!(heard.await, [Some(id.clone()), None, Some(id)]);
        assert_eq!(tokio::spawn(carried_over(async { current() })).await.unwrap(), None);
    }
}
