//! The server span of a request (OpenTelemetry, semantic conventions for HTTP), in a build with the cargo feature `otel`.

#[cfg(feature = "otel")]
mod traced;
mod traceparent;
#[cfg(not(feature = "otel"))]
mod untraced;

#[cfg(feature = "otel")]
pub(super) use traced::{RequestSpans, Spanned};
pub use traceparent::TraceParent;
#[cfg(not(feature = "otel"))]
pub(super) use untraced::{RequestSpans, Spanned};
