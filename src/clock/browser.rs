//! The stopwatch of the browser: elapsed time that survives sleep and clock changes.

use super::skew;

/// Measures elapsed time as the larger of the monotonic and the wall clock's: on some machines the
/// monotonic clock stops during sleep, and the wall clock may be set back.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch {
    monotonic: f64,
    wall: f64,
}

impl Stopwatch {
    pub fn start() -> Self {
        Self { monotonic: monotonic_ms(), wall: wall_ms() }
    }

    /// Milliseconds since [`start`](Self::start); never negative.
    pub fn elapsed_ms(&self) -> f64 {
        (monotonic_ms() - self.monotonic).max(wall_ms() - self.wall).max(0.0)
    }
}

fn wall_ms() -> f64 {
    js_sys::Date::now() + skew::milliseconds()
}

fn monotonic_ms() -> f64 {
    web_sys::window().and_then(|w| w.performance()).map_or(0.0, |p| p.now())
}
