//! Serving with graceful shutdown, and the background tasks (maintenance, cluster link). Listener and shutdown signal are
//! parameters, so tests bind port 0.

use std::{future::Future, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{Request, connect_info::Connected},
    http::StatusCode,
    middleware::from_fn_with_state,
    response::IntoResponse as _,
    serve::{IncomingStream, Listener},
};
use tokio::{net::TcpListener, sync::watch};
use tower::ServiceExt as _;

use super::config::Config;
use super::router::{Pages, router};
use super::{cluster, demo};
use crate::api::edge::app_state::AppState;
use crate::api::edge::client_address::{Connection, PlainListener};
use crate::api::edge::{host_guard, public_url};
use crate::auth::service::AuthService;
use crate::base_path::BasePath;

/// How long a shutdown waits for writes that were accepted from clients that left.
const SETTLE: Duration = Duration::from_secs(30);

/// An error for the operator.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// How often [`AuthService::maintain`] runs.
const MAINTENANCE_INTERVAL: Duration = Duration::from_secs(30);

/// A starting server, for the routes served beside the app.
pub struct Starting {
    pub state: AppState,
    /// The address that the listener is bound to.
    pub address: SocketAddr,
    /// Becomes true at shutdown: a handler with a long-running response must end it.
    pub stopping: watch::Receiver<bool>,
}

/// No routes beside the app.
///
/// # Errors
///
/// Never.
pub async fn no_extra_routes(_: Starting) -> Result<Router, Error> {
    Ok(Router::new())
}

/// Serves until `shutdown` resolves, then completes the requests in progress (graceful shutdown). `extra_routes` builds the
/// routes served beside the app on the same address.
///
/// # Errors
///
/// The public URL is not an origin, the extra routes cannot be built, or the listener fails.
pub async fn serve<L>(
    listener: L,
    state: AppState,
    pages: Pages,
    shutdown: impl Future<Output = ()> + Send + 'static,
    extra_routes: impl AsyncFnOnce(Starting) -> Result<Router, Error>,
) -> Result<(), Error>
where
    L: Listener<Addr = SocketAddr>,
    Connection: for<'a> Connected<IncomingStream<'a, L>>,
{
    let (stop, stopping) = watch::channel(false);
    let starting = Starting { state: state.clone(), address: listener.local_addr()?, stopping };
    let extra_routes = extra_routes(starting).await?;
    let shutdown = async move {
        shutdown.await;
        let _ = stop.send(true);
    };
    let maintenance = tokio::spawn(maintain(state.auth.clone()));
    let cluster = tokio::spawn(cluster::follow(state.auth.clone()));
    let auth = state.auth.clone();
    let on_this_computer = listener.local_addr()?.ip().is_loopback() && public_url::is_loopback(&state.public_url);
    let service = below(&state.base_path.clone(), router(state, pages)?)
        .merge(extra_routes)
        .layer(from_fn_with_state(on_this_computer, host_guard::layer))
        .into_make_service_with_connect_info::<Connection>();
    let served = axum::serve(listener, service).with_graceful_shutdown(shutdown).await;
    maintenance.abort();
    if tokio::time::timeout(SETTLE, auth.settled()).await.is_err() {
        tracing::warn!("what was accepted from clients that left is not written: nothing of it takes effect");
    }
    cluster.abort();
    Ok(served?)
}

/// Serves `app` below `base_path`. A request outside it is told where the app is.
pub fn below(base_path: &BasePath, app: Router) -> Router {
    if base_path.is_root() {
        return app;
    }
    let base_path = base_path.clone();
    // `Router::nest` does not match the base path with a slash at its end.
    Router::new().fallback(async move |mut request: Request| match base_path.strip(request.uri()) {
        Some(uri) => {
            *request.uri_mut() = uri;
            app.oneshot(request).await.into_response()
        }
        None => {
            let elsewhere = format!("Nothing is here: the app is at {}\n", base_path.at("/"));
            (StatusCode::NOT_FOUND, elsewhere).into_response()
        }
    })
}

/// Runs the periodic maintenance until aborted.
async fn maintain(auth: Arc<AuthService>) {
    let mut ticks = tokio::time::interval(MAINTENANCE_INTERVAL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = auth.maintain().await {
            tracing::warn!(%error, "maintenance failed, retrying in 30 s");
        }
    }
}

/// Binds the configured address.
///
/// # Errors
///
/// A message for the operator when the address is in use or not local.
pub async fn bind(config: &Config) -> Result<PlainListener, Error> {
    let listener = TcpListener::bind(config.addr).await.map_err(|error| {
        format!("cannot listen on {}: {error}. Is it running already? TWO_TOKENS_ADDR chooses another.", config.addr)
    })?;
    Ok(PlainListener(listener))
}

/// Serves until SIGINT or SIGTERM, and prints the public URL at start.
///
/// # Errors
///
/// Those of [`serve`], and when the demo user cannot be created.
#[expect(clippy::print_stdout, reason = "the start message for the operator")]
pub async fn run<L>(
    config: &Config,
    listener: L,
    state: AppState,
    pages: Pages,
    extra_routes: impl AsyncFnOnce(Starting) -> Result<Router, Error>,
) -> Result<(), Error>
where
    L: Listener<Addr = SocketAddr>,
    Connection: for<'a> Connected<IncomingStream<'a, L>>,
{
    if config.test_clock {
        tracing::warn!("--test-clock: every client of this address can move the server's clock forward");
    }
    if !config.addr.ip().is_loopback() && public_url::is_loopback(&config.public_url) {
        tracing::warn!(
            addr = %config.addr,
            public_url = config.public_url,
            "others reach this server, but its public URL is one of this computer: they cannot sign in there over plain HTTP. \
             Set TWO_TOKENS_PUBLIC_URL to the https:// address of the proxy in front"
        );
    }
    println!("Two Tokens is at {}{}", config.public_url, config.base_path.as_str());
    if config.demo_user {
        demo::ensure(&state.auth).await?;
        println!("Sign in as {} with the password: {}", demo::EMAIL, demo::PASSWORD);
    }
    serve(listener, state, pages, shutdown_signal(), extra_routes).await
}

/// Resolves at SIGINT or SIGTERM.
async fn shutdown_signal() {
    let interrupt = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    #[cfg(unix)]
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! { () = interrupt => {}, () = terminate => {} }
    tracing::info!("shutting down");
}
