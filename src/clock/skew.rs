//! Clock skew on demand: a demonstration that a wrong wall clock in a browser signs nobody out.
//! Feature `lab` only.

use std::cell::Cell;

thread_local! {
    static AHEAD: Cell<f64> = const { Cell::new(0.0) };
}

/// How far the tab's wall clock runs ahead of the browser's.
pub fn milliseconds() -> f64 {
    AHEAD.get()
}

/// Sets the tab's wall clock `milliseconds` ahead of the browser's.
pub fn set(milliseconds: f64) {
    AHEAD.set(milliseconds);
}
