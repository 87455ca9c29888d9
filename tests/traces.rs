//! Traces, in a build with the cargo feature `otel`: what a collector gets from the real program, and what it does not.
//!
//! A test binary of its own, because only it needs that build: `make soak` runs it, or
//! `cargo test --no-default-features --features ssr,app,otel --test traces`.

#[allow(dead_code, unused_imports, reason = "shared with the suite, which uses all of it")]
mod support;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::TcpListener,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::{Router, body::Bytes, extract::State, http::StatusCode, routing::post};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value};
use opentelemetry_proto::tonic::trace::v1::{Span, span::SpanKind, status::StatusCode as SpanStatus};
use prost::Message as _;
use support::{Cookies, Installation, PASSWORD, REFRESH_COOKIE, Server, free_port};

/// A collector in this process.
struct Collector {
    endpoint: String,
    deliveries: Arc<Mutex<Vec<Bytes>>>,
}

impl Collector {
    async fn start() -> Self {
        let deliveries: Arc<Mutex<Vec<Bytes>>> = Arc::default();
        let take = async |State(deliveries): State<Arc<Mutex<Vec<Bytes>>>>, body: Bytes| {
            deliveries.lock().unwrap().push(body);
        };
        let router = Router::new().route("/v1/traces", post(take)).with_state(deliveries.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { endpoint, deliveries }
    }

    /// A server that exports here.
    async fn watches(&self, installation: &Installation, more: &[&str]) -> Server {
        installation.serve_at(free_port(), more, &exports_to(&self.endpoint)).await
    }

    /// What it was told, as it came and as spans. Ends the server: the last spans come with its end.
    async fn all(&self, mut server: Server) -> (Vec<u8>, Trace) {
        server.signal();
        assert!(server.ended().await.success());
        let deliveries = self.deliveries.lock().unwrap();
        let spans = deliveries.iter().flat_map(|body| spans(ExportTraceServiceRequest::decode(body.clone()).unwrap()));
        (deliveries.concat(), Trace(spans.collect()))
    }
}

fn exports_to(endpoint: &str) -> String {
    format!("export OTEL_EXPORTER_OTLP_ENDPOINT={endpoint};")
}

fn spans(request: ExportTraceServiceRequest) -> Vec<Span> {
    let resources = request.resource_spans.into_iter().inspect(|one| {
        let resource = attributes(&one.resource.as_ref().unwrap().attributes);
        assert_eq!(resource["service.name"], "two-tokens");
        assert_eq!(resource["service.version"], env!("CARGO_PKG_VERSION"));
    });
    resources.flat_map(|one| one.scope_spans).flat_map(|scope| scope.spans).collect()
}

fn attributes(pairs: &[KeyValue]) -> BTreeMap<&str, String> {
    let text = |pair: &KeyValue| match pair.value.as_ref().unwrap().value.as_ref().unwrap() {
        Value::StringValue(text) => text.clone(),
        Value::IntValue(number) => number.to_string(),
        Value::BoolValue(yes) => yes.to_string(),
        other => panic!("{}: {other:?}", pair.key),
    };
    pairs.iter().map(|pair| (pair.key.as_str(), text(pair))).collect()
}

struct Trace(Vec<Span>);

impl Trace {
    fn named(&self, name: &str) -> Vec<&Span> {
        self.0.iter().filter(|span| span.name == name).collect()
    }

    fn one(&self, name: &str) -> &Span {
        let named = self.named(name);
        assert_eq!(named.len(), 1, "{name} among {:?}", self.names());
        named[0]
    }

    fn names(&self) -> BTreeSet<&str> {
        self.0.iter().map(|span| span.name.as_str()).collect()
    }

