//! A protected request costs no query. Counted where the database driver itself reports each statement.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::http::StatusCode;
use tracing::{Event, Subscriber};
use tracing_subscriber::{Layer, layer::Context, prelude::*};

#[path = "http/support.rs"]
#[allow(dead_code, reason = "shared with the HTTP tests")]
mod support;

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
async fn a_thousand_protected_requests_ask_the_database_nothing() {
    let statements = Statements::default();
    tracing_subscriber::registry().with(statements.clone()).init();
    let app = support::TestApp::start().await;
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
    let mut forged = app.visitor();
    forged.cookies = vec![("__Secure-refresh".into(), format!("ttr_{}", "A".repeat(70)))];
    forged.refresh().await.refused(401, "refresh_token_invalid");
    assert_eq!(statements.0.load(Ordering::SeqCst) - before, 0);
    ada.get("/api/notes/list").await.expect(StatusCode::OK);
    assert_eq!(statements.0.load(Ordering::SeqCst) - before, 1);
}
