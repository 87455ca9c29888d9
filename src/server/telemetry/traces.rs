//! The export of traces (OTLP over HTTP, protobuf). Spans wait in a bounded queue for a thread of their own, which posts them in
//! batches. A request never waits for it: a span that finds the queue full is lost, and so is a batch that the collector does
//! not take. What is lost is counted, and told in the log once until the collector takes spans again, and at the end.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use axum::body::{Body, to_bytes};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use opentelemetry::{KeyValue, trace::TracerProvider as _};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{SpanExporter as OtlpExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    trace::{BatchSpanProcessor, SdkTracerProvider, Span, SpanData, SpanExporter, SpanProcessor},
};
use tokio::runtime::Handle;
use tracing_subscriber::{Layer as _, filter::filter_fn};

use super::TraceLayer;
use super::trace_settings::TraceSettings;
use crate::auth::traces;

/// How long the end of the process waits for the last spans to be taken.
pub const FLUSH: Duration = Duration::from_secs(2);
/// The most that is read of a collector's answer, in bytes.
const ANSWER_MAX: usize = 64 * 1024;

/// What is exported while the process runs.
#[derive(Default)]
pub struct Traces(Option<Running>);

struct Running {
    provider: SdkTracerProvider,
    tally: Arc<Tally>,
    settings: TraceSettings,
}

impl Traces {
    /// Starts the exporter, if the environment names a collector. Its requests run on `runtime`.
    ///
    /// # Errors
    ///
    /// A sentence: a variable of the environment cannot be read.
    pub(super) fn start(runtime: &Handle) -> Result<(Self, Option<TraceLayer>), String> {
        let Some(settings) = TraceSettings::read(std::env::vars_os())? else { return Ok(Default::default()) };
        let tally = Arc::new(Tally { waiting: 2 * settings.queue as u64, ..Tally::default() });
        let collector = Collector {
            client: Client::builder(TokioExecutor::new()).build_http(),
            runtime: runtime.clone(),
            timeout: settings.timeout,
        };
        let exporter = OtlpExporter::builder().with_http().with_http_client(collector);
        let exporter = exporter.with_endpoint(&settings.endpoint).with_timeout(settings.timeout).build();
        let exporter = exporter.map_err(|error| format!("the exporter of traces: {error}"))?;
        let exporter = Counting { inner: exporter, tally: tally.clone() };
        let batches = BatchSpanProcessor::builder(exporter).build();
        // Sampler, batches and the attributes of the resource are those of the environment.
        let provider = SdkTracerProvider::builder()
            .with_span_processor(Counting { inner: batches, tally: tally.clone() })
            .with_resource(resource(&settings))
            .build();
        let layer = tracing_opentelemetry::layer()
            .with_tracer(provider.tracer(env!("CARGO_PKG_NAME")))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_tracked_inactivity(false)
            .with_context_activation(false)
            .with_filter(filter_fn(|metadata| metadata.is_span() && metadata.target() == traces::TARGET));
        traces::turn_on();
        Ok((Self(Some(Running { provider, tally, settings })), Some(layer.boxed())))
    }

    /// Says in the log what is exported, and what of the environment has no effect.
    pub(super) fn tell(&self) {
        let Some(Running { settings, .. }) = &self.0 else { return };
        tracing::info!(endpoint = settings.endpoint, "traces are exported");
        if !settings.ignored.is_empty() {
            let names = settings.ignored.join(", ");
            tracing::warn!(names, "these variables of OpenTelemetry have no effect here");
        }
    }

    /// Delivers what is left, for at most [`FLUSH`].
    pub async fn end(self) {
        let Some(Running { provider, tally, .. }) = self.0 else { return };
        // It blocks its thread.
        let flush = move || drop(provider.shutdown_with_timeout(FLUSH));
        let _ = tokio::task::spawn_blocking(flush).await;
        let lost = tally.lost();
        if lost > 0 {
            tracing::warn!(lost, "spans of traces that no collector took");
        }
    }
}

/// The attributes of this process.
fn resource(settings: &TraceSettings) -> Resource {
    let own = [
        KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
        KeyValue::new("service.instance.id", uuid::Uuid::new_v4().to_string()),
    ];
    // The builder reads the environment.
    let resource = Resource::builder().with_attributes(own);
    match settings.names_service {
        true => resource.build(),
        false => resource.with_service_name(env!("CARGO_PKG_NAME")).build(),
    }
}

/// What became of the spans.
#[derive(Debug, Default)]
struct Tally {
    /// Sampled spans that have ended.
    ended: AtomicU64,
    /// Those that the collector took.
    taken: AtomicU64,
    /// Those that it was offered and did not take.
    refused: AtomicU64,
    /// The most that wait, in the queue or in the batch that is under way.
    waiting: u64,
    /// Whether the log says that the collector takes none.
    told: AtomicBool,
    /// Whether the log says that the queue was full.
    full: AtomicBool,
}

impl Tally {
    /// Those that were not taken; while the exporter runs some of them are on their way.
    fn lost(&self) -> u64 {
        self.ended.load(Ordering::Relaxed).saturating_sub(self.taken.load(Ordering::Relaxed))
    }

    fn delivered(&self, count: u64, outcome: &OTelSdkResult) {
        match outcome {
            Ok(()) => {
                self.taken.fetch_add(count, Ordering::Relaxed);
                if self.told.swap(false, Ordering::Relaxed) {
                    tracing::info!("the collector takes traces again");
                }
            }
            Err(error) => {
                self.refused.fetch_add(count, Ordering::Relaxed);
                if !self.told.swap(true, Ordering::Relaxed) {
                    tracing::warn!(%error, "the collector takes no traces: they are lost until it does");
                }
            }
        }
        // More cannot wait: the others found the queue full.
        let missing = self.lost().saturating_sub(self.refused.load(Ordering::Relaxed));
        if missing > self.waiting && !self.full.swap(true, Ordering::Relaxed) {
            tracing::warn!("more spans end than the collector takes: some of each trace are lost");
        }
    }
}

/// A processor or an exporter whose spans are counted.
#[derive(Debug)]
struct Counting<T> {
    inner: T,
    tally: Arc<Tally>,
}

impl SpanProcessor for Counting<BatchSpanProcessor> {
    fn on_start(&self, span: &mut Span, context: &opentelemetry::Context) {
        self.inner.on_start(span, context);
    }

    fn on_end(&self, span: SpanData) {
        if span.span_context.is_sampled() {
            self.tally.ended.fetch_add(1, Ordering::Relaxed);
            self.inner.on_end(span);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}

impl SpanExporter for Counting<OtlpExporter> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let count = batch.len() as u64;
        let outcome = self.inner.export(batch).await;
        self.tally.delivered(count, &outcome);
        outcome
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}

/// The HTTP client: that of this crate, on the server's runtime. The exporter's own thread waits for it.
#[derive(Debug)]
struct Collector {
    client: Client<HttpConnector, Body>,
    runtime: Handle,
    timeout: Duration,
}

#[async_trait]
impl HttpClient for Collector {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (client, limit) = (self.client.clone(), self.timeout);
        // All of it on the runtime: timers and sockets are made there.
        let sending = self.runtime.spawn(async move {
            let whole = async {
                let (parts, body) = client.request(request.map(Body::from)).await?.into_parts();
                Ok::<_, HttpError>(Response::from_parts(parts, to_bytes(Body::new(body), ANSWER_MAX).await?))
            };
            tokio::time::timeout(limit, whole).await
        });
        sending.await??
    }
}
