//! The only place that asks the time. Everything else is told: the server passes a [`Timestamp`] down to the rules, the
//! browser measures elapsed time here, and tests (and the lab) put a hand-driven clock in the same place.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Milliseconds since the Unix epoch.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs.saturating_mul(1000))
    }

    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, as a JWT's `NumericDate` wants them (RFC 7519 section 2).
    pub const fn secs(self) -> i64 {
        self.0.div_euclid(1000)
    }

    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }

    pub fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }

    /// Milliseconds from `earlier` to `self`; negative when the wall clock went back in between.
    pub const fn since(self, earlier: Timestamp) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

#[cfg(feature = "ssr")]
pub use native::{Clock, ManualClock, ShiftedClock, SystemClock};

#[cfg(feature = "ssr")]
mod native {
    use super::*;
    use std::sync::atomic::{AtomicI64, Ordering};

    /// Who tells the server the wall time.
    pub trait Clock: Send + Sync + 'static {
        fn now(&self) -> Timestamp;
    }

    pub struct SystemClock;

    impl Clock for SystemClock {
        #[expect(clippy::disallowed_methods, reason = "the one place that asks")]
        fn now(&self) -> Timestamp {
            let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
            Timestamp(0).plus(since_epoch)
        }
    }

    /// The system's clock, put forward: how a test lets days pass on a server that runs.
    #[derive(Default)]
    pub struct ShiftedClock(AtomicI64);

    impl ShiftedClock {
        pub fn advance(&self, by: Duration) {
            let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
            self.0.fetch_add(by, Ordering::SeqCst);
        }
    }

    impl Clock for ShiftedClock {
        fn now(&self) -> Timestamp {
            Timestamp(SystemClock.now().millis().saturating_add(self.0.load(Ordering::SeqCst)))
        }
    }

    /// A clock that moves only when told, for tests and for the lab.
    pub struct ManualClock(AtomicI64);

    impl ManualClock {
        pub fn at(start: Timestamp) -> Self {
            Self(AtomicI64::new(start.millis()))
        }

        pub fn advance(&self, by: Duration) {
            let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
            self.0.fetch_add(by, Ordering::SeqCst);
        }

        pub fn set(&self, to: Timestamp) {
            self.0.store(to.millis(), Ordering::SeqCst);
        }
    }

    impl Clock for ManualClock {
        fn now(&self) -> Timestamp {
            Timestamp(self.0.load(Ordering::SeqCst))
        }
    }
}

#[cfg(feature = "hydrate")]
pub use browser::{Stopwatch, set_wall_clock_ahead};

#[cfg(feature = "hydrate")]
mod browser {
    use std::cell::Cell;

    thread_local! {
        static WALL_CLOCK_AHEAD: Cell<f64> = const { Cell::new(0.0) };
    }

    /// Time since something happened, by the larger of the monotonic and the wall clock: the monotonic one stands still
    /// while some machines sleep, the wall clock may be set back.
    #[derive(Clone, Copy, Debug)]
    pub struct Stopwatch {
        monotonic: f64,
        wall: f64,
    }

    impl Stopwatch {
        pub fn start() -> Self {
            Self { monotonic: monotonic_ms(), wall: wall_ms() }
        }

        pub fn elapsed_ms(&self) -> f64 {
            (monotonic_ms() - self.monotonic).max(wall_ms() - self.wall).max(0.0)
        }
    }

    fn wall_ms() -> f64 {
        js_sys::Date::now() + WALL_CLOCK_AHEAD.get()
    }

    /// As if somebody had set this browser's clock, in milliseconds.
    pub fn set_wall_clock_ahead(by: f64) {
        WALL_CLOCK_AHEAD.set(by);
    }

    fn monotonic_ms() -> f64 {
        web_sys::window().and_then(|w| w.performance()).map_or(0.0, |p| p.now())
    }
}
