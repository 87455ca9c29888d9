use axum::http::StatusCode;

use crate::support::{Cookies, DEVICE_COOKIE, REFRESH_COOKIE, TestApp, seconds};

#[tokio::test]
async fn logging_out_ends_the_session_and_clears_the_cookies() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    let mut copy = ada.clone();
    let answer = ada.logout().await.expect(StatusCode::NO_CONTENT);
    assert!(answer.body.is_empty());
    assert_eq!(ada.cookies.names(), [DEVICE_COOKIE], "which signs nobody in");
    copy.me().await.refused(401, "session_revoked");
    copy.refresh().await.refused(401, "session_revoked");
}

#[tokio::test]
async fn logging_out_twice_or_without_a_session_is_fine() {
    let app = TestApp::start().await;
    app.client().logout().await.expect(StatusCode::NO_CONTENT);
    let mut ada = app.registered("ada@example.com").await;
    let mut again = ada.clone();
    ada.logout().await.expect(StatusCode::NO_CONTENT);
    again.logout().await.expect(StatusCode::NO_CONTENT);
    let mut forged = app.client();
    forged.cookies = Cookies::of(REFRESH_COOKIE, "ttr_nonsense");
    forged.logout().await.expect(StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn logging_out_works_with_an_expired_access_token_and_an_old_refresh_token() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    let mut old = ada.clone();
    ada.refresh().await.expect(StatusCode::OK);
    app.pass(seconds(3600));
    old.logout().await.expect(StatusCode::NO_CONTENT);
    ada.refresh().await.refused(401, "session_revoked");
}

#[tokio::test]
async fn a_refresh_that_races_a_logout_never_outlives_it() {
    let app = TestApp::start().await;
    for round in 0..20 {
        let ada = app.registered(&format!("ada{round}@example.com")).await;
        let (mut refreshing, mut leaving) = (ada.clone(), ada.clone());
        let refreshed = tokio::spawn(async move {
            refreshing.refresh().await;
            refreshing
        });
        leaving.logout().await.expect(StatusCode::NO_CONTENT);
        let mut refreshed = refreshed.await.unwrap();
        refreshed.refresh().await.refused(401, "session_revoked");
    }
}

#[tokio::test]
async fn a_plain_form_signs_out_and_is_sent_to_the_start_page() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    let mut copy = ada.clone();
    for _ in 0..2 {
        let answer = ada.post("/api/auth/form/logout", &[]).await.expect(StatusCode::SEE_OTHER);
        assert_eq!(answer.headers["location"], "/");
        assert_eq!(ada.cookies.names(), [DEVICE_COOKIE]);
    }
    copy.refresh().await.refused(401, "session_revoked");
}
