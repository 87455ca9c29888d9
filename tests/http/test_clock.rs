//! The clock that a browser test may put forward: it works where it was asked for and does not exist elsewhere.

use axum::http::StatusCode;
use two_tokens::server::{router::router, serve};

use crate::support::{PASSWORD, TestApp, Visitor, config};

#[tokio::test]
async fn who_asked_for_it_lets_an_access_token_die_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite://{}/clock.db", folder.path().display());
    let state = serve::assemble(&config(&["--test-clock", "--database-url", &database])).await.unwrap();
    let mut visitor = Visitor::of(router(state).unwrap());
    visitor.register("ada@example.com", PASSWORD).await.expect(StatusCode::OK);
    visitor.get("/api/account/me").await.expect(StatusCode::OK);

    visitor.post("/test/clock", &[("seconds", "a day")]).await.expect(StatusCode::UNPROCESSABLE_ENTITY);
    visitor.post("/test/clock", &[("seconds", "901")]).await.expect(StatusCode::OK);
    visitor.get("/api/account/me").await.refused(401, "access_token_expired");
    visitor.refresh().await.expect(StatusCode::OK);
}

#[tokio::test]
async fn elsewhere_nobody_can_move_the_clock() {
    let app = TestApp::start().await;
    let answer = app.visitor().post("/test/clock", &[("seconds", "901")]).await;
    assert!(answer.status.is_client_error(), "{}", answer.status);
}
