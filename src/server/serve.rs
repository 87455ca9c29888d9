//! Serving with graceful shutdown, and the background tasks (maintenance, cluster link). Listener and shutdown signal are
//! parameters, so tests bind port 0.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, atomic::Ordering},
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Router,
    extract::Request,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use futures::future::{self, Ready, ready};
use tokio::{net::TcpListener, sync::watch};
use tower::{Service, util::Either};
use tracing::Instrument as _;

use super::config::Config;
use super::connections::{self, Limits};
use super::router::{Pages, app};
use super::tls::Listener;
use super::{cluster, demo};
use crate::api::edge::app_state::AppState;
use crate::api::edge::client_address::{Accept, PlainListener};
use crate::api::edge::{host_guard::HostGuard, public_url};
use crate::auth::service::AuthService;
use crate::auth::traces;
use crate::base_path::BasePath;

/// How long a shutdown waits for writes that were accepted from clients that left.
const SETTLE: Duration = Duration::from_secs(15);

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
pub async fn serve(
    listener: impl Accept,
    state: AppState,
    pages: Pages,
    shutdown: impl Future<Output = ()> + Send + 'static,
    extra_routes: impl AsyncFnOnce(Starting) -> Result<Router, Error>,
) -> Result<(), Error> {
    serve_within(Limits::default(), listener, state, pages, shutdown, extra_routes).await
}

/// The same as [`serve`], with other limits of connections.
///
/// # Errors
///
/// Those of [`serve`].
pub async fn serve_within(
    limits: Limits,
    listener: impl Accept,
    state: AppState,
    pages: Pages,
    shutdown: impl Future<Output = ()> + Send + 'static,
    extra_routes: impl AsyncFnOnce(Starting) -> Result<Router, Error>,
) -> Result<(), Error> {
    let (stop, stopping) = watch::channel(false);
    let starting = Starting { state: state.clone(), address: listener.local_addr()?, stopping: stopping.clone() };
    let extra_routes = extra_routes(starting).await?;
    let maintenance = tokio::spawn(maintain(state.auth.clone()));
    let cluster = tokio::spawn(cluster::follow(state.auth.clone()));
    let (auth, proxies) = (state.auth.clone(), state.proxies.clone());
    let (readiness, notice) = (state.stopping.clone(), limits.drain_notice);
    let (on_loopback, origin) = (listener.local_addr()?.ip().is_loopback(), state.public_url.clone());
    let base_path = state.base_path.clone();
    let app = below(base_path, app(state, pages)?);
    let service =
        if extra_routes.has_routes() { Either::Right(extra_routes.fallback_service(app)) } else { Either::Left(app) };
    let service = HostGuard::new(service, on_loopback, &origin);
    tokio::spawn(async move {
        shutdown.await;
        // Not ready first: a load balancer sends its next requests elsewhere while this instance still answers.
        readiness.store(true, Ordering::Relaxed);
        notify(sd_notify::NotifyState::Stopping);
        tokio::time::sleep(notice).await;
        let _ = stop.send(true);
    });
    connections::serve(listener, service, proxies, limits, stopping).await;
    maintenance.abort();
    if tokio::time::timeout(SETTLE, auth.settled()).await.is_err() {
        tracing::warn!("what was accepted from clients that left is not written: nothing of it takes effect");
    }
    cluster.abort();
    Ok(())
}

/// Serves `app` below `base_path`. A request outside it is told where the app is.
pub fn below<S>(base_path: BasePath, app: S) -> Below<S> {
    Below { base_path, app }
}

/// A service below a base path. `Router::nest` does not match the base path with a slash at its end.
#[derive(Clone)]
pub struct Below<S> {
    base_path: BasePath,
    app: S,
}

impl<S: Service<Request, Response = Response, Error = Infallible>> Service<Request> for Below<S> {
    type Response = Response;
    type Error = Infallible;
    type Future = future::Either<S::Future, Ready<Result<Response, Infallible>>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.app.poll_ready(context)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        if !self.base_path.is_root() {
            let Some(uri) = self.base_path.strip(request.uri()) else {
                let elsewhere = format!("Nothing is here: the app is at {}\n", self.base_path.at("/"));
                return future::Either::Right(ready(Ok((StatusCode::NOT_FOUND, elsewhere).into_response())));
            };
            *request.uri_mut() = uri;
        }
        future::Either::Left(self.app.call(request))
    }
}

