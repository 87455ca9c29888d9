//! What a protected request costs: no query, and no allocation for an observer that is not there. And what the revocation list
//! holds in memory, in the table of `docs/scaling.md`.
//!
//! A test binary of its own, because both are counted for the whole process: a global allocator counts allocations, and a
//! global tracing subscriber counts the statements that the database driver reports. The tests take turns (`ALONE`).

#[allow(dead_code, unused_imports, reason = "shared with the suite, which uses all of it")]
mod support;

#[path = "support/counting.rs"]
mod counting;
#[path = "../benches/scaling/model.rs"]
mod scaling;

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::http::StatusCode;
use tracing::{Event, Subscriber};
use tracing_subscriber::{Layer, layer::Context, prelude::*};
use two_tokens::auth::model::secret::ServerSecret;
use two_tokens::auth::observer::{FlowEvent, Observer, Observers};
use two_tokens::auth::password::hasher::PasswordHasher;
use two_tokens::auth::password::passphrase::WordList;
use two_tokens::auth::service::AuthService;
use two_tokens::auth::sign_in::Visitor;
use two_tokens::auth::store::Store;
use two_tokens::clock::SystemClock;
use two_tokens::server::assemble::{self, AppOptions, leptos_options};
use two_tokens::server::config::Config;

use counting::{allocations, memory};
use support::{Cookies, PASSWORD, REFRESH_COOKIE, TestApp, config};

static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// Allocates for each step, as a recorder does.
struct Recorder;

impl Observer for Recorder {
    fn observe(&self, event: &FlowEvent<'_>) {
        drop(format!("{event:?}"));
    }
}

async fn service(config: &Config, store: &Arc<dyn Store>, observers: Observers) -> Arc<AuthService> {
    let (secret, leptos) = (ServerSecret::new([7; 32]), leptos_options(config).unwrap());
    let passwords = Some(PasswordHasher::start(1, 1).unwrap());
    let options = AppOptions { observers, passwords, ..AppOptions::default() };
    assemble::state(config, &secret, store.clone(), Arc::new(SystemClock), leptos, options).await.unwrap().auth.clone()
}

#[test]
fn without_an_observer_no_event_is_made() {
    let silent = allocations(|| Observers::default().emit(|| unreachable!("an event was made without an observer")));
    assert_eq!(silent, 0);
    let heard = Observers::new(Arc::new(Recorder));
    assert!(allocations(|| heard.emit(|| FlowEvent::KeysChanged)) > 0, "nothing is counted: this test proves nothing");
}

#[tokio::test]
async fn a_protected_request_allocates_nothing_without_an_observer() {
    let _alone = ALONE.lock().await;
    let app = TestApp::start().await;
    let config = config(&[]);
    let counted = async |observers| {
        let auth = service(&config, &app.store, observers).await;
        let email = format!("{}@example.com", auth.suggest_passphrase(WordList::English).replace(' ', "."));
        let grant = auth.register(&email, PASSWORD.to_owned().into(), Visitor::default()).await.unwrap();
        let token = grant.access_token.reveal().to_owned();
        auth.authenticate(&token).unwrap();
        allocations(|| drop(auth.authenticate(&token).unwrap()))
    };
    assert_eq!(counted(Observers::default()).await, 0);
    assert!(counted(Observers::new(Arc::new(Recorder))).await > 0);
}

#[derive(Clone, Default)]
struct Statements(Arc<AtomicUsize>);

impl<S: Subscriber> Layer<S> for Statements {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "sqlx::query" {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
}

#[tokio::test]
async fn a_thousand_protected_requests_make_no_query() {
    let _alone = ALONE.lock().await;
    let statements = Statements::default();
    tracing_subscriber::registry().with(statements.clone()).init();
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    let mut gone = app.registered("gone@example.com").await;
    let mut copy = gone.clone();
    gone.logout().await.expect(StatusCode::NO_CONTENT);
    assert!(statements.0.load(Ordering::SeqCst) > 10, "statements are not reported: this test would prove nothing");
    let before = statements.0.load(Ordering::SeqCst);
    for _ in 0..500 {
        ada.me().await.expect(StatusCode::OK);
        copy.me().await.refused(401, "session_revoked");
    }
    let mut forged = app.client();
    forged.cookies = Cookies::of(REFRESH_COOKIE, format!("ttr_{}", "A".repeat(70)));
    forged.refresh().await.refused(401, "refresh_token_invalid");
    assert_eq!(statements.0.load(Ordering::SeqCst) - before, 0);
    ada.get("/api/notes/list").await.expect(StatusCode::OK);
    assert_eq!(statements.0.load(Ordering::SeqCst) - before, 1);
}

#[test]
fn the_document_about_scaling_shows_the_table_that_the_simulation_prints() {
    let document = include_str!("../docs/scaling.md");
    let (day, measured) =
        (scaling::Day::simulate(), scaling::Measured::read(include_str!("../docs/performance/own.json")));
    // The list doubles its memory, so a part of the entries takes the same part of the bytes. `make bench-scaling` fills all.
    let table = scaling::table(&day, &measured, |entries| {
        let halvings = (0..64).find(|halvings| entries >> halvings <= 50_000).unwrap_or(0);
        let (_list, held, most) = memory(|| scaling::fill(entries.div_ceil(1 << halvings)));
        scaling::Memory { held: held << halvings, most: most << halvings }
    });
    for row in table.lines() {
        assert!(document.lines().any(|line| line == row), "docs/scaling.md lacks a row of the table:\n{table}");
    }
    let users = scaling::users_of_one_core(&day, &measured);
    assert!(document.contains(&format!("**{users}**")), "docs/scaling.md does not say {users}");
}
