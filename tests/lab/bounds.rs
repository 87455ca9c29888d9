//! What a visitor sends is bounded: events in bytes, streams and sandboxes in number, whoever reads slowly. And nothing that was
//! typed is given out.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use tokio::time::timeout;
use two_tokens::lab::model::event::{Action, Lifeline, LogEvent, LogEventKind, TabEvent};
use two_tokens::lab::server::Audience;
use two_tokens::lab::server::sandboxes::{LOG_BYTES_MAX, STREAMS_PER_SANDBOX};

use super::support::{Lab, Visitor};

const LONG: Duration = Duration::from_secs(20);
/// An event, with what stands around its own fields.
const EVENT: usize = 17 * 1024;

async fn export(visitor: &Visitor) -> String {
    visitor.browser.get(&format!("{}/-/export.json", visitor.opened.mount)).await.body
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_cookies_stays_within_the_bytes_of_a_log() {
    let visitor = Lab::with(Audience::Public).await.visitor().await;
    let path = format!("{}/api/account/me", visitor.opened.mount);
    let cookies = "lab_signed_in=1; ".repeat(1_000);
    let fields = "title=".to_owned() + &"x".repeat(100_000);
    for _ in 0..60 {
        let headers = [
            ("cookie", &*cookies),
            ("cookie", "__Secure-refresh=x"),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        visitor.browser.send(Method::POST, &path, &fields, &headers).await.unwrap();
    }
    let text = export(&visitor).await;
    assert!(text.len() < LOG_BYTES_MAX, "{}", text.len());
    let events: Vec<LogEvent> = serde_json::from_str(&text).unwrap();
    assert!(events.iter().all(|event| serde_json::to_string(event).unwrap().len() < EVENT));
    assert!(text.contains("… (cut)"), "a cut field does not say so");

    let told = serde_json::json!({ "tab": "tab", "seen": vec![serde_json::json!({ "saw": "could_not", "why": "x".repeat(400) }); 140] });
    for _ in 0..40 {
        let path = format!("{}/-/seen", visitor.opened.mount);
        let answer = visitor.browser.post(&path, &told.to_string(), &[]).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT);
    }
    let text = export(&visitor).await;
    assert!(text.len() < LOG_BYTES_MAX * 3 / 2, "{}", text.len());
    let events: Vec<LogEvent> = serde_json::from_str(&text).unwrap();
    assert!(
        events[0].seq > 1 && events.windows(2).all(|pair| pair[1].seq == pair[0].seq + 1),
        "the oldest are evicted"
    );
    // The app in it goes on.
    let me = visitor.browser.get(&path).await;
    assert_eq!(me.code(), "access_token_missing");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_streams_of_a_sandbox_are_bounded_and_pass_through_nginx_at_once() {
    let visitor = Lab::start().await.visitor().await;
    let path = format!("{}/-/events?after=0", visitor.opened.mount);
    let mut streams = Vec::new();
    for _ in 1..STREAMS_PER_SANDBOX {
        let response = visitor.browser.begin(&path).await;
        assert_eq!(response.headers()["x-accel-buffering"], "no");
        streams.push(response);
    }
    let refused = visitor.browser.get(&path).await;
    assert_eq!(refused.code(), "temporarily_unavailable");
    streams.pop();
    let again = async { while visitor.browser.begin(&path).await.status() != StatusCode::OK {} };
    timeout(LONG, again).await.expect("a stream that ended keeps its place");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wiped_sandbox_does_not_live_on_behind_slow_readers() {
    let lab = Lab::start().await;
    let visitor = lab.visitor().await;
    let slow = visitor.browser.begin(&format!("{}/-/events?after=0", visitor.opened.mount)).await;
    let slow_export = {
        let sandbox = lab.sandboxes.find(&visitor.opened.mount["/lab/".len()..]).unwrap();
        for _ in 0..1_000 {
            let seen = TabEvent::CouldNot { why: "x".repeat(8_000) };
            sandbox.log.add(None, LogEventKind::Seen { tab: Lifeline::Tab, seen });
        }
        visitor.browser.begin(&format!("{}/-/export.json", visitor.opened.mount)).await
    };
    assert_eq!((lab.sandboxes.alive(), lab.sandboxes.len()), (1, 1));
    visitor.try_act(Action::Reset).await;
    let gone = async {
        while lab.sandboxes.alive() > 0 {
            tokio::task::yield_now().await
        }
    };
    timeout(LONG, gone).await.expect("the sandbox lives on");
    drop((slow, slow_export));
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_that_were_typed_are_given_to_nobody() {
    let visitor = Lab::start().await.signed_in().await;
    let path = format!("{}/-/credentials", visitor.opened.mount);
    let own: serde_json::Value = visitor.browser.post(&path, "null", &[]).await.parsed();
    let typed = "the real password of somebody";
    let fields = [("current_password", own["password"].as_str().unwrap()), ("new_password", typed)];
    let changed = visitor.tab.send(Method::POST, "/api/account/change_password", &fields).await.unwrap();
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
    let refused = visitor.browser.post(&path, "null", &[]).await;
    assert_eq!(refused.code(), "validation_failed");
    assert!(!refused.body.contains(typed));
    assert_eq!(visitor.try_act(Action::SignInOtherDevice).await.code(), "validation_failed");
    assert!(!export(&visitor).await.contains(typed));
}
