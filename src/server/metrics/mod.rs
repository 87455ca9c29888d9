//! Metrics in the OpenMetrics format, at `/metrics` on an address of their own (`TWO_TOKENS_METRICS_ADDR`). Requests and the steps
//! of the use cases are counted by observers; what is a state (queues, connections, ages) is read when somebody asks.
//!
//! No label holds anything of a user: neither an address nor an id. The label sets are closed, so a visitor cannot make them grow.

use std::sync::atomic::{AtomicU64, Ordering};

use prometheus_client::{
    encoding::{EncodeLabelSet, text},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram, info::Info},
    registry::{Metric, Registry, Unit},
};

use crate::api::edge::request_observer::{Answered, RequestObserver, known_method, route_name};
use crate::auth::binding::{BindingOutcome, Skipped};
use crate::auth::observer::{FlowEvent, Observer};
use crate::auth::service::{AuthService, NotAuthenticated};
use crate::auth::token::{
    access::{Refused, Verified},
    rotation::Decision,
};
use crate::protocol::code::Code;
use crate::protocol::session::RevokeReason;
use crate::store::Database;

mod listener;

pub use listener::{MetricsServer, serve};

/// The upper bounds of the time of requests, in seconds: from a protected call in memory to a client's patience.
const REQUEST_SECONDS: [f64; 13] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];
/// The upper bounds of the time until an end made elsewhere is in force here, in seconds. The promise is one second.
const LAG_SECONDS: [f64; 8] = [0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 60.0];

/// The values of a label: all of them, and that of an event.
macro_rules! outcomes {
    ($all:ident, $name:ident($event:ty): $($pattern:pat => $label:literal,)+) => {
        const $all: &[&str] = &[$($label),+];

        const fn $name(event: $event) -> &'static str {
            match event { $($pattern => $label,)+ }
        }
    };
}

outcomes! { REFRESH_OUTCOMES, refresh_outcome(&Decision):
    Decision::Rotate(_) => "rotated",
    Decision::ReKey(_) => "re_keyed",
    Decision::Replay { .. } => "replayed",
    Decision::Ended(_) => "ended",
    Decision::Ahead => "ahead",
    Decision::Reuse => "reuse",
}

outcomes! { BINDING_OUTCOMES, binding_outcome(BindingOutcome):
    BindingOutcome::Bound => "bound",
    BindingOutcome::Refused => "refused",
    BindingOutcome::Challenged => "challenged",
    BindingOutcome::Renewed => "renewed",
    BindingOutcome::Late => "late",
    BindingOutcome::Malformed => "malformed",
    BindingOutcome::WrongKey => "wrong_key",
    BindingOutcome::Ended => "ended",
}

outcomes! { SKIP_REASONS, skip_reason(Skipped):
    Skipped::Unreachable => "unreachable",
    Skipped::ServerError => "server_error",
    Skipped::QuotaExceeded => "quota_exceeded",
    Skipped::Other => "other",
}

/// The outcome of a refresh that the door in front of the rule refuses.
const UNBOUND: &str = "unbound";

