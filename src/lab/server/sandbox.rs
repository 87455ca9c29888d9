//! A sandbox: this app once more, with a store, a secret, keys, a clock and a mount of its own. Nothing of the real app is
//! reachable from here, because nothing of it is handed in but how pages are built and who hashes passwords.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use axum::Router;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use leptos::config::LeptosOptions;
use tokio::sync::{broadcast, watch};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::chips::Chips;
use super::faults::{self, Barrier, Steps};
use super::jar::Jar;
use super::log::Log;
use super::pace::Pace;
use super::redacted::Redactor;
use super::rows::Rows;
use super::under_way::Ear;
use super::weak;
use crate::auth::{
    flow::Flow,
    password::PasswordHasher,
    random,
    secret::ServerSecret,
    throttle::Source,
    user::{UserId, UserRecord},
};
use crate::clock::{Clock as _, ShiftedClock, Timestamp};
use crate::lab::event::{Ask, Credentials, Defence, Network, RefreshFault, Settings, What};
use crate::mount::Mount;
use crate::server::{
    app_state::{AppState, Surroundings},
    config::{Config, Throttle},
    router::router,
    serve::Error,
};
use crate::store::{CreateUser, Store, sqlite::SqliteStore};

const EMAIL: &str = "alex@lab.example";
const ACCESS_TTL: u64 = 15 * 60;
/// Long enough to be seen, short enough to be seen ending.
pub const SHORT_ACCESS_TTL: u64 = 20;
const GRACE: u64 = 10;
const DAY: u64 = 24 * 3600;
/// Asks that a page may be behind with.
const ASKS: usize = 64;

/// What sandboxes share.
#[derive(Clone)]
pub struct Base {
    pub config: Config,
    pub leptos: LeptosOptions,
    pub passwords: PasswordHasher,
}

/// The app as it runs now; a restart makes another over the same store.
pub struct Running {
    pub state: AppState,
    pub router: Router,
}

pub struct Sandbox {
    pub id: String,
    pub mount: Mount,
    pub log: Arc<Log>,
    pub chips: Chips,
    pub clock: Arc<ShiftedClock>,
    /// Who opened it, where that is counted.
    pub source: Option<Source>,
    pub user: UserId,
    /// Known to actors of ours alone: who sends it may say who they are.
    pub actor_key: String,
    pub rows: tokio::sync::Mutex<Rows>,
    pub steps: Steps,
    pub asks: broadcast::Sender<Ask>,
    /// One script at a time.
    pub script: tokio::sync::Mutex<()>,
    gone: watch::Sender<bool>,
    /// The stream that carries the asks is the newest.
    streams: AtomicU64,
    exchanges: AtomicU64,
    last_used: AtomicI64,
    pace: Pace,
    running: RwLock<Arc<Running>>,
    inside: Mutex<Inside>,
    secret: ServerSecret,
    store: Arc<dyn Store>,
    base: Base,
    /// Removed with the sandbox.
    _folder: tempfile::TempDir,
}

/// What changes while it is used.
pub struct Inside {
    pub settings: Settings,
    /// What lies in the visitor's browser.
    pub browser: Jar,
    pub thief: Jar,
    pub other_device: Jar,
    pub barrier: Option<Arc<Barrier>>,
    /// When a refresh's answer was dropped last.
    dropped: Option<Instant>,
    email: String,
    password: Zeroizing<String>,
    next_password: Zeroizing<String>,
}

