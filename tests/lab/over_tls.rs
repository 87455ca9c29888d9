//! The lab on a server that speaks TLS itself. Its visitors have HTTP/2: one connection for the page, both tabs and all streams.

use axum::http::StatusCode;
use two_tokens::lab::model::event::{Action, Network, RefreshFault};
use two_tokens::lab::server::Audience;

use super::support::{Browser, Lab, story};

async fn lab() -> Lab {
    Lab::of(Audience::Local, &["--tls", "self-signed"]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_thief_reaches_this_very_server_over_tls_and_is_caught() {
    let visitor = lab().await.signed_in().await;
    let events = visitor.act(Action::StealAndReplay { thief_first: true, within_grace: false }).await;
    let told = story(&events);
    assert!(told.iter().any(|told| told == "Thief POST /api/auth/refresh"), "{told:?}");
    assert!(told.iter().any(|told| told == "401 refresh_token_reused"), "{told:?}");
    let events = visitor.act(Action::SignInOtherDevice).await;
    assert!(story(&events).iter().any(|told| told == "OtherDevice POST /api/auth/login"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_resets_its_stream_and_no_other() {
    let visitor = lab().await.signed_in().await;
    let before = visitor.browser.cookie("__Secure-refresh");
    visitor.act(Action::NextRefresh { fault: RefreshFault::DropAnswer }).await;
    let begin = visitor.log().await.len();
    assert!(visitor.tab.refresh().await.is_none(), "the answer arrived");
    assert_eq!(visitor.browser.cookie("__Secure-refresh"), before);
    let lost = ["Tab POST /api/auth/refresh", "Rotate 0", "rotated", "row 1 5", "lost"];
    assert_eq!(story(&visitor.log().await[begin..]), lost);
    visitor.act(Action::Network { state: Network::Offline }).await;
    assert!(visitor.tab.refresh().await.is_none(), "the network is down");
    visitor.act(Action::Network { state: Network::Up }).await;
    // The event stream is on the same connection: it brings what follows.
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    assert_eq!(visitor.tab.refresh().await.map(|answer| answer.status), Some(StatusCode::OK));
    visitor.until("Replay 0").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_port_of_the_site_speaks_tls_as_the_site_does() {
    let lab = lab().await;
    let visitor = lab.visitor().await;
    let (site, port) = (visitor.opened.other_site.clone().unwrap(), visitor.opened.other_port.clone().unwrap());
    assert!(site.starts_with("http://127.0.0.1:") && port.starts_with("https://localhost:"), "{site} {port}");
    for origin in [site, port] {
        let path = format!("/attack?mount={}&origin={}", visitor.opened.mount, lab.base);
        let page = Browser::new(&origin).get(&path).await;
        assert_eq!(page.status, StatusCode::OK, "{origin}");
        assert!(page.body.contains(&lab.base) && page.headers.contains_key("content-security-policy"), "{origin}");
    }
}