outcomes! { ACCESS_OUTCOMES, access_outcome(&Result<&Verified, NotAuthenticated>):
    Ok(_) => "accepted",
    Err(NotAuthenticated::Refused(Refused::Expired)) => "expired",
    Err(NotAuthenticated::Refused(Refused::Invalid)) => "invalid",
    Err(NotAuthenticated::Revoked(_)) => "revoked",
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reason {
    reason: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Refusal {
    code: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Cause {
    cause: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Connections {
    pool: &'static str,
    state: &'static str,
}

type Seconds = Gauge<f64, AtomicU64>;

/// Everything that is counted.
pub struct Metrics {
    registry: Registry,
    names: Vec<String>,
    requests: Family<Request, Histogram, fn() -> Histogram>,
    refusals: Family<Refusal, Counter>,
    access_checks: Family<Outcome, Counter>,
    refreshes: Family<Outcome, Counter>,
    bindings: Family<Outcome, Counter>,
    binding_skips: Family<Reason, Counter>,
    password_checks: Family<Outcome, Counter>,
    sessions_opened: Counter,
    sessions_ended: Family<Reason, Counter>,
    throttled: Family<Cause, Counter>,
    revocation_lag: Histogram,
    states: States,
}

/// What is read when somebody asks.
#[derive(Default)]
struct States {
    ready: Gauge,
    cluster_link_up: Gauge,
    signing_key_age: Seconds,
    hasher_waiting: Gauge,
    hasher_places: Gauge,
    hashes: Counter,
    hashing: Counter<f64, AtomicU64>,
    connections: Family<Connections, Gauge>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("two_tokens"),
            names: Vec::new(),
            requests: Family::new_with_constructor(|| Histogram::new(REQUEST_SECONDS)),
            refusals: Family::default(),
            access_checks: Family::default(),
            refreshes: Family::default(),
            bindings: Family::default(),
            binding_skips: Family::default(),
            password_checks: Family::default(),
            sessions_opened: Counter::default(),
            sessions_ended: Family::default(),
            throttled: Family::default(),
            revocation_lag: Histogram::new(LAG_SECONDS),
            states: States::default(),
        };
        metrics.begin_at_zero();
        metrics.register_all();
        metrics
    }
}

impl Metrics {
    /// A counter that appears with its first event hides that event from `rate()` and `increase()`.
    fn begin_at_zero(&self) {
        for &outcome in REFRESH_OUTCOMES.iter().chain([&UNBOUND]) {
            drop(self.refreshes.get_or_create(&Outcome { outcome }));
        }
        for &outcome in ACCESS_OUTCOMES {
            drop(self.access_checks.get_or_create(&Outcome { outcome }));
        }
        for &outcome in BINDING_OUTCOMES {
            drop(self.bindings.get_or_create(&Outcome { outcome }));
        }
        for &reason in SKIP_REASONS {
            drop(self.binding_skips.get_or_create(&Reason { reason }));
        }
        for outcome in ["right", "wrong"] {
            drop(self.password_checks.get_or_create(&Outcome { outcome }));
        }
        for reason in RevokeReason::REVOKED {
            drop(self.sessions_ended.get_or_create(&Reason { reason: reason.as_str() }));
        }
        for code in Code::ALL {
            drop(self.refusals.get_or_create(&Refusal { code: code.as_str() }));
        }
    }

    fn register_all(&mut self) {
        let requests = self.requests.clone();
        self.timed("http_request_duration", "Requests by route and status, until the head of the response", requests);
        let refusals = self.refusals.clone();
        self.counted("http_refusals", "Problem documents by error code", refusals);
        let access_checks = self.access_checks.clone();
        self.counted("access_token_checks", "Access tokens that were presented, by outcome", access_checks);
        let refreshes = self.refreshes.clone();
        self.counted("refreshes", "Decisions of the rotation rule; reuse is a stolen token", refreshes);
        let bindings = self.bindings.clone();
        self.counted("device_bindings", "Requests of browsers about device-bound sessions, by outcome", bindings);
        let binding_skips = self.binding_skips.clone();
        let help = "Refreshes before which a browser could not renew its bound cookie, by the reason that it gives";
        self.counted("device_binding_skips", help, binding_skips);
        let password_checks = self.password_checks.clone();
        self.counted("password_checks", "Passwords that were verified", password_checks);
        let sessions_opened = self.sessions_opened.clone();
        self.counted("sessions_opened", "Sessions that a sign-in or a registration opened", sessions_opened);
        let sessions_ended = self.sessions_ended.clone();
        let help = "Sessions that this instance ended, by reason; of one user's at once at most 100 are counted";
        self.counted("sessions_ended", help, sessions_ended);
        let throttled = self.throttled.clone();
        self.counted("throttled", "Attempts that were refused, by the counter that refused them", throttled);
        let lag = self.revocation_lag.clone();
        self.timed("revocation_lag", "From the end of a session elsewhere until it is in force here", lag);
        self.register_states();
        let build = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
        self.registry.register("build", "The build of this program", build);
        self.names.push("two_tokens_build_info".into());
    }

    fn register_states(&mut self) {
        let States { ready, cluster_link_up, hasher_waiting, hasher_places, .. } = &self.states;
        let [ready, link, waiting, places] = [ready, cluster_link_up, hasher_waiting, hasher_places].map(Gauge::clone);
        self.gauge("ready", "Whether this instance answers 200 at /readyz", ready);
        self.gauge("cluster_link_up", "Whether the changes of other instances arrive", link);
        self.gauge("password_hasher_waiting", "Passwords in the queue of the hasher", waiting);
        self.gauge("password_hasher_places", "Places in the queue of the hasher", places);
        let (age, hashes, hashing) =
            (self.states.signing_key_age.clone(), self.states.hashes.clone(), self.states.hashing.clone());
        self.timed_as("signing_key_age", "How long the active signing key has been active", age, "");
        self.counted("password_hashes", "Passwords that the hasher worked on", hashes);
        self.timed_as("password_hashing", "How long the hasher's threads worked, together", hashing, "_total");
        let connections = self.states.connections.clone();
        self.gauge("database_connections", "Open connections to the database", connections);
    }

    fn counted(&mut self, name: &str, help: &str, metric: impl Metric) {
        self.registry.register(name, help, metric);
        self.names.push(format!("two_tokens_{name}_total"));
    }

    fn gauge(&mut self, name: &str, help: &str, metric: impl Metric) {
        self.registry.register(name, help, metric);
        self.names.push(format!("two_tokens_{name}"));
    }

    fn timed(&mut self, name: &str, help: &str, metric: impl Metric) {
        self.registry.register_with_unit(name, help, Unit::Seconds, metric);
        for suffix in ["_bucket", "_sum", "_count"] {
            self.names.push(format!("two_tokens_{name}_seconds{suffix}"));
        }
    }

    fn timed_as(&mut self, name: &str, help: &str, metric: impl Metric, suffix: &str) {
        self.registry.register_with_unit(name, help, Unit::Seconds, metric);
        self.names.push(format!("two_tokens_{name}_seconds{suffix}"));
    }

    /// The names of all time series, for what is built on them: alert rules, dashboards.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The text of a scrape.
    async fn text(&self, auth: &AuthService, database: &Database) -> Result<String, std::fmt::Error> {
        self.read(auth, database).await;
        let mut text = String::new();
        text::encode(&mut text, &self.registry)?;
        Ok(text)
    }

    async fn read(&self, auth: &AuthService, database: &Database) {
        let states = &self.states;
        states.ready.set(auth.ready().await.is_ok().into());
        states.cluster_link_up.set(auth.is_linked().into());
        states.signing_key_age.set(auth.signing_key_age().as_secs_f64());
        let hasher = auth.hasher_load();
        states.hasher_waiting.set(count(hasher.waiting));
        states.hasher_places.set(count(hasher.capacity));
        // Counted by the pool, shown here.
        states.hashes.inner().store(hasher.done, Ordering::Relaxed);
        states.hashing.inner().store(hasher.busy.as_secs_f64().to_bits(), Ordering::Relaxed);
        for pool in database.pools() {
            for (state, number) in [("idle", pool.idle), ("used", pool.open.saturating_sub(pool.idle))] {
                states.connections.get_or_create(&Connections { pool: pool.name, state }).set(count(number));
            }
        }
    }
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

impl Observer for Metrics {
    fn observe(&self, event: &FlowEvent<'_>) {
        let count = |family: &Family<Outcome, Counter>, outcome| {
            family.get_or_create(&Outcome { outcome }).inc();
        };
        match event {
            FlowEvent::PasswordChecked { right } => {
                count(&self.password_checks, if *right { "right" } else { "wrong" });
            }
            FlowEvent::SessionOpened { .. } => {
                self.sessions_opened.inc();
            }
            FlowEvent::Decided { decision, .. } => count(&self.refreshes, refresh_outcome(decision)),
            FlowEvent::Unbound { .. } => count(&self.refreshes, UNBOUND),
            FlowEvent::Binding { outcome } => count(&self.bindings, binding_outcome(*outcome)),
            FlowEvent::BindingSkipped { why } => {
                self.binding_skips.get_or_create(&Reason { reason: skip_reason(*why) }).inc();
            }
            FlowEvent::AccessChecked { outcome } => count(&self.access_checks, access_outcome(outcome)),
            FlowEvent::SessionEnded { reason, .. } => {
                self.sessions_ended.get_or_create(&Reason { reason: reason.as_str() }).inc();
            }
            FlowEvent::Throttled { by } => {
                self.throttled.get_or_create(&Cause { cause: by }).inc();
            }
            FlowEvent::EndHeard { lag } => self.revocation_lag.observe(lag.as_secs_f64()),
            FlowEvent::Rotated { .. } | FlowEvent::Issued { .. } | FlowEvent::KeysChanged => {}
        }
    }
}

impl RequestObserver for Metrics {
    fn answered(&self, answered: &Answered<'_>) {
        if let Some(code) = answered.response.extensions().get::<Code>() {
            self.refusals.get_or_create(&Refusal { code: code.as_str() }).inc();
        }
        let request = Request {
            method: known_method(answered.method).unwrap_or("other"),
            route: answered.route.map_or("none", route_name).to_owned(),
            status: answered.response.status().as_u16(),
        };
        self.requests.get_or_create(&request).observe(answered.took.as_secs_f64());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_in_the_text() {
        let metrics = Metrics::default();
        metrics.requests.get_or_create(&Request { method: "GET", route: "/".into(), status: 200 }).observe(0.1);
        drop(metrics.throttled.get_or_create(&Cause { cause: "work" }));
        drop(metrics.states.connections.get_or_create(&Connections { pool: "readers", state: "idle" }));
        let mut text = String::new();
        text::encode(&mut text, &metrics.registry).unwrap();
        let series: std::collections::BTreeSet<_> = text
            .lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| line.split(['{', ' ']).next())
            .collect();
        let names: std::collections::BTreeSet<_> = metrics.names().iter().map(String::as_str).collect();
        assert_eq!(series, names);
    }
}
