//! A class follows a presenter with a code, and sees what the sandbox does: soon, in its own language, and nothing secret.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, StatusCode};
use http_body_util::BodyExt as _;
use tokio::time::timeout;
use two_tokens::lab::model::event::{Action, OpenedSandbox};
use two_tokens::lab::server::mirrors::FOLLOWERS_PER_MIRROR;

use super::support::{Browser, Lab, Visitor};

/// Between what a presenter did and what a class sees.
const SOON: Duration = Duration::from_millis(500);
const LONG: Duration = Duration::from_secs(10);

struct Follower {
    body: Body,
    read: String,
    /// Everything that came.
    all: String,
}

impl Follower {
    async fn new(lab: &Lab, page: &str, language: &str) -> Self {
        let body = lab.browser().stream(&[page, "/events"].concat(), &[("accept-language", language)]).await;
        let mut follower = Self { body, read: String::new(), all: String::new() };
        assert_eq!(follower.next().await.0, "shown");
        follower
    }

    /// The next event: its name and its data.
    async fn next(&mut self) -> (String, String) {
        loop {
            if let Some((block, rest)) = self.read.split_once("\n\n") {
                let field = |name: &str| {
                    block.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).collect::<String>()
                };
                let event = (field("event"), field("data"));
                self.read = rest.to_owned();
                if !event.0.is_empty() {
                    return event;
                }
                continue;
            }
            let frame = self.body.frame().await.expect("the stream ended").unwrap();
            let text = String::from_utf8(frame.into_data().unwrap_or_default().to_vec()).unwrap();
            self.all.push_str(&text);
            self.read.push_str(&text);
        }
    }

    async fn until(&mut self, within: Duration, words: &str) {
        let shown = async { while !self.next().await.1.contains(words) {} };
        assert!(timeout(within, shown).await.is_ok(), "{words}: {}", self.all);
    }
}

/// The page of a code.
async fn share(visitor: &Visitor) -> String {
    let answer = visitor.browser.post("/lab/follow", "", &[]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    answer.headers["location"].to_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_class_sees_soon_and_in_its_language_what_a_presenter_did_and_nothing_secret() {
    let lab = Lab::start().await;
    let visitor = lab.signed_in().await;
    let page = share(&visitor).await;
    assert_eq!(page, share(&visitor).await, "one code for one sandbox");
    let (first, second) = page["/follow/".len()..].split_at(5);
    let html = lab.browser().get(&page).await;
    assert!(
        html.body.contains(&format!("{first}-{second}")) && html.body.contains("/follow/follow.js"),
        "{}",
        html.body
    );
    assert_eq!(html.headers["cache-control"], "no-store");

    let (mut english, mut german) = (Follower::new(&lab, &page, "en").await, Follower::new(&lab, &page, "de").await);
    let token = visitor.tab.token().unwrap();
    visitor.act(Action::ExpireAccessToken).await;
    english.until(SOON, "The server rotated it: refresh token 1 replaces 0.").await;
    german.until(SOON, "Refresh-Token 1").await;
    visitor.act(Action::StealRefreshToken).await;
    english.until(SOON, "class=\"head thief\"").await;
    for secret in
        [&*token, &*visitor.tab.token().unwrap(), &*visitor.opened.email, &*visitor.opened.mount, "ttr_", "eyJ"]
    {
        assert!(!english.all.contains(secret) && !german.all.contains(secret), "{secret}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_goes_on_in_the_sandbox_after_a_reset_and_ends_with_its_visitor() {
    let lab = Lab::start().await;
    let visitor = lab.signed_in().await;
    let page = share(&visitor).await;
    let mut follower = Follower::new(&lab, &page, "en").await;
    visitor.try_act(Action::Reset).await;
    lab.sandboxes.purge_idle();
    let opened: OpenedSandbox = visitor.browser.post("/lab/open", "null", &[]).await.parsed();
    assert_ne!(opened.mount, visitor.opened.mount);
    follower.until(LONG, "Nothing has happened yet.").await;
    assert_eq!(lab.browser().get(&page).await.status, StatusCode::OK);

    visitor
        .browser
        .post(&[&*opened.mount, "/-/act"].concat(), &serde_json::to_string(&Action::Reset).unwrap(), &[])
        .await;
    lab.sandboxes.purge_idle();
    lab.clock.advance(Duration::from_secs(3 * 60));
    lab.sandboxes.purge_idle();
    let gone = async { while follower.next().await.0 != "gone" {} };
    timeout(LONG, gone).await.expect("nobody is told that it is over");
    assert_eq!(lab.browser().get(&page).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_follow_are_bounded() {
    let lab = Lab::start().await;
    let page = share(&lab.visitor().await).await;
    let browser = lab.browser();
    let events = [&*page, "/events"].concat();
    let mut followers = Vec::new();
    for _ in 0..FOLLOWERS_PER_MIRROR {
        let response = browser.begin(&events).await;
        assert_eq!(response.status(), StatusCode::OK);
        followers.push(response);
    }
    assert_eq!(browser.get(&events).await.code(), "temporarily_unavailable");
    followers.pop();
    let again = async { while browser.begin(&events).await.status() != StatusCode::OK {} };
    timeout(LONG, again).await.expect("one who has left keeps the place");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_is_none_is_asked_for_again_and_one_typed_by_hand_is_found() {
    let lab = Lab::start().await;
    let browser = lab.browser();
    let unknown = browser.get("/follow/NOTHING").await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    assert!(unknown.body.contains("No presentation has this code") && unknown.body.contains("name=\"code\""));
    assert_eq!(browser.get("/follow/NOTHING/events").await.code(), "not_found");
    assert_eq!(browser.get("/follow").await.status, StatusCode::OK);
    let page = share(&lab.visitor().await).await;
    let (first, second) = page["/follow/".len()..].split_at(5);
    let typed = browser.get(&format!("/follow?code={}-{}", first.to_lowercase(), second.to_lowercase())).await;
    assert_eq!((typed.status, typed.headers["location"].to_str().unwrap()), (StatusCode::SEE_OTHER, &*page));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_visitor_with_a_sandbox_is_followed_and_only_from_this_site() {
    let lab = Lab::start().await;
    let stranger: Browser = lab.browser();
    assert_eq!(stranger.post("/lab/follow", "", &[]).await.code(), "not_found");
    let visitor = lab.visitor().await;
    let elsewhere = [("sec-fetch-site", "cross-site"), ("origin", "http://evil.example")];
    let refused = visitor.browser.send_as(Method::POST, "/lab/follow", &elsewhere).await;
    assert_eq!(refused.code(), "cross_site_request");
}
