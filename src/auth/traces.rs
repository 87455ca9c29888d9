//! What the spans of a trace have in common (distributed tracing, OpenTelemetry). A span is made wherever something takes time, with
//! the target [`TARGET`]; only a build with the cargo feature `otel` exports them. Elsewhere a span below that of the request
//! is made at the level `trace`, so it costs one comparison.
//!
//! No field holds an address, an id of a user or a session, a token, a password or a cookie: the fields are what is exported.

use std::sync::atomic::{AtomicBool, Ordering};

/// The target of the spans that are exported; no other span is, of whatever crate.
pub const TARGET: &str = "two_tokens::traces";

static ON: AtomicBool = AtomicBool::new(false);

/// Says that spans are exported from now on. The subscriber of a process is one, and so is this.
pub fn turn_on() {
    ON.store(true, Ordering::Relaxed);
}

/// Whether spans are exported: what only an exporter reads need not be made otherwise.
pub fn are_on() -> bool {
    ON.load(Ordering::Relaxed)
}