/// Runs the periodic maintenance until aborted.
async fn maintain(auth: Arc<AuthService>) {
    let mut ticks = tokio::time::interval(MAINTENANCE_INTERVAL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let span = tracing::trace_span!(target: traces::TARGET, "maintenance");
        if let Err(error) = auth.maintain().instrument(span).await {
            tracing::warn!(%error, "maintenance failed, retrying in 30 s");
        }
    }
}

/// The listener: the one that a service manager passes to this process (systemd socket activation), or else the configured
/// address. While the manager keeps the socket, connections wait in it and a restart loses none.
///
/// # Errors
///
/// A message for the operator when the address is in use or not local, or what was passed is no listening TCP socket.
pub async fn bind(config: &Config) -> Result<Listener, Error> {
    let listener = match passed_listener()? {
        Some(passed) => {
            tracing::info!(addr = %passed.local_addr()?, "listening on the socket of the service manager");
            passed
        }
        None => TcpListener::bind(config.addr).await.map_err(|error| {
            format!(
                "cannot listen on {}: {error}. Is it running already? TWO_TOKENS_ADDR chooses another.",
                config.addr
            )
        })?,
    };
    Ok(Listener::new(PlainListener(listener), config)?)
}

fn passed_listener() -> Result<Option<TcpListener>, Error> {
    let mut passed = listenfd::ListenFd::from_env();
    let refused = |problem: &str| format!("the service manager passes {problem}: one listening TCP socket is taken");
    if passed.len() > 1 {
        return Err(refused("several sockets").into());
    }
    let listener =
        passed.take_tcp_listener(0).map_err(|error| refused(&format!("another kind of socket ({error})")))?;
    let Some(listener) = listener else { return Ok(None) };
    listener.set_nonblocking(true)?;
    Ok(Some(TcpListener::from_std(listener)?))
}

/// Tells the service manager, if there is one, how far this process is.
fn notify(state: sd_notify::NotifyState<'_>) {
    // Nobody else could do something about it.
    let _ = sd_notify::notify(&[state]);
}

/// Serves until SIGINT or SIGTERM, and prints the public URL at start. A second signal ends it at once.
///
/// # Errors
///
/// Those of [`serve`], and when the demo user cannot be created.
#[expect(clippy::print_stdout, reason = "the start message for the operator")]
pub async fn run(
    config: &Config,
    listener: impl Accept,
    state: AppState,
    pages: Pages,
    extra_routes: impl AsyncFnOnce(Starting) -> Result<Router, Error>,
) -> Result<(), Error> {
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
    notify(sd_notify::NotifyState::Ready);
    let (first, second) = shutdown_signals();
    let limits = Limits { drain_notice: config.shutdown_notice, ..Limits::within_open_files() };
    tokio::select! {
        served = serve_within(limits, listener, state, pages, first, extra_routes) => served,
        () = second => {
            tracing::warn!("a second signal: ending at once, requests in progress are given up");
            Ok(())
        }
    }
}

/// Two futures, which resolve at the first and at the second SIGINT or SIGTERM.
fn shutdown_signals() -> (impl Future<Output = ()> + Send + 'static, impl Future<Output = ()>) {
    let (count, counted) = watch::channel(0);
    tokio::spawn(count_signals(count));
    let at_least = |signals: u32| {
        let mut counted = counted.clone();
        async move { drop(counted.wait_for(|count| *count >= signals).await) }
    };
    (at_least(1), at_least(2))
}

#[cfg(unix)]
async fn count_signals(count: watch::Sender<u32>) {
    use tokio::signal::unix::{SignalKind, signal};
    // Both listen all the time, so that no signal falls between two of them.
    let signals = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
    let (Ok(mut interrupt), Ok(mut terminate)) = signals else { return count.closed().await };
    loop {
        tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
        tracing::info!("shutting down");
        count.send_modify(|count| *count += 1);
    }
}

#[cfg(not(unix))]
async fn count_signals(count: watch::Sender<u32>) {
    while tokio::signal::ctrl_c().await.is_ok() {
        tracing::info!("shutting down");
        count.send_modify(|count| *count += 1);
    }
}
