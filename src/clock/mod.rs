//! Time: the only module that reads a clock. The server passes a [`Timestamp`] down to the rules
//! and the browser measures elapsed time, so tests control time by replacing the clock.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Milliseconds since the Unix epoch.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// From seconds since the Unix epoch; saturates.
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs.saturating_mul(1000))
    }

    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down: a JWT's `NumericDate` (RFC 7519 section 2).
    pub const fn secs(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// Saturates, as does [`minus`](Self::minus).
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }

    pub fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }

    /// Milliseconds from `earlier` to `self`; negative when the wall clock was set back in between.
    pub const fn since(self, earlier: Timestamp) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

#[cfg(feature = "hydrate")]
mod browser;
#[cfg(feature = "hydrate")]
pub use browser::Stopwatch;

#[cfg(feature = "ssr")]
mod server;
#[cfg(feature = "ssr")]
pub use server::{Clock, ManualClock, ShiftedClock, SystemClock};

/// A test control: simulated error of this tab's wall clock, in milliseconds. Constant zero without
/// the feature `lab`.
#[cfg(all(feature = "hydrate", feature = "lab"))]
pub mod skew;
#[cfg(all(feature = "hydrate", not(feature = "lab")))]
mod skew {
    pub const fn milliseconds() -> f64 {
        0.0
    }
}
