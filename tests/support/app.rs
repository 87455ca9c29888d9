//! The whole server in this process, on a temporary database and a clock that the test moves.

use std::{sync::Arc, time::Duration};

use axum::Router;
use clap::Parser as _;
use two_tokens::api::edge::app_state::AppState;
use two_tokens::auth::model::event::{EventKind, SecurityEvent};
use two_tokens::auth::model::secret::ServerSecret;
use two_tokens::auth::model::user::UserId;
use two_tokens::auth::password::hasher::{HashCost, PasswordHasher};
use two_tokens::auth::store::{ChangePassword, Guard, Store};
use two_tokens::auth::token::keys::KeySet;
use two_tokens::clock::{Clock as _, ManualClock, Timestamp};
use two_tokens::notes;
use two_tokens::server::assemble::{self, AppOptions, leptos_options};
use two_tokens::server::config::Config;
use two_tokens::server::{
    pages,
    router::{Pages, app},
    serve::below,
};
use two_tokens::store::{self, Database};

use super::{Client, PASSWORD};

pub struct TestApp {
    pub router: Router,
    pub state: AppState,
    pub clock: Arc<ManualClock>,
    pub store: Arc<dyn Store>,
    /// Counts the digests it computed.
    pub passwords: PasswordHasher,
    pub database_url: String,
    database: Database,
    _folder: tempfile::TempDir,
}

/// The settings that these arguments of the command line give.
pub fn config(arguments: &[&str]) -> Config {
    let arguments = std::iter::once("two-tokens").chain(arguments.iter().copied());
    Config::try_parse_from(arguments).unwrap().check().unwrap()
}

/// What answers the requests of a server.
pub fn served(state: &AppState, pages: Pages) -> Router {
    Router::new().fallback_service(below(state.base_path.clone(), app(state.clone(), pages).unwrap()))
}

impl TestApp {
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// Without throttling: for tests that send very many requests from one address.
    pub async fn unthrottled() -> Self {
        Self::with(&["--throttle", "off"]).await
    }

    pub async fn with(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/test.db", folder.path().display());
        let database = store::open(&url).await.unwrap();
        let clock = Arc::new(ManualClock::at(Timestamp::from_secs(1_800_000_000)));
        let (config, passwords) = (config(arguments), cheap_hasher());
        let state = assemble(&config, &database, &clock, &passwords).await;
        let router = served(&state, pages::pages());
        Self { router, state, clock, store: database.store(), passwords, database_url: url, database, _folder: folder }
    }

    pub fn client(&self) -> Client {
        Client::of(self.router.clone())
    }

    /// Another instance on the same database, or the same one started again, with these settings.
    pub async fn beside(&self, arguments: &[&str]) -> Router {
        let state = assemble(&config(arguments), &self.database, &self.clock, &self.passwords).await;
        served(&state, pages::pages())
    }

    /// A client with a new account, signed in.
    pub async fn registered(&self, email: &str) -> Client {
        self.client().signed_up(email).await
    }

    /// The signing keys, as the service has them now.
    pub fn keys(&self) -> KeySet {
        KeySet::unseal(&secret().sealing_key(), self.state.auth.signing_keys()).unwrap()
    }

    /// Gives the account of a client its first password again, without ending a session.
    pub async fn reset_password(&self, client: &mut Client) {
        let id = client.me().await.json()["id"].as_str().and_then(UserId::parse).unwrap();
        let hash = self.passwords.hash(PASSWORD.to_owned().into()).await.unwrap();
        self.set_password_hash(id, &hash).await;
    }

    /// Writes another password hash into a user's row, and changes nothing else.
    pub async fn set_password_hash(&self, user_id: UserId, hash: &str) {
        let guard = Guard { user_id, verified_hash: None, session_id: None };
        let change = ChangePassword {
            submission: None,
            guard,
            password_hash: hash.to_owned(),
            event: self.event(EventKind::PasswordChange),
            end: None,
        };
        assert_eq!(self.store.change_password(&change).await.unwrap(), Ok(None));
    }

    /// An event that happens now and concerns nobody, for a call of the store.
    pub fn event(&self, kind: EventKind) -> SecurityEvent {
        SecurityEvent {
            at: self.now(),
            kind,
            user_id: None,
            session_id: None,
            device: String::new(),
            detail: String::new(),
        }
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Moves the clock forward.
    pub fn pass(&self, time: Duration) {
        self.clock.advance(time);
    }

    /// One round of maintenance: keys are rotated, what has expired is purged.
    pub async fn maintain(&self) {
        self.state.auth.maintain().await.unwrap();
    }
}

/// The server secret of every test app.
pub fn secret() -> ServerSecret {
    ServerSecret::new([7; 32])
}

fn cheap_hasher() -> PasswordHasher {
    PasswordHasher::start_with(HashCost { memory_kib: 8, passes: 1 }, 2, 64).unwrap()
}

/// Passwords hash cheaply: the tests sign in thousands of times, and none of them asks how hard a hash is to guess.
async fn assemble(
    config: &Config,
    database: &Database,
    clock: &Arc<ManualClock>,
    passwords: &PasswordHasher,
) -> AppState {
    let (secret, leptos) = (secret(), leptos_options(config).unwrap());
    let options = AppOptions { passwords: Some(passwords.clone()), ..AppOptions::default() };
    let state = assemble::state(config, &secret, database.store(), clock.clone(), leptos, options).await.unwrap();
    state
        .with_resource(notes::open(database, clock.clone()))
        .with_export(notes::EXPORT)
        .with_operations(notes::operations)
}

pub fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub fn days(days: u64) -> Duration {
    Duration::from_secs(days * 24 * 3600)
}