impl Sandbox {
    pub async fn open(base: Base, source: Option<Source>) -> Result<Arc<Self>, Error> {
        let folder = tempfile::Builder::new().prefix("two-tokens-lab-").tempdir()?;
        let url = format!("sqlite://{}", folder.path().join("sandbox.db").display());
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&url).await?);
        let id = URL_SAFE_NO_PAD.encode(random::bytes::<16>());
        let (mount, secret) = (Mount::new(&format!("/lab/{id}")), ServerSecret::generate());
        let clock = Arc::<ShiftedClock>::default();
        let log = Arc::new(Log::new(clock.clone()));
        let settings = settings();
        let with = With { base: &base, mount: &mount, secret: &secret, store: &store, clock: &clock, log: &log };
        let running = with.assemble(&settings).await?;
        let (password, next_password) = (running.passphrase(), running.passphrase());
        let user = add_user(&running, &store, clock.now(), &password).await?;
        log.add(None, What::Opened { email: EMAIL.into(), mount: mount.as_str().into() });
        log.add(None, What::Settings { settings: settings.clone() });
        let sandbox = Arc::new(Self {
            id,
            mount,
            log,
            chips: Chips::default(),
            clock,
            source,
            user,
            actor_key: URL_SAFE_NO_PAD.encode(random::bytes::<16>()),
            rows: Default::default(),
            steps: Steps::default(),
            asks: broadcast::Sender::new(ASKS),
            script: Default::default(),
            gone: watch::Sender::new(false),
            streams: AtomicU64::new(0),
            exchanges: AtomicU64::new(0),
            last_used: AtomicI64::new(0),
            pace: Pace::default(),
            running: RwLock::new(Arc::new(running)),
            inside: Mutex::new(Inside::new(settings, password, next_password)),
            secret,
            store,
            base,
            _folder: folder,
        });
        sandbox.tell_rows(None).await;
        Ok(sandbox)
    }

    pub fn running(&self) -> Arc<Running> {
        self.running.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn settings(&self) -> Settings {
        self.inside().settings.clone()
    }

    pub fn is_weak(&self, defence: Defence) -> bool {
        self.inside().settings.weak.contains(&defence)
    }

    pub fn redactor<'a>(&'a self, running: &'a Running) -> Redactor<'a> {
        Redactor { chips: &self.chips, state: &running.state }
    }

    pub fn next_exchange(&self) -> u64 {
        self.exchanges.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// What the tab signs in with.
    pub fn credentials(&self) -> Credentials {
        let inside = self.inside();
        Credentials {
            email: inside.email.clone(),
            password: inside.password.to_string(),
            next_password: inside.next_password.to_string(),
        }
    }

    /// The account's password is another one now.
    pub fn password_changed(&self, to: Zeroizing<String>) {
        let next = self.running().passphrase();
        let mut inside = self.inside();
        (inside.password, inside.next_password) = (to, next);
    }

    pub fn email_changed(&self, to: &str) {
        self.inside().email = to.to_owned();
    }

    /// Changes what is set, and tells.
    pub fn set(&self, change: impl FnOnce(&mut Settings)) {
        let settings = {
            let mut inside = self.inside();
            change(&mut inside.settings);
            inside.settings.clone()
        };
        self.log.add(None, What::Settings { settings });
    }

    /// Drops the app's memory and reads keys and ended sessions from the store again, by the settings as they are now.
    pub async fn restart(&self) -> Result<(), Error> {
        let Self { base, mount, secret, store, clock, log, .. } = self;
        let running = With { base, mount, secret, store, clock, log }.assemble(&self.settings()).await?;
        *self.running.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(running);
        Ok(())
    }

    /// The fault that was set for the refresh that is here now, if there is one; that it is used up is told.
    pub fn meet_fault(&self) -> Option<RefreshFault> {
        let (fault, used_up) = {
            let Inside { settings, dropped, .. } = &mut *self.inside();
            let was_set = settings.next_refresh.is_some();
            (faults::met(&mut settings.next_refresh, dropped), was_set)
        };
        if used_up {
            self.set(|_| {});
        }
        fault
    }

    /// Moves the clock forward, and tells.
    pub fn jump(&self, by: Duration) {
        self.clock.advance(by);
        self.log.add(None, What::ClockJumped { seconds: by.as_secs() });
    }

    /// Reads the store, and tells what is different in it.
    pub async fn tell_rows(&self, exchange: Option<u64>) {
        let mut rows = self.rows.lock().await;
        match rows.read(&self.running().state, &self.chips, self.user).await {
            Ok(changes) => changes.into_iter().for_each(|what| self.log.add(exchange, what)),
            Err(error) => tracing::warn!(%error, "the lab could not read a sandbox's rows"),
        }
    }

    /// Whether the visitor may act now, or has to slow down.
    pub fn may_act(&self) -> bool {
        self.pace.may()
    }

    pub fn touch(&self, now: Timestamp) {
        self.last_used.store(now.millis(), Ordering::SeqCst);
    }

    pub fn last_used(&self) -> Timestamp {
        Timestamp(self.last_used.load(Ordering::SeqCst))
    }

    /// Whoever still watches is told that there is nothing more to see.
    pub fn wipe(&self) {
        self.steps.turn(false);
        self.gone.send_replace(true);
    }

    pub fn gone(&self) -> watch::Receiver<bool> {
        self.gone.subscribe()
    }

    /// A new stream, and from now on the one that carries the asks: two pages would have each deed done twice.
    pub fn new_stream(&self) -> u64 {
        self.streams.fetch_add(1, Ordering::SeqCst) + 1
    }

    pub fn is_newest_stream(&self, stream: u64) -> bool {
        self.streams.load(Ordering::SeqCst) == stream
    }
}

impl Inside {
    fn new(settings: Settings, password: Zeroizing<String>, next_password: Zeroizing<String>) -> Self {
        Self {
            settings,
            browser: Jar::default(),
            thief: Jar::default(),
            other_device: Jar::default(),
            barrier: None,
            dropped: None,
            email: EMAIL.into(),
            password,
            next_password,
        }
    }
}

impl Running {
    fn passphrase(&self) -> Zeroizing<String> {
        Zeroizing::new(self.state.auth.suggest_passphrase())
    }
}

/// What an app is assembled from.
struct With<'a> {
    base: &'a Base,
    mount: &'a Mount,
    secret: &'a ServerSecret,
    store: &'a Arc<dyn Store>,
    clock: &'a Arc<ShiftedClock>,
    log: &'a Arc<Log>,
}

