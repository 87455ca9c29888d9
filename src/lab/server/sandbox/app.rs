//! The app inside a sandbox: the real router over an `AppState` of its own, with its own store, secret, keys, clock and base path.
//! The real app is not reachable from here: only its configuration, the page options and the password hasher are handed in.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use axum::Router;
use leptos::config::LeptosOptions;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::super::event_log::EventLog;
use super::super::event_log::exchange_context::FlowRecorder;
use super::folder::SandboxFolder;
use super::weakened;
use crate::api::edge::app_state::AppState;
use crate::auth::model::secret::ServerSecret;
use crate::auth::model::user::{UserId, UserRecord};
use crate::auth::observer::Observers;
use crate::auth::password::hasher::PasswordHasher;
use crate::auth::password::passphrase::WordList;
use crate::auth::store::{CreateUser, Store};
use crate::auth::token::refresh::RefreshTokenKey;
use crate::base_path::BasePath;
use crate::clock::{Clock as _, ShiftedClock};
use crate::lab::model::event::{Defence, SandboxSettings};
use crate::notes;
use crate::server::assemble::{self, AppOptions};
use crate::server::config::{Config, Dbsc, Throttle};
use crate::server::serve::Error;
use crate::server::{pages, router::router};
use crate::store::{self, Access, Database};

/// The largest database of a sandbox, in bytes. What does not fit is answered as a full disk is.
pub const DATABASE_BYTES_MAX: u32 = 8 * 1024 * 1024;
const DATABASE: Access = Access::Bounded { bytes: DATABASE_BYTES_MAX };

/// What all sandboxes share.
#[derive(Clone)]
pub struct SandboxBase {
    pub config: Config,
    pub leptos: LeptosOptions,
    pub passwords: PasswordHasher,
    /// Bytes that a sandbox's log keeps.
    pub log_bytes: usize,
}

/// The app as it runs now; a restart assembles another one over the same store.
pub struct RunningApp {
    pub state: AppState,
    pub router: Router,
}

impl RunningApp {
    pub fn passphrase(&self) -> Zeroizing<String> {
        Zeroizing::new(self.state.auth.suggest_passphrase(WordList::English))
    }
}

pub struct SandboxApp {
    running: RwLock<Arc<RunningApp>>,
    parts: AppParts,
    refresh_token_key: RefreshTokenKey,
    /// Holds the database; deleted together with the sandbox.
    _folder: SandboxFolder,
}

impl SandboxApp {
    /// Creates an empty database and assembles the app over it.
    ///
    /// # Errors
    /// If the database cannot be created, or the app cannot be assembled.
    pub async fn start(
        base: SandboxBase,
        mount: BasePath,
        clock: Arc<ShiftedClock>,
        log: Arc<EventLog>,
        settings: &SandboxSettings,
    ) -> Result<Self, Error> {
        let folder = SandboxFolder::create()?;
        let database = store::open_for(&store::url_of_file(&folder.path().join("sandbox.db")), DATABASE).await?;
        let secret = ServerSecret::generate();
        let refresh_token_key = RefreshTokenKey::new(&secret);
        let parts = AppParts { base, mount, secret, database, clock, log };
        let running = parts.assemble(settings).await?;
        Ok(Self { running: RwLock::new(Arc::new(running)), parts, refresh_token_key, _folder: folder })
    }

    /// The sandbox's database, for reading the rows as they are.
    pub fn store(&self) -> Arc<dyn Store> {
        self.parts.database.store()
    }

    /// The key of the sandbox's refresh tokens.
    pub fn refresh_token_key(&self) -> &RefreshTokenKey {
        &self.refresh_token_key
    }

    /// Deletes every session and signing key: what a restart loses where both are in memory alone.
    ///
    /// # Errors
    /// If the database cannot be written.
    pub async fn forget_sessions_and_keys(&self) -> Result<(), Error> {
        let Database::Sqlite(store) = &self.parts.database else { return Err("a sandbox has an SQLite file".into()) };
        let mut transaction = store.begin().await?;
        for statement in ["DELETE FROM sessions", "DELETE FROM signing_keys"] {
            sqlx::query(statement).execute(&mut *transaction).await?;
        }
        Ok(transaction.commit().await?)
    }

    pub fn running(&self) -> Arc<RunningApp> {
        self.running.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Drops the app's memory and reads keys and ended sessions from the store again, with the given settings.
    ///
    /// # Errors
    /// If the app cannot be assembled; the old one then stays in place.
    pub async fn restart(&self, settings: &SandboxSettings) -> Result<(), Error> {
        let running = self.parts.assemble(settings).await?;
        *self.running.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(running);
        Ok(())
    }

    /// # Errors
    /// If the password cannot be hashed, or the database has this address already.
    pub async fn add_user(&self, email: &str, password: &Zeroizing<String>) -> Result<UserId, Error> {
        let id = UserId(Uuid::now_v7());
        let password_hash = self.parts.base.passwords.hash(password.to_string().into()).await?;
        let created_at = self.parts.clock.now();
        let user = UserRecord {
            id,
            email: email.into(),
            email_key: email.into(),
            password_hash,
            created_at,
            disabled_at: None,
        };
        match self.parts.database.store().create_user(&user).await? {
            CreateUser::Created => Ok(id),
            CreateUser::EmailTaken => Err("the sandbox's account exists already".into()),
        }
    }
}

/// What an app is assembled from, and what a restart keeps.
struct AppParts {
    base: SandboxBase,
    mount: BasePath,
    secret: ServerSecret,
    database: Database,
    clock: Arc<ShiftedClock>,
    log: Arc<EventLog>,
}

impl AppParts {
    async fn assemble(&self, settings: &SandboxSettings) -> Result<RunningApp, Error> {
        let config = Config {
            access_ttl: Duration::from_secs(settings.access_ttl),
            refresh_idle: Duration::from_secs(settings.refresh_idle),
            refresh_absolute: Duration::from_secs(settings.refresh_absolute),
            refresh_grace: Duration::from_secs(settings.grace),
            throttle: Throttle::Off,
            dbsc: if settings.weak.contains(&Defence::DeviceBinding) { Dbsc::Off } else { Dbsc::On },
            ..self.base.config.clone()
        };
        let options = AppOptions {
            embedded_at: Some(self.mount.clone()),
            observers: Observers::new(Arc::new(FlowRecorder(self.log.clone()))),
            policy: weakened::policy_of(&settings.weak),
            passwords: Some(self.base.passwords.clone()),
        };
        let (store, clock, leptos) = (self.database.store(), self.clock.clone(), self.base.leptos.clone());
        let state = assemble::state(&config, &self.secret, store, self.clock.clone(), leptos, options).await?;
        let state = state
            .with_resource(notes::open(&self.database, clock))
            .with_export(notes::EXPORT)
            .with_operations(notes::operations);
        if settings.weak.contains(&Defence::InstantRevocation) {
            state.auth.forget_revocations();
        }
        Ok(RunningApp { router: router(state.clone(), pages::pages())?, state })
    }
}
