//! What every request shares: the use cases, the pages' options, and where the app believes it is reached.

use std::sync::Arc;

use axum::extract::FromRef;
use leptos::config::LeptosOptions;

use super::client_address::TrustedProxies;
use super::config::{Config, Lab, Throttle};
use super::instances::Hearing;
use crate::auth::{
    access_token::AccessTokens,
    attempts::Attempts,
    error::AuthError,
    flow::Flow,
    keys::KeyRing,
    notes::Notes,
    password::PasswordHasher,
    password_rules::PasswordRules,
    refresh_token::RefreshTokenKey,
    revoked::RevokedSessions,
    rotation::{self, Rule},
    secret::ServerSecret,
    service::AuthService,
};
use crate::clock::{Clock, ShiftedClock};
use crate::mount::Mount;
use crate::store::Store;

/// Verified access tokens remembered, about 1 kB each.
const VERIFIED_TOKENS: usize = 8192;
/// Logins that may wait for a hasher thread; more are told to come back.
const LOGINS_WAITING: usize = 64;

#[derive(Clone)]
pub struct AppState {
    pub auth: Arc<AuthService>,
    pub notes: Arc<Notes>,
    /// Shared: a request clones the state several times, and these are many strings.
    pub leptos: Arc<LeptosOptions>,
    pub public_url: Arc<str>,
    pub mount: Mount,
    /// Whether pages lead to the lab.
    pub lab: bool,
    pub hearing: Hearing,
    pub proxies: TrustedProxies,
    /// With `--test-clock` alone.
    pub test_clock: Option<Arc<ShiftedClock>>,
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(state: &AppState) -> Self {
        LeptosOptions::clone(&state.leptos)
    }
}

/// What differs in a sandbox of the lab.
pub struct Surroundings {
    pub mount: Mount,
    pub flow: Flow,
    pub rule: Rule,
}

impl Default for Surroundings {
    fn default() -> Self {
        Self { mount: Mount::default(), flow: Flow::default(), rule: rotation::decide }
    }
}

impl AppState {
    pub async fn assemble(
        config: &Config,
        secret: &ServerSecret,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        leptos: LeptosOptions,
    ) -> Result<Self, AuthError> {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let passwords = PasswordHasher::start(threads, LOGINS_WAITING)
            .map_err(|_| AuthError::Internal("no thread for password hashing"))?;
        Self::assemble_in(Surroundings::default(), config, secret, store, clock, leptos, passwords).await
    }

    pub async fn assemble_in(
        Surroundings { mount, flow, rule }: Surroundings,
        config: &Config,
        secret: &ServerSecret,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        leptos: LeptosOptions,
        passwords: PasswordHasher,
    ) -> Result<Self, AuthError> {
        let keys = KeyRing::open(&*store, secret.sealing_key(), clock.now()).await?;
        let auth = AuthService {
            store: store.clone(),
            clock: clock.clone(),
            lifetimes: config.lifetimes(),
            password_rules: PasswordRules { min: config.password_min },
            passwords,
            access_tokens: AccessTokens::new(&config.public_url, config.access_ttl, VERIFIED_TOKENS),
            refresh_tokens: RefreshTokenKey::new(secret),
            fingerprints: secret.fingerprint_key(),
            keys,
            revoked: Arc::new(RevokedSessions::default()),
            attempts: Attempts::new(secret, store.clone(), clock.clone(), config.throttle == Throttle::On),
            rule,
            flow,
        };
        auth.reload_revoked().await?;
        Ok(Self {
            auth: Arc::new(auth),
            notes: Arc::new(Notes { store, clock }),
            leptos: Arc::new(leptos),
            public_url: config.public_url.as_str().into(),
            lab: config.lab != Lab::Off && mount.is_root(),
            mount,
            hearing: Hearing::default(),
            proxies: config.trusted_proxies.clone().unwrap_or_default(),
            test_clock: None,
        })
    }
}