impl With<'_> {
    async fn assemble(&self, settings: &Settings) -> Result<Running, Error> {
        let config = Config {
            access_ttl: Duration::from_secs(settings.access_ttl),
            refresh_idle: Duration::from_secs(settings.refresh_idle),
            refresh_absolute: Duration::from_secs(settings.refresh_absolute),
            refresh_grace: Duration::from_secs(settings.grace),
            throttle: Throttle::Off,
            ..self.base.config.clone()
        };
        let surroundings = Surroundings {
            mount: self.mount.clone(),
            flow: Flow::heard_by(Arc::new(Ear(self.log.clone()))),
            rule: weak::rule_of(&settings.weak),
        };
        let (store, clock) = (self.store.clone(), self.clock.clone());
        let (leptos, passwords) = (self.base.leptos.clone(), self.base.passwords.clone());
        let state = AppState::assemble_in(surroundings, &config, self.secret, store, clock, leptos, passwords).await?;
        if settings.weak.contains(&Defence::InstantRevocation) {
            state.auth.revoked.forget_all();
        }
        Ok(Running { router: router(state.clone())?, state })
    }
}

fn settings() -> Settings {
    Settings {
        access_ttl: ACCESS_TTL,
        refresh_idle: 7 * DAY,
        refresh_absolute: 30 * DAY,
        grace: GRACE,
        weak: Vec::new(),
        network: Network::Up,
        next_refresh: None,
        slow_motion: 1,
        stepping: false,
    }
}

/// The settings that a lesson changes and takes back.
pub fn access_ttl(short: bool) -> u64 {
    if short { SHORT_ACCESS_TTL } else { ACCESS_TTL }
}

pub fn grace(weak: bool) -> u64 {
    if weak { 0 } else { GRACE }
}

async fn add_user(
    running: &Running,
    store: &Arc<dyn Store>,
    now: Timestamp,
    password: &Zeroizing<String>,
) -> Result<UserId, Error> {
    let id = UserId(Uuid::now_v7());
    let password_hash = running.state.auth.passwords.hash(password.to_string().into()).await?;
    let user = UserRecord { id, email: EMAIL.into(), password_hash, created_at: now, disabled_at: None };
    match store.create_user(&user).await? {
        CreateUser::Created => Ok(id),
        CreateUser::EmailTaken => Err("the sandbox's account exists already".into()),
    }
}
