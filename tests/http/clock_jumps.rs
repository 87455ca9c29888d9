use axum::http::StatusCode;
use two_tokens::clock::Timestamp;

use crate::support::{Client, PASSWORD, TestApp, days, seconds};

#[tokio::test]
async fn a_wall_clock_set_back_raises_no_alarm() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    for _ in 0..3 {
        app.pass(seconds(60));
        ada.refresh().await.expect(StatusCode::OK);
    }
    app.clock.set(Timestamp(app.now().millis() - 3_600_000));
    let mut other_tab = ada.clone();
    ada.refresh().await.expect(StatusCode::OK);
    other_tab.refresh().await.expect(StatusCode::OK);
    assert_eq!(ada.refresh_token(), other_tab.refresh_token());
    ada.me().await.expect(StatusCode::OK);
}

#[tokio::test]
async fn a_wall_clock_set_forward_and_back_again_costs_no_session() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    let right = app.now();
    app.pass(days(5));
    ada.me().await.refused(401, "access_token_expired");
    ada.refresh().await.expect(StatusCode::OK);
    app.clock.set(right);
    ada.refresh().await.expect(StatusCode::OK);
    ada.me().await.expect(StatusCode::OK);
}

#[tokio::test]
async fn an_ended_session_stays_ended_however_the_clock_jumps() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    let token = ada.access_token.clone();
    ada.logout().await.expect(StatusCode::NO_CONTENT);
    ada.access_token = token;
    ada.me().await.refused(401, "session_revoked");
    let right = app.now();
    for ahead in [seconds(20 * 60), seconds(3 * 3600), days(2)] {
        app.pass(ahead);
        app.maintain().await;
        app.clock.set(right);
        ada.me().await.refused(401, "session_revoked");
    }
}

/// A client whose session ended alone, and one whose sessions ended together; each still has its access token.
async fn ended_alone_and_with_all(app: &TestApp) -> [Client; 2] {
    let ada = app.registered("ada@example.com").await;
    let grace = app.registered("grace@example.com").await;
    ada.clone().logout().await.expect(StatusCode::NO_CONTENT);
    let delete = [("password", PASSWORD)];
    grace.clone().post("/api/account/delete_account", &delete).await.expect(StatusCode::NO_CONTENT);
    [ada, grace]
}

#[tokio::test]
async fn an_ended_session_stays_ended_after_a_restart_with_a_shorter_lifetime() {
    let app = TestApp::with(&["--access-ttl", "1h"]).await;
    let ended = ended_alone_and_with_all(&app).await;
    app.pass(seconds(3500));
    app.maintain().await;
    let restarted = app.beside(&["--access-ttl", "5s"]).await;
    for client in ended {
        let mut client = client.at(restarted.clone());
        let answer = client.me().await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{}", answer.body);
        assert_ne!(answer.code(), "access_token_expired");
    }
}

#[tokio::test]
async fn an_ended_session_stays_ended_though_a_server_started_with_a_clock_that_was_ahead() {
    let app = TestApp::with(&["--access-ttl", "1h"]).await;
    let ended = ended_alone_and_with_all(&app).await;
    app.pass(seconds(3000));
    let right = app.now();
    for ahead in [20 * 60, 5 * 3600, 20 * 3600] {
        app.pass(seconds(ahead));
        app.maintain().await;
        let restarted = app.beside(&[]).await;
        app.clock.set(right);
        for client in &ended {
            let mut client = client.clone().at(restarted.clone());
            client.me().await.refused(401, "session_revoked");
        }
    }
}
