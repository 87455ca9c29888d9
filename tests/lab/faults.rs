//! Faults injected between a tab and the server; the thief meets none of them.

use axum::http::{Method, StatusCode};
use two_tokens::lab::model::event::{Action, Network, RefreshFault};

use super::support::{Lab, Visitor, story};

async fn refresh(visitor: &Visitor) -> Option<StatusCode> {
    visitor.tab.refresh().await.map(|answer| answer.status)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_rotates_the_token_and_leaves_the_browser_with_the_old_one() {
    let visitor = Lab::start().await.signed_in().await;
    let before = visitor.browser.cookie("__Secure-refresh");
    visitor.act(Action::NextRefresh { fault: RefreshFault::DropAnswer }).await;
    let begin = visitor.log().await.len();
    assert_eq!(refresh(&visitor).await, None);
    assert_eq!(visitor.browser.cookie("__Secure-refresh"), before);
    // LogEventKind a browser does by itself when a connection it had used before is cut.
    assert_eq!(refresh(&visitor).await, None);
    let lost = ["Tab POST /api/auth/refresh", "Rotate 0", "rotated", "row 1 5", "lost"];
    let again = ["Tab POST /api/auth/refresh", "Replay 0", "lost"];
    assert_eq!(story(&visitor.log().await[begin..]), [&lost[..], &again].concat());
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    assert_eq!(refresh(&visitor).await, Some(StatusCode::OK));
    let told = story(&visitor.log().await);
    assert_eq!(told[told.len() - 2..], ["Replay 0", "200"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_answer_arrives_all_the_same() {
    let visitor = Lab::start().await.signed_in().await;
    visitor.act(Action::NextRefresh { fault: RefreshFault::DelayAnswer }).await;
    assert_eq!(refresh(&visitor).await, Some(StatusCode::OK));
    let told = story(&visitor.log().await);
    assert_eq!(told[told.len() - 4..], ["rotated", "row 1 5", "held SlowNetwork", "200"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_in_front_of_the_app_changes_nothing() {
    let visitor = Lab::start().await.signed_in().await;
    visitor.act(Action::NextRefresh { fault: RefreshFault::Fail }).await;
    assert_eq!(refresh(&visitor).await, Some(StatusCode::SERVICE_UNAVAILABLE));
    let told = story(&visitor.log().await);
    assert_eq!(told[told.len() - 2..], ["Tab POST /api/auth/refresh", "503 temporarily_unavailable"]);
    assert_eq!(refresh(&visitor).await, Some(StatusCode::OK));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_network_is_down_for_tabs_and_not_for_the_thief() {
    let visitor = Lab::start().await.signed_in().await;
    visitor.act(Action::StealAccessToken).await;
    let call =
        async || visitor.tab.send(Method::GET, "/api/notes/list", &[]).await.map(|answer| answer.status.as_u16());
    for (state, status, last) in [
        (Network::Offline, None, "lost"),
        (Network::Unavailable, Some(503), "503 temporarily_unavailable"),
        (Network::TooMany, Some(429), "429 rate_limited"),
        (Network::Up, Some(200), "200"),
    ] {
        visitor.act(Action::Network { state }).await;
        assert_eq!(call().await, status, "{state:?}");
        assert_eq!(story(&visitor.log().await).last().unwrap(), last, "{state:?}");
        assert_eq!(story(&visitor.act(Action::ThiefCalls).await).last().unwrap(), "200", "{state:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_tab_is_asked_to_wait() {
    let visitor = Lab::start().await.signed_in().await;
    visitor.act(Action::Network { state: Network::TooMany }).await;
    let answer = visitor.tab.send(Method::GET, "/api/notes/list", &[]).await.unwrap();
    assert_eq!(answer.headers["retry-after"], "2");
}
