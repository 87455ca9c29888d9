//! The server span, with the attributes of the semantic conventions for HTTP. The query is left out, and so is the path of a
//! request that no route takes: it is what a stranger typed.

use axum::{
    extract::{MatchedPath, Request},
    http::HeaderValue,
    response::Response,
};
use futures::{FutureExt as _, future::Inspect};
use opentelemetry::{
    Context,
    trace::{SpanContext, SpanId, Status, TraceContextExt as _, TraceFlags, TraceId, TraceState},
};
use tracing::{
    Span,
    instrument::{Instrument as _, Instrumented},
};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use super::TraceParent;
use crate::api::edge::app_state::AppState;
use crate::api::edge::client_address::TrustedProxies;
use crate::api::edge::public_url;
use crate::api::edge::request_observer::{known_method, route_name};
use crate::auth::traces;
use crate::protocol::code::Code;

/// The longest path that is exported, in bytes; a route of this app is shorter.
const PATH_MAX: usize = 256;

#[derive(Clone)]
pub struct RequestSpans {
    proxies: TrustedProxies,
    scheme: &'static str,
}

impl RequestSpans {
    pub fn of(state: &AppState) -> Self {
        Self { proxies: state.proxies.clone(), scheme: public_url::scheme(&state.public_url) }
    }

    pub fn begin(&self, id: &HeaderValue, request: &Request) -> RequestSpan {
        RequestSpan(if traces::are_on() { self.span(id, request) } else { Span::none() })
    }

    fn span(&self, id: &HeaderValue, request: &Request) -> Span {
        let method = known_method(request.method()).unwrap_or("_OTHER");
        let route = request.extensions().get::<MatchedPath>().map(|matched| route_name(matched.as_str()));
        let name = route.map_or_else(|| method.to_owned(), |route| [method, route].join(" "));
        let id = id.to_str().unwrap_or_default();
        let span = tracing::info_span!(target: traces::TARGET, "request", id, otel.name = name, otel.kind = "server");
        // Set on the span and no fields of it, so they stand in no log line.
        span.set_attribute("http.request.method", method);
        span.set_attribute("url.scheme", self.scheme);
        if let Some(route) = route {
            span.set_attribute("http.route", route.to_owned());
            span.set_attribute("url.path", cut(request.uri().path()).to_owned());
        }
        if self.proxies.forwarded(request)
            && let Some(parent) = TraceParent::of(request.headers())
        {
            let _ = span.set_parent(remote(&parent));
        }
        span
    }
}

/// The span of one request.
pub struct RequestSpan(Span);

/// Work in the span, which ends with its response.
pub type Spanned<F> = Instrumented<Inspect<F, fn(&Response)>>;

impl RequestSpan {
    pub fn around<F: Future<Output = Response>>(self, work: F) -> Spanned<F> {
        work.inspect(end as fn(&Response)).instrument(self.0)
    }
}

/// Sets what the response tells on the current span.
fn end(response: &Response) {
    if !traces::are_on() {
        return;
    }
    let (span, status) = (Span::current(), response.status());
    span.set_attribute("http.response.status_code", i64::from(status.as_u16()));
    if let Some(code) = response.extensions().get::<Code>() {
        span.set_attribute("two_tokens.problem", code.as_str());
    }
    if status.is_server_error() {
        span.set_attribute("error.type", status.as_str().to_owned());
        span.set_status(Status::error(""));
    }
}

fn cut(path: &str) -> &str {
    &path[..path.floor_char_boundary(PATH_MAX)]
}

fn remote(parent: &TraceParent) -> Context {
    let flags = if parent.sampled { TraceFlags::SAMPLED } else { TraceFlags::default() };
    let (trace, span) = (TraceId::from_bytes(parent.trace_id), SpanId::from_bytes(parent.span_id));
    Context::new().with_remote_span_context(SpanContext::new(trace, span, flags, true, TraceState::default()))
}
