//! Stolen tokens: what they are good for with every defence, and without one of them.

use axum::http::{Method, StatusCode};
use two_tokens::lab::model::event::{Action, Defence, Ruling, SandboxCredentials, Tamper};

use super::support::{Lab, Visitor, rulings, story};
use crate::support::form;

const REPLAYS: [(bool, bool); 4] = [(true, false), (false, false), (true, true), (false, true)];

fn replay((thief_first, within_grace): (bool, bool)) -> Action {
    Action::StealAndReplay { thief_first, within_grace }
}

async fn weaken(visitor: &Visitor, defence: Defence) {
    visitor.act(Action::Weaken { defence, weak: true }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_thief_comes_first_and_is_caught_with_the_third_presentation() {
    let visitor = Lab::start().await.signed_in().await;
    let events = visitor.act(replay((true, false))).await;
    assert_eq!(
        story(&events),
        [
            &["stole 0"][..],
            &["Thief POST /api/auth/refresh", "Rotate 0", "rotated", "row 1 5", "200"],
            &["jump 11"],
            &["Tab POST /api/auth/refresh", "ReKey 0", "rotated", "row 2 4", "200"],
            &["Thief POST /api/auth/refresh", "Reuse 1", "ended reuse", "row 2 1", "401 refresh_token_reused"],
            &["Tab GET /api/notes/list", "access Revoked", "401 session_revoked"],
        ]
        .concat()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_victim_comes_first_and_both_are_out() {
    let visitor = Lab::start().await.signed_in().await;
    let events = visitor.act(replay((false, false))).await;
    assert_eq!(
        story(&events),
        [
            &["stole 0"][..],
            &["Tab POST /api/auth/refresh", "Rotate 0", "rotated", "row 1 5", "200"],
            &["jump 11"],
            &["Thief POST /api/auth/refresh", "ReKey 0", "rotated", "row 2 4", "200"],
            &["Tab POST /api/auth/refresh", "Reuse 1", "ended reuse", "row 2 1", "401 refresh_token_reused"],
            &["Thief POST /api/auth/refresh", "Ended 2", "401 session_revoked"],
        ]
        .concat()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_signature_check_is_off_in_one_sandbox_alone_until_it_is_restored() {
    let lab = Lab::start().await;
    let (weak, other) = (lab.signed_in().await, lab.signed_in().await);
    weaken(&weak, Defence::SignatureCheck).await;
    let forges = async |visitor: &Visitor| {
        let events = visitor.act(Action::Tamper { how: Tamper::OtherKey }).await;
        story(&events).last().cloned().unwrap()
    };
    assert_eq!(forges(&weak).await, "200");
    assert_eq!(forges(&other).await, "401 access_token_invalid");
    weak.act(Action::Weaken { defence: Defence::SignatureCheck, weak: false }).await;
    assert_eq!(forges(&weak).await, "401 access_token_invalid");
}

#[tokio::test(flavor = "multi_thread")]
async fn within_the_grace_nobody_is_caught_which_is_its_price() {
    let lab = Lab::start().await;
    for thief_first in [true, false] {
        let visitor = lab.signed_in().await;
        let events = visitor.act(replay((thief_first, true))).await;
        assert_eq!(rulings(&events), [Ruling::Rotate, Ruling::Replay]);
        // The next rotation by one of them catches the other, once that one comes late.
        visitor.act(Action::ThiefRefreshes).await;
        visitor.act(Action::JumpClock { seconds: 11 }).await;
        visitor.tab.refresh().await;
        let events = visitor.act(Action::ThiefRefreshes).await;
        assert_eq!(rulings(&events), [Ruling::Reuse]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_grace_the_second_presentation_is_caught() {
    let lab = Lab::start().await;
    for case in REPLAYS {
        let visitor = lab.signed_in().await;
        weaken(&visitor, Defence::Grace).await;
        let events = visitor.act(replay(case)).await;
        assert_eq!(rulings(&events)[..2], [Ruling::Rotate, Ruling::Reuse], "{case:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_reuse_detection_the_thief_stays() {
    let lab = Lab::start().await;
    for case in REPLAYS {
        let visitor = lab.signed_in().await;
        weaken(&visitor, Defence::ReuseDetection).await;
        let events = visitor.act(replay(case)).await;
        assert!(!rulings(&events).contains(&Ruling::Reuse), "{case:?}");
        assert_eq!(story(&visitor.act(Action::ThiefRefreshes).await).last().unwrap(), "200", "{case:?}");
        assert_eq!(visitor.tab.refresh().await.unwrap().status, StatusCode::OK, "{case:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stolen_access_token_dies_with_its_session_unless_that_is_weak() {
    let lab = Lab::start().await;
    for (weak, last) in [(false, "401 session_revoked"), (true, "200")] {
        let visitor = lab.signed_in().await;
        assert_eq!(story(&visitor.act(Action::StealAccessToken).await), ["stole access"]);
        assert_eq!(story(&visitor.act(Action::ThiefCalls).await), ["Thief GET /api/notes/list", "access Valid", "200"]);
        if weak {
            weaken(&visitor, Defence::InstantRevocation).await;
        }
        visitor.act(Action::SignOutHere).await;
        assert_eq!(story(&visitor.act(Action::ThiefCalls).await).last().unwrap(), last);
        visitor.act(Action::Weaken { defence: Defence::InstantRevocation, weak: false }).await;
        let strong = story(&visitor.act(Action::ThiefCalls).await);
        assert_eq!(strong.last().unwrap(), "401 session_revoked");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_from_a_bound_device_is_refused_at_the_door_unless_that_is_weak() {
    let lab = Lab::start().await;
    let visitor = lab.signed_in().await;
    let events = visitor.act(Action::StealFromBoundDevice).await;
    assert_eq!(rulings(&events), [Ruling::Unbound, Ruling::Rotate]);
    let told = story(&events);
    let at = told.iter().position(|word| word == "Thief POST /api/auth/refresh").unwrap();
    assert_eq!(
        told[at - 1..at + 3],
        ["stole 0", "Thief POST /api/auth/refresh", "Unbound 0", "401 refresh_token_unbound"]
    );
    assert_eq!(told.last().unwrap(), "200", "the device goes on");

    let visitor = lab.signed_in().await;
    weaken(&visitor, Defence::DeviceBinding).await;
    let events = visitor.act(Action::StealFromBoundDevice).await;
    assert_eq!(rulings(&events)[0], Ruling::Rotate, "the thief has the session");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visitors_own_browser_is_not_asked_to_bind_its_session() {
    let lab = Lab::start().await;
    let visitor = lab.visitor().await;
    let SandboxCredentials { email, password, .. } = visitor.tab.credentials().await;
    let path = format!("{}/api/auth/login", visitor.opened.mount);
    let body = form(&[("email", &email), ("password", &password)]);
    let headers = [("content-type", "application/x-www-form-urlencoded"), ("origin", &*lab.base)];
    let answer = visitor.browser.post(&path, &body, &headers).await.expect(StatusCode::OK);
    assert!(answer.headers.get("secure-session-registration").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leaked_row_signs_nobody_in() {
    let visitor = Lab::start().await.signed_in().await;
    let events = visitor.act(Action::LeakDatabase).await;
    assert_eq!(story(&events), ["stole row", "Thief POST /api/auth/refresh", "401 refresh_token_invalid"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_is_made_of_what_the_browser_holds_now() {
    let visitor = Lab::start().await.signed_in().await;
    visitor.tab.refresh().await;
    assert_eq!(story(&visitor.act(Action::StealRefreshToken).await), ["stole 1"]);
    let events = visitor.act(Action::ThiefRefreshes).await;
    assert_eq!(rulings(&events), [Ruling::Rotate]);
    visitor.act(Action::SignOutHere).await;
    assert_eq!(visitor.try_act(Action::StealRefreshToken).await.code(), "validation_failed");
}

/// A request as another site's page makes the browser send it.
async fn from_elsewhere(visitor: &Visitor, site: &str) -> StatusCode {
    let path = format!("{}/api/auth/logout", visitor.opened.mount);
    let headers = [("sec-fetch-site", site), ("origin", "http://evil.example")];
    visitor.browser.send_as(Method::POST, &path, &headers).await.status
}

#[tokio::test(flavor = "multi_thread")]
async fn another_site_signs_out_only_without_the_origin_check() {
    let visitor = Lab::start().await.signed_in().await;
    for site in ["cross-site", "same-site"] {
        assert_eq!(from_elsewhere(&visitor, site).await, StatusCode::FORBIDDEN);
        let told = story(&visitor.log().await);
        assert_eq!(told[told.len() - 2..], ["OtherSite POST /api/auth/logout", "403 cross_site_request"]);
    }
    weaken(&visitor, Defence::OriginCheck).await;
    assert_eq!(from_elsewhere(&visitor, "same-site").await, StatusCode::NO_CONTENT);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_weakened_cookie_is_set_without_its_attribute() {
    let visitor = Lab::start().await.signed_in().await;
    for (defence, gone) in [(Defence::SameSite, "SameSite=Strict"), (Defence::HttpOnly, "HttpOnly")] {
        let line = async || {
            let answer = visitor.tab.refresh().await.unwrap();
            answer.headers["set-cookie"].to_str().unwrap().to_owned()
        };
        assert!(line().await.contains(gone));
        weaken(&visitor, defence).await;
        assert!(!line().await.contains(gone));
        visitor.act(Action::Weaken { defence, weak: false }).await;
    }
}