    /// The names of the spans below this one, at any depth. They are in its trace and within its time.
    fn below(&self, parent: &Span) -> BTreeSet<&str> {
        let children = self.0.iter().filter(|span| span.parent_span_id == parent.span_id);
        children
            .flat_map(|child| {
                assert_eq!(child.trace_id, parent.trace_id);
                assert!(child.start_time_unix_nano >= parent.start_time_unix_nano, "{} is early", child.name);
                assert!(child.end_time_unix_nano >= child.start_time_unix_nano);
                let mut names = self.below(child);
                names.insert(&child.name);
                names
            })
            .collect()
    }
}

#[tokio::test]
async fn a_sign_in_and_a_refresh_are_traces_without_a_secret() {
    let (collector, installation) = (Collector::start().await, Installation::on_sqlite());
    let server = collector.watches(&installation, &[]).await;
    server.registered("ada@example.com").await;
    let mut ada = server.client();
    ada.login("ada@example.com", PASSWORD).await.expect(StatusCode::OK);
    let first = ada.refresh_token();
    ada.refresh().await.expect(StatusCode::OK);
    ada.me().await.expect(StatusCode::OK);
    let mut forger = server.client();
    forger.cookies = Cookies::of(REFRESH_COOKIE, format!("ttr_{}", "A".repeat(70)));
    forger.get("/login?next=/account&told=ada@example.com").await.expect(StatusCode::OK);
    forger.get("/of/ada@example.com").await.expect(StatusCode::NOT_FOUND);
    let (second, access) = (ada.refresh_token(), ada.access_token.clone().unwrap());
    forger.refresh().await.refused(401, "refresh_token_invalid");
    let (raw, trace) = collector.all(server).await;

    let login = trace.one("POST /api/auth/login");
    let of_login = attributes(&login.attributes);
    for (name, value) in [
        ("http.request.method", "POST"),
        ("http.route", "/api/auth/login"),
        ("url.path", "/api/auth/login"),
        ("url.scheme", "http"),
        ("http.response.status_code", "200"),
    ] {
        assert_eq!(of_login[name], value, "{name}");
    }
    assert_eq!(login.kind, SpanKind::Server as i32);
    assert!(login.parent_span_id.is_empty());
    let below = trace.below(login);
    for name in
        ["Users.user_by_email", "Attempts.count_attempts", "password queue", "password work", "Sessions.open_session"]
    {
        assert!(below.contains(name), "{name} is not below the sign-in: {below:?}");
    }

    let refreshes = trace.named("POST /api/auth/refresh");
    let outcomes: BTreeMap<_, _> = refreshes
        .iter()
        .map(|span| (attributes(&span.attributes)["http.response.status_code"].clone(), *span))
        .collect();
    assert_eq!(outcomes.keys().collect::<Vec<_>>(), ["200", "401"]);
    assert!(trace.below(outcomes["200"]).contains("Sessions.rotate"));
    assert_eq!(trace.below(outcomes["401"]), BTreeSet::new(), "a forged token costs no query");
    assert_eq!(attributes(&outcomes["401"].attributes)["two_tokens.problem"], "refresh_token_invalid");
    let rotation = trace.one("Sessions.rotate");
    assert_eq!(attributes(&rotation.attributes)["db.system.name"], "sqlite");
    assert_eq!(rotation.kind, SpanKind::Client as i32);
    assert!(trace.below(trace.one("GET /api/account/me")).is_empty(), "a protected call makes no query");

    let unknown = attributes(&trace.one("GET").attributes);
    assert!(!unknown.contains_key("url.path") && !unknown.contains_key("http.route"), "{unknown:?}");
    assert!(trace.below(trace.named("maintenance")[0]).contains("Sessions.purge_sessions"));
    assert_eq!(attributes(&trace.named("cluster notice")[0].attributes)["change"], "connected");

    let exported = |text: &str| raw.windows(text.len()).any(|bytes| bytes == text.as_bytes());
    assert!(exported("/api/auth/login"));
    for secret in
        ["ada@", "example.com", PASSWORD, &*first, &*second, &*access, "ttr_", "127.0.0.1", "Mozilla", "told="]
    {
        assert!(!exported(secret), "{secret} was exported");
    }
}

#[tokio::test]
async fn a_parent_counts_from_a_trusted_proxy_alone() {
    const GIVEN: [u8; 16] = [0xab; 16];
    let parent = |flags: &str| format!("00-{}-00f067aa0ba902b7-{flags}", "ab".repeat(16));
    for (trusted, flags, exported, taken) in [
        (&["--trusted-proxies", "127.0.0.1"][..], "01", true, true),
        // The proxy decided that its trace is not sampled.
        (&["--trusted-proxies", "127.0.0.1"], "00", false, false),
        (&[], "01", true, false),
        (&[], "00", true, false),
    ] {
        let (collector, installation) = (Collector::start().await, Installation::on_sqlite());
        let server = collector.watches(&installation, trusted).await;
        let headers = [("traceparent", &*parent(flags))];
        server.client().get_with("/version", &headers).await.expect(StatusCode::OK);
        let (_, trace) = collector.all(server).await;
        let asked = trace.named("GET /version");
        assert_eq!(asked.len(), usize::from(exported), "{trusted:?} {flags}");
        if let [span] = asked[..] {
            assert_eq!(
                (span.trace_id == GIVEN, span.parent_span_id.is_empty()),
                (taken, !taken),
                "{trusted:?} {flags}"
            );
        }
    }
}

#[tokio::test]
async fn an_error_of_the_server_is_one_of_the_trace() {
    let (collector, installation) = (Collector::start().await, Installation::on_sqlite());
    let server = collector.watches(&installation, &[]).await;
    let mut ada = server.registered("ada@example.com").await;
    let database = rusqlite::Connection::open(installation.folder.path().join("a.db"));
    // The table that every refresh reads is away.
    database.unwrap().execute_batch("ALTER TABLE sessions RENAME TO elsewhere").unwrap();
    ada.refresh().await.refused(503, "temporarily_unavailable");
    let (_, trace) = collector.all(server).await;
    let refresh = trace.one("POST /api/auth/refresh");
    assert_eq!(attributes(&refresh.attributes)["error.type"], "503");
    assert_eq!(refresh.status.as_ref().unwrap().code, SpanStatus::Error as i32);
    let rotation = trace.one("Sessions.rotate");
    assert_eq!(attributes(&rotation.attributes)["error.type"], "unavailable");
    assert_eq!(rotation.status.as_ref().unwrap().code, SpanStatus::Error as i32);
}

#[tokio::test]
async fn a_collector_that_does_not_answer_holds_nothing_up() {
    let installation = Installation::on_sqlite();
    let deaf = TcpListener::bind("127.0.0.1:0").unwrap();
    let log = installation.folder.path().join("log");
    let endpoint = format!("http://{}", deaf.local_addr().unwrap());
    let prelude = format!("{} export OTEL_BSP_SCHEDULE_DELAY=1; exec 2>{};", exports_to(&endpoint), log.display());
    let mut server = installation.serve_at(free_port(), &[], &prelude).await;
    let mut ada = server.registered("ada@example.com").await;
    for _ in 0..3 {
        ada.refresh().await.expect(StatusCode::OK);
    }
    server.signal();
    let begin = Instant::now();
    assert!(server.ended().await.success());
    // The exporter itself would wait for ten seconds.
    assert!(begin.elapsed() < Duration::from_secs(6), "{:?}", begin.elapsed());
    let log = std::fs::read_to_string(log).unwrap();
    assert_eq!(log.matches("that no collector took").count(), 1, "{log}");
}

#[tokio::test]
async fn a_collector_that_is_away_is_told_once_and_a_setting_that_cannot_be_read_stops_the_start() {
    let installation = Installation::on_sqlite();
    let log = installation.folder.path().join("log");
    let logged = |settings: &str| format!("export {settings}; exec 2>{};", log.display());
    let away = format!("http://127.0.0.1:{}", free_port());
    let settings = format!("OTEL_EXPORTER_OTLP_ENDPOINT={away} OTEL_BSP_SCHEDULE_DELAY=1 OTEL_LOGS_EXPORTER=otlp");
    let mut server = installation.serve_at(free_port(), &[], &logged(&settings)).await;
    let told = || std::fs::read_to_string(&log).unwrap().matches("takes no traces").count();
    let begin = Instant::now();
    while told() == 0 {
        assert!(begin.elapsed() < Duration::from_secs(30), "{}", std::fs::read_to_string(&log).unwrap());
        server.client().get("/version").await.expect(StatusCode::OK);
    }
    server.signal();
    assert!(server.ended().await.success());
    assert_eq!(told(), 1);
    assert!(std::fs::read_to_string(&log).unwrap().contains("OTEL_LOGS_EXPORTER"));

    let settings = format!("OTEL_EXPORTER_OTLP_ENDPOINT={away} OTEL_TRACES_SAMPLER=xray");
    assert!(!installation.spawn(free_port(), &[], &logged(&settings)).ended().await.success());
    assert!(std::fs::read_to_string(&log).unwrap().contains("OTEL_TRACES_SAMPLER"));
}
