//! The composition root: builds the application state from the configuration.

use std::sync::Arc;

use leptos::config::LeptosOptions;

use super::config::{Config, Dbsc, Hsts, Throttle};
use super::metrics::Metrics;
use super::serve::Error;
use crate::api::edge::app_state::AppState;
use crate::api::edge::{headers, public_url};
use crate::auth::error::AuthError;
use crate::auth::model::secret::ServerSecret;
use crate::auth::observer::Observers;
use crate::auth::password::hasher::PasswordHasher;
use crate::auth::service::{AuthOptions, AuthService};
use crate::auth::store::Store;
use crate::auth::token::key_ring::replace_stored;
use crate::auth::token::policy::RotationPolicy;
use crate::base_path::BasePath;
use crate::clock::{Clock, ShiftedClock, SystemClock};
use crate::store::{self, Access, Database};

/// The queue of the hasher threads; further log-ins get 503 with `Retry-After` (load shedding).
const HASHER_QUEUE: usize = 64;

/// The options that differ between apps in one process.
#[derive(Default)]
pub struct AppOptions {
    /// The base path, if this app is embedded in another one of this process; otherwise that of the configuration counts.
    pub embedded_at: Option<BasePath>,
    pub observers: Observers,
    pub policy: RotationPolicy,
    /// A hasher to share with another app; `None` starts one.
    pub passwords: Option<PasswordHasher>,
}

/// The application state, with the database and the clock for resources of your own.
pub struct Assembled {
    pub state: AppState,
    /// What is counted, where an address for it is configured.
    pub metrics: Option<Arc<Metrics>>,
    pub database: Database,
    pub clock: Arc<dyn Clock>,
}

/// Opens the database and builds the state, for a server.
///
/// # Errors
///
/// A message for the operator: the secret, the database or the site's options cannot be read.
pub async fn assemble(config: &Config) -> Result<Assembled, Error> {
    let secret = config.secret()?;
    let database = store::open_for(config.database(), Access::Server).await?;
    assembled(config, &secret, database).await
}

/// What a command does with the signing keys in the database, before anything reads them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoredKeys {
    Keep,
    /// Replaces every key, also where the old ones cannot be read.
    Replace,
}

/// Builds the state for a command: the database and the secret must exist.
///
/// # Errors
///
/// As [`assemble`], and when there is no database or secret of a server.
pub async fn assemble_command(config: &Config, keys: StoredKeys) -> Result<Assembled, Error> {
    // The database first: its message says where the command looks.
    let database = store::open_for(config.database(), Access::Command).await?;
    let secret = config.existing_secret()?;
    if keys == StoredKeys::Replace {
        replace_stored(&*database.store(), &secret.sealing_key(), SystemClock.now()).await?;
    }
    assembled(config, &secret, database).await
}

async fn assembled(config: &Config, secret: &ServerSecret, database: Database) -> Result<Assembled, Error> {
    let test_clock = config.test_clock.then(Arc::<ShiftedClock>::default);
    let clock: Arc<dyn Clock> = match &test_clock {
        Some(clock) => clock.clone(),
        None => Arc::new(SystemClock),
    };
    let leptos = leptos_options(config)?;
    let metrics = config.metrics_addr.map(|_| Arc::<Metrics>::default());
    let observers = metrics.clone().map_or_else(Observers::default, |metrics| Observers::new(metrics));
    let options = AppOptions { observers, ..AppOptions::default() };
    let mut state = state(config, secret, database.store(), clock.clone(), leptos, options).await?;
    state.test_clock = test_clock;
    state.request_observer = metrics.clone().map(|metrics| metrics as _);
    Ok(Assembled { state, metrics, database, clock })
}

/// Builds the state on an open store.
///
/// # Errors
///
/// Those of [`AuthService::open`], and [`AuthError::Internal`] when a hasher thread cannot be started.
pub async fn state(
    config: &Config,
    secret: &ServerSecret,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    leptos: LeptosOptions,
    options: AppOptions,
) -> Result<AppState, AuthError> {
    let AppOptions { embedded_at, observers, policy, passwords } = options;
    let embedded = embedded_at.is_some();
    let base_path =
        embedded_at.unwrap_or_else(|| config.base_path.clone().on_port(public_url::own_port(&config.public_url)));
    let passwords = match passwords {
        Some(passwords) => passwords,
        None => start_hasher()?,
    };
    let options = AuthOptions {
        issuer: [&config.public_url, base_path.as_str()].concat(),
        lifetimes: config.lifetimes(),
        password_min: config.password_min,
        throttle: config.throttle == Throttle::On,
        passwords,
        observers,
        policy,
        device_binding: config.dbsc == Dbsc::On,
    };
    let auth = AuthService::open(secret, store, clock, options).await?;
    let mut state = AppState::new(auth, leptos, &config.public_url, base_path);
    state.embedded = embedded;
    state.hsts = state.hsts.take().and_then(|host| match config.hsts {
        Hsts::Off => None,
        Hsts::Host => Some(host),
        Hsts::Subdomains => Some(headers::HSTS_SUBDOMAINS),
        Hsts::Preload => Some(headers::HSTS_PRELOAD),
    });
    state.proxies = config.trusted_proxies.clone().unwrap_or_default();
    Ok(state)
}

fn start_hasher() -> Result<PasswordHasher, AuthError> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    PasswordHasher::start(threads, HASHER_QUEUE).map_err(|_| AuthError::Internal("no thread for password hashing"))
}

/// The options of Leptos: from the environment when cargo-leptos started this process, else from the build.
///
/// # Errors
///
/// The environment has invalid values, or the path of this executable is unknown.
pub fn leptos_options(config: &Config) -> Result<LeptosOptions, Error> {
    let mut options = leptos::config::get_configuration(None)?.leptos_options;
    if options.output_name.is_empty() {
        options.output_name = env!("CARGO_PKG_NAME").into();
    }
    options.site_addr = config.addr;
    let hash_file = std::env::current_exe()?.with_file_name(&*options.hash_file);
    options.hash_files = options.hash_files || hash_file.exists();
    Ok(options)
}
