//! The clock that a browser test may put forward: it works where it was asked for and does not exist elsewhere.

use axum::http::StatusCode;
use two_tokens::server::assemble::assemble;
use two_tokens::server::{pages, router::router};

use crate::support::{Client, PASSWORD, TestApp, config};

#[tokio::test]
async fn the_test_clock_expires_an_access_token_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite://{}/clock.db", folder.path().display());
    let state = assemble(&config(&["--test-clock", "--database-url", &database])).await.unwrap().state;
    let mut client = Client::of(router(state, pages::pages()).unwrap());
    client.register("ada@example.com", PASSWORD).await.expect(StatusCode::OK);
    client.get("/api/account/me").await.expect(StatusCode::OK);

    client.post("/test/clock", &[("seconds", "a day")]).await.expect(StatusCode::UNPROCESSABLE_ENTITY);
    client.post("/test/clock", &[("seconds", "901")]).await.expect(StatusCode::OK);
    client.get("/api/account/me").await.refused(401, "access_token_expired");
    client.refresh().await.expect(StatusCode::OK);
}

#[tokio::test]
async fn without_the_setting_there_is_no_test_clock() {
    let app = TestApp::start().await;
    let answer = app.client().post("/test/clock", &[("seconds", "901")]).await;
    assert!(answer.status.is_client_error(), "{}", answer.status);
}
