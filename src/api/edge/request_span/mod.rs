//! The span of a request: every log line about it is in it. With the cargo feature `otel` it is also the server span of a trace
//! (OpenTelemetry, semantic conventions for HTTP).

#[cfg(not(feature = "otel"))]
mod logged;
#[cfg(feature = "otel")]
mod traced;
mod traceparent;

#[cfg(not(feature = "otel"))]
pub(super) use logged::RequestSpans;
#[cfg(feature = "otel")]
pub(super) use traced::RequestSpans;
pub use traceparent::TraceParent;
