//! What the process tells about itself: structured logging, and traces (OpenTelemetry) in a build with the cargo feature `otel`.
//! The third kind, metrics, is beside ([`super::metrics`]).

mod log;
pub mod trace_settings;

#[cfg(not(feature = "otel"))]
mod no_traces;
#[cfg(not(feature = "otel"))]
use no_traces as traces;
#[cfg(feature = "otel")]
mod traces;

use tokio::runtime::Handle;
use tracing::Metadata;
use tracing_subscriber::{
    Layer as _, Registry, filter::FilterExt as _, filter::filter_fn, layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

pub use traces::Traces;

use crate::auth::traces::TARGET;

/// A layer of the subscriber, which takes the spans of traces.
type TraceLayer = Box<dyn tracing_subscriber::Layer<Registry> + Send + Sync>;

/// Installs the global subscriber. `directives` are a level or tracing directives. Spans are exported on `exporting`, if the
/// environment asks for it; `None` exports none.
///
/// # Errors
///
/// A sentence: the directives or the settings of the traces cannot be read, or a subscriber is already installed.
pub fn start(directives: &str, exporting: Option<&Handle>) -> Result<Traces, String> {
    let filter = log::filter(directives)?;
    let (traces, layer) = match exporting {
        Some(runtime) => Traces::start(runtime)?,
        None => Default::default(),
    };
    let registry = tracing_subscriber::registry();
    let started = match layer {
        // The filter of the log must not keep spans from the exporter, and those spans are no part of its lines.
        Some(layer) => {
            registry.with(layer).with(log::lines().with_filter(filter.and(filter_fn(is_no_span_of_traces)))).try_init()
        }
        None => registry.with(log::lines()).with(filter).try_init(),
    };
    started.map_err(|error| error.to_string())?;
    traces.tell();
    Ok(traces)
}

fn is_no_span_of_traces(metadata: &Metadata<'_>) -> bool {
    !(metadata.is_span() && metadata.target() == TARGET)
}
