//! A sandbox: a second, isolated instance of this app for one visitor, with the fault injection and the event log around it.

pub mod app;
pub mod faults;
pub mod folder;
pub mod page_link;
mod rate_limit;
pub mod settings;
pub mod state;
pub mod weakened;

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use tokio::sync::OwnedSemaphorePermit;

use super::event_log::EventLog;
use super::event_log::redaction::Redactor;
use super::event_log::row_changes::RowChanges;
use super::event_log::token_fingerprints::TokenFingerprints;
use crate::auth::model::user::UserId;
use crate::auth::random;
use crate::auth::throttle::rules::Source;
use crate::base_path::BasePath;
use crate::clock::{ShiftedClock, Timestamp};
use crate::lab::model::event::{Defence, LogEventKind, RefreshFault, SandboxCredentials, SandboxEnd, SandboxSettings};
use crate::server::serve::Error;
use app::{RunningApp, SandboxApp, SandboxBase};
use faults::StepGate;
use page_link::PageLink;
use rate_limit::RateLimit;
use state::{EMAIL, SandboxAccount, SandboxState};

pub struct Sandbox {
    /// 128 random bits: knowing it is the permission to use the sandbox.
    pub id: String,
    pub mount: BasePath,
    /// The network source that opened it, for the limit per source.
    pub source: Option<Source>,
    /// A secret of the lab's own actors: a request that carries it may name its actor.
    pub actor_key: String,
    pub clock: Arc<ShiftedClock>,
    pub log: Arc<EventLog>,
    pub fingerprints: TokenFingerprints,
    pub rows: tokio::sync::Mutex<RowChanges>,
    pub steps: StepGate,
    pub page: PageLink,
    /// Held by a scenario: one runs at a time.
    pub scenario: tokio::sync::Mutex<()>,
    pub app: SandboxApp,
    user: UserId,
    state: Mutex<SandboxState>,
    exchanges: AtomicU64,
    last_used: AtomicI64,
    rate_limit: RateLimit,
    /// Given back when the last holder of the sandbox lets it go, not when it is wiped.
    _place: OwnedSemaphorePermit,
}

/// Bytes of a sandbox's id before its encoding.
const ID_BYTES: usize = 16;

/// The base path of the sandbox of this id; `None` if it is none that a sandbox has.
pub fn mount(id: &str) -> Option<BasePath> {
    let is_id = URL_SAFE_NO_PAD.decode(id).is_ok_and(|bytes| bytes.len() == ID_BYTES);
    is_id.then(|| mount_of(id))
}

fn mount_of(id: &str) -> BasePath {
    BasePath::new(&["/lab/", id].concat())
}

impl Sandbox {
    /// # Errors
    /// If the database cannot be created, or the app cannot be assembled.
    pub async fn open(
        base: SandboxBase,
        source: Option<Source>,
        place: OwnedSemaphorePermit,
    ) -> Result<Arc<Self>, Error> {
        let id = URL_SAFE_NO_PAD.encode(random::bytes::<ID_BYTES>());
        let mount = mount_of(&id);
        let clock = Arc::<ShiftedClock>::default();
        let log = Arc::new(EventLog::new(clock.clone(), base.log_bytes));
        let settings = settings::defaults();
        let app = SandboxApp::start(base, mount.clone(), clock.clone(), log.clone(), &settings).await?;
        let (password, next_password) = (app.running().passphrase(), app.running().passphrase());
        let user = app.add_user(EMAIL, &password).await?;
        log.add(None, LogEventKind::Opened { email: EMAIL.into(), mount: mount.as_str().into() });
        log.add(None, LogEventKind::Settings { settings: settings.clone() });
        let account = SandboxAccount::new(password, next_password);
        let sandbox = Arc::new(Self {
            id,
            mount,
            source,
            actor_key: URL_SAFE_NO_PAD.encode(random::bytes::<16>()),
            clock,
            log,
            fingerprints: TokenFingerprints::default(),
            rows: Default::default(),
            steps: StepGate::default(),
            page: PageLink::default(),
            scenario: Default::default(),
            app,
            user,
            state: Mutex::new(SandboxState::new(settings, account)),
            exchanges: AtomicU64::new(0),
            last_used: AtomicI64::new(0),
            rate_limit: RateLimit::default(),
            _place: place,
        });
        sandbox.record_row_changes(None).await;
        Ok(sandbox)
    }

    pub fn running(&self) -> Arc<RunningApp> {
        self.app.running()
    }

    pub fn state(&self) -> MutexGuard<'_, SandboxState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn settings(&self) -> SandboxSettings {
        self.state().settings.clone()
    }

    pub fn is_weak(&self, defence: Defence) -> bool {
        self.state().settings.weak.contains(&defence)
    }

    pub fn redactor<'a>(&'a self, running: &'a RunningApp) -> Redactor<'a> {
        Redactor { fingerprints: &self.fingerprints, state: &running.state }
    }

    pub fn next_exchange(&self) -> u64 {
        self.exchanges.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// What a tab signs in with; `None` once the account has an address or a password that was typed.
    pub fn credentials(&self) -> Option<SandboxCredentials> {
        self.state().account.credentials()
    }

    /// The account has this password from now on.
    pub fn password_changed(&self, to: &str) {
        let next = self.running().passphrase();
        self.state().account.password_changed(to, next);
    }

    pub fn email_changed(&self, to: &str) {
        self.state().account.email_changed(to);
    }

    /// Changes settings and records the result.
    pub fn set(&self, change: impl FnOnce(&mut SandboxSettings)) {
        let settings = {
            let mut state = self.state();
            change(&mut state.settings);
            state.settings.clone()
        };
        self.log.add(None, LogEventKind::Settings { settings });
    }

    /// Drops the app's memory and reads keys and ended sessions from the store again, with the current settings.
    ///
    /// # Errors
    /// If the app cannot be assembled; the old one then stays in place.
    pub async fn restart(&self) -> Result<(), Error> {
        let settings = self.settings();
        self.app.restart(&settings).await
    }

    /// The fault that the current refresh meets, if any. Records the settings when that uses up the fault that was set.
    pub fn take_fault(&self) -> Option<RefreshFault> {
        let (fault, used_up) = self.state().take_fault();
        if used_up {
            self.set(|_| {});
        }
        fault
    }

    /// Moves the clock forward and records it.
    pub fn jump(&self, by: Duration) {
        self.clock.advance(by);
        self.log.add(None, LogEventKind::ClockJumped { seconds: by.as_secs() });
    }

    /// Reads the database and records how it differs from the last read.
    pub async fn record_row_changes(&self, exchange: Option<u64>) {
        let mut rows = self.rows.lock().await;
        match rows.read(&*self.app.store(), self.app.refresh_token_key(), &self.fingerprints, self.user).await {
            Ok(changes) => changes.into_iter().for_each(|kind| self.log.add(exchange, kind)),
            Err(error) => tracing::warn!(%error, "the lab could not read a sandbox's rows"),
        }
    }

    /// Whether the visitor may act now; `false` means too many actions.
    pub fn may_act(&self) -> bool {
        self.rate_limit.allow()
    }

    pub fn touch(&self, now: Timestamp) {
        self.last_used.store(now.millis(), Ordering::SeqCst);
    }

    pub fn last_used(&self) -> Timestamp {
        Timestamp(self.last_used.load(Ordering::SeqCst))
    }

    /// Releases waiting requests and closes every stream.
    pub fn wipe(&self, why: SandboxEnd) {
        self.steps.set_on(false);
        self.page.close(why);
    }
}
