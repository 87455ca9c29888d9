//! A build without traces.

use tokio::runtime::Handle;

use super::TraceLayer;
use super::trace_settings;

/// Nothing is exported.
#[derive(Default)]
pub struct Traces;

impl Traces {
    #[expect(clippy::unnecessary_wraps, reason = "the other build can fail")]
    pub(super) fn start(_: &Handle) -> Result<(Self, Option<TraceLayer>), String> {
        Ok((Self, None))
    }

    /// Says in the log what the environment asks for and does not get.
    pub(super) fn tell(&self) {
        if trace_settings::endpoint_is_set(std::env::vars_os()) {
            tracing::warn!("the environment names a collector of traces, but this build has none (cargo feature otel)");
        }
    }

    #[expect(clippy::unused_async, reason = "the other build waits")]
    pub async fn end(self) {}
}
