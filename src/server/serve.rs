//! From settings to a listening server, and to its quiet end. The listener and the end are given, so tests bind port 0.

use std::{future::Future, net::SocketAddr, sync::Arc};

use axum::Router;
use leptos::config::LeptosOptions;
use tokio::{net::TcpListener, sync::watch};

use super::app_state::AppState;
use super::config::Config;
use super::connection::{Connection, Lines};
use super::{demo, housekeeping, instances, router::router};
use crate::clock::{Clock, ShiftedClock, SystemClock};
use crate::store::{self, Store};

pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// The pages' options: from cargo-leptos's environment where it started us, else from what was built.
pub fn leptos_options(config: &Config) -> Result<LeptosOptions, Error> {
    let mut options = leptos::config::get_configuration(None)?.leptos_options;
    if options.output_name.is_empty() {
        options.output_name = env!("CARGO_PKG_NAME").into();
    }
    options.site_addr = config.addr;
    let beside = std::env::current_exe()?.with_file_name(&*options.hash_file);
    options.hash_files = options.hash_files || beside.exists();
    Ok(options)
}

pub async fn assemble(config: &Config) -> Result<AppState, Error> {
    let secret = config.secret()?;
    let store: Arc<dyn Store> = store::open(&config.database_url).await?;
    let test_clock = config.test_clock.then(Arc::<ShiftedClock>::default);
    let clock: Arc<dyn Clock> = match &test_clock {
        Some(clock) => clock.clone(),
        None => Arc::new(SystemClock),
    };
    let state = AppState::assemble(config, &secret, store, clock, leptos_options(config)?).await?;
    Ok(AppState { test_clock, ..state })
}

/// What more is served on the same address, and what it may want to know.
pub struct Beside {
    pub state: AppState,
    pub address: SocketAddr,
    /// Turns true when the server is told to stop: whoever holds a request open has to let it go.
    pub stopping: watch::Receiver<bool>,
}

/// Serves until `ended` resolves, then lets requests under way finish.
pub async fn serve(
    listener: TcpListener,
    state: AppState,
    ended: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Error> {
    serve_with(listener, state, ended, async |_| Ok(Router::new())).await
}

/// The same with more routes beside the app's own.
pub async fn serve_with(
    listener: TcpListener,
    state: AppState,
    ended: impl Future<Output = ()> + Send + 'static,
    beside: impl AsyncFnOnce(Beside) -> Result<Router, Error>,
) -> Result<(), Error> {
    let (stop, stopping) = watch::channel(false);
    let more = beside(Beside { state: state.clone(), address: listener.local_addr()?, stopping }).await?;
    let ended = async move {
        ended.await;
        let _ = stop.send(true);
    };
    let housekeeping = tokio::spawn(housekeeping::run(state.auth.clone()));
    let instances = tokio::spawn(instances::listen(state.auth.clone(), state.hearing.clone()));
    let service = router(state)?.merge(more).into_make_service_with_connect_info::<Connection>();
    axum::serve(Lines(listener), service).with_graceful_shutdown(ended).await?;
    housekeeping.abort();
    instances.abort();
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the one thing said to the person who started it")]
pub async fn run(
    config: Config,
    beside: impl AsyncFnOnce(&Config, Beside) -> Result<Router, Error>,
) -> Result<(), Error> {
    let state = assemble(&config).await?;
    if config.test_clock {
        tracing::warn!("--test-clock: whoever reaches this address can put the server's clock forward");
    }
    let listener = TcpListener::bind(config.addr).await.map_err(|error| {
        format!("cannot listen on {}: {error}. Is it running already? TWO_TOKENS_ADDR chooses another.", config.addr)
    })?;
    println!("Two Tokens is at {}", config.public_url);
    if config.demo_user {
        demo::ensure(&state.auth).await?;
        println!("Sign in as {} with the password: {}", demo::EMAIL, demo::PASSWORD);
    }
    serve_with(listener, state, told_to_stop(), async |place| beside(&config, place).await).await
}

async fn told_to_stop() {
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
    tracing::info!("stopping");
}
