//! An attempt: where it comes from, and the counts that it goes into.

use crate::auth::password::pool::WorkFor;
use crate::auth::throttle::device_cookie::BrowserId;
use crate::auth::throttle::rules::{AttemptKey, Source, ThrottleRule};

/// The origin of an unauthenticated attempt.
#[derive(Clone, Debug, Default)]
pub struct Caller {
    /// The client's network; `None` for calls by this program itself.
    pub source: Option<Source>,
    /// The device cookies, not verified yet. A sibling site may have planted some.
    pub device_cookies: Vec<String>,
}

/// A counted attempt, with the counts to adjust once its outcome is known.
#[derive(Debug)]
#[must_use]
pub struct CountedAttempt {
    pub(super) counters: Vec<Counter>,
    /// The browser's id, when its device cookie is genuine.
    pub browser: Option<BrowserId>,
    /// The user of the hasher that the work is done for.
    pub work_for: WorkFor,
}

/// One count that an attempt goes into.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counter {
    pub name: &'static str,
    pub key: AttemptKey,
    pub rule: ThrottleRule,
    pub on_success: OnSuccess,
}

/// The effect of a successful attempt on a count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OnSuccess {
    /// All attempts are forgiven.
    Clear,
    /// Only this attempt is taken back.
    TakeBack,
    /// The attempt still counts: it is not a password guess.
    Keep,
}
