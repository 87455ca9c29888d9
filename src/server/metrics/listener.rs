//! The listener of `/metrics`, apart from the public one and under the same kinds of limits.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, extract::State, http::header, response::IntoResponse, routing::get};
use tokio::{net::TcpListener, sync::watch};

use super::Metrics;
use crate::api::edge::client_address::{PlainListener, TrustedProxies};
use crate::auth::service::AuthService;
use crate::server::connections::{self, Limits};
use crate::server::serve::Error;
use crate::store::Database;

/// Connections to `/metrics`: a scraper needs one.
pub const SCRAPERS_MAX: usize = 32;

struct Scraped {
    metrics: Arc<Metrics>,
    auth: Arc<AuthService>,
    database: Database,
}

/// The server of `/metrics`. It ends when this is dropped.
pub struct MetricsServer {
    /// The address that it is bound to.
    pub address: SocketAddr,
    _stop: watch::Sender<bool>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for MetricsServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Serves `/metrics`, and nothing else, on an address of its own.
///
/// # Errors
///
/// A message for the operator when the address is in use or not local.
pub async fn serve(
    addr: SocketAddr,
    metrics: Arc<Metrics>,
    auth: Arc<AuthService>,
    database: Database,
) -> Result<MetricsServer, Error> {
    let listener = TcpListener::bind(addr).await.map_err(|error| {
        format!(
            "cannot serve metrics on {addr}: {error}. Is it running already? TWO_TOKENS_METRICS_ADDR chooses another."
        )
    })?;
    let address = listener.local_addr()?;
    tracing::info!(%address, "metrics are at /metrics");
    let router = Router::new().route("/metrics", get(scrape)).with_state(Arc::new(Scraped { metrics, auth, database }));
    let limits =
        Limits { connections: SCRAPERS_MAX, per_source: SCRAPERS_MAX, drain: Duration::ZERO, ..Limits::default() };
    let (stop, stopping) = watch::channel(false);
    let task =
        tokio::spawn(connections::serve(PlainListener(listener), router, TrustedProxies::default(), limits, stopping));
    Ok(MetricsServer { address, _stop: stop, task })
}

async fn scrape(State(scraped): State<Arc<Scraped>>) -> impl IntoResponse {
    const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    let text = scraped.metrics.text(&scraped.auth, &scraped.database).await.unwrap_or_default();
    ([(header::CONTENT_TYPE, OPEN_METRICS)], text)
}
