use axum::http::StatusCode;
use two_tokens::clock::Timestamp;

use crate::support::{TestApp, days, seconds};

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
