use axum::{
    body::Body,
    http::{HeaderValue, Method, StatusCode, header},
};
use futures::future::join_all;
use two_tokens::auth::model::event::EventKind;
use two_tokens::auth::model::user::UserId;

use two_tokens::auth::token::refresh::RefreshTokenKey;

use crate::support::{Answer, Cookies, HINT_COOKIE, PASSWORD, REFRESH_COOKIE, TestApp, days, seconds, secret};

#[tokio::test]
async fn cookies_that_are_not_ascii_or_not_text_hide_no_refresh_token() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    for other in ["stadt=Zürich; ".as_bytes(), b"odd=\xff\xfe; ", b"\xe2\x82; "] {
        let line = [other, REFRESH_COOKIE.as_bytes(), b"=", ada.refresh_token().as_bytes()].concat();
        let mut request = ada.request(Method::POST, "/api/auth/refresh").body(Body::empty()).unwrap();
        request.headers_mut().insert(header::COOKIE, HeaderValue::from_bytes(&line).unwrap());
        ada.send(request).await.expect(StatusCode::OK);
    }
}

#[tokio::test]
async fn each_refresh_rotates_the_token() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    let mut seen = vec![ada.refresh_token()];
    for _ in 0..12 {
        app.pass(seconds(60));
        let answer = ada.refresh().await.expect(StatusCode::OK);
        assert_eq!(answer.json()["user"]["email"], "ada@example.com");
        assert!(!seen.contains(&ada.refresh_token()));
        seen.push(ada.refresh_token());
        ada.me().await.expect(StatusCode::OK);
    }
}

#[tokio::test]
async fn two_at_once_get_the_same_successor() {
    let app = TestApp::with(&["--throttle", "off"]).await;
    let ada = app.registered("ada@example.com").await;
    let tabs: Vec<_> = (0..40).map(|_| ada.clone()).collect();
    let racers = tabs.into_iter().map(|mut tab| {
        tokio::spawn(async move {
            tab.refresh().await.expect(StatusCode::OK);
            tab.refresh_token()
        })
    });
    let mut successors: Vec<_> = join_all(racers).await.into_iter().map(Result::unwrap).collect();
    successors.dedup();
    assert_eq!(successors.len(), 1);
    assert_ne!(successors[0], ada.refresh_token());
}

#[tokio::test]
async fn inside_the_grace_the_old_token_gets_the_same_successor_and_nothing_moves() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    let mut late = ada.clone();
    ada.refresh().await.expect(StatusCode::OK);
    app.pass(seconds(10));
    let answer = late.refresh().await.expect(StatusCode::OK);
    assert_eq!(late.refresh_token(), ada.refresh_token());
    let max_age = days(7).as_secs() - 10;
    assert!(answer.set_cookies()[0].ends_with(&format!("Max-Age={max_age}")), "the idle limit slid");
}

#[tokio::test]
async fn a_lost_answer_costs_nothing_however_late_it_is_noticed() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    let before = ada.cookies.clone();
    ada.refresh().await.expect(StatusCode::OK);
    let lost = ada.refresh_token();
    ada.cookies = before;
    app.pass(days(3));
    ada.refresh().await.expect(StatusCode::OK);
    assert_ne!(ada.refresh_token(), lost);
    app.pass(seconds(60));
    ada.refresh().await.expect(StatusCode::OK);
}

#[tokio::test]
async fn the_lost_token_is_a_tripwire() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    let before = ada.cookies.clone();
    ada.refresh().await.expect(StatusCode::OK);
    let mut thief = ada.thief();
    ada.cookies = before;
    app.pass(seconds(60));
    ada.refresh().await.expect(StatusCode::OK);
    thief.refresh().await.refused(401, "refresh_token_reused");
    ada.refresh().await.refused(401, "session_revoked");
}

#[tokio::test]
async fn a_replay_after_the_grace_ends_the_session_for_both_and_says_so() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    let mut thief = ada.thief();
    for _ in 0..2 {
        app.pass(seconds(11));
        ada.refresh().await.expect(StatusCode::OK);
    }
    let answer = thief.refresh().await.refused(401, "refresh_token_reused");
    assert!(answer.set_cookies().is_empty(), "the refresh endpoint never clears the cookie");
    assert_eq!(answer.json()["reason"], "reuse");
    assert!(answer.headers.get(header::WWW_AUTHENTICATE).is_none());
    let refused = ada.me().await.refused(401, "session_revoked");
    assert_eq!(refused.headers[header::WWW_AUTHENTICATE], r#"Bearer error="invalid_token""#);
    let refused = ada.refresh().await.refused(401, "session_revoked");
    assert_eq!(refused.json()["reason"], "reuse");
    assert!(refused.headers.get(header::WWW_AUTHENTICATE).is_none());
}

#[tokio::test]
async fn reuse_is_recorded_and_other_sessions_go_on() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    let mut phone = app.client();
    phone.login("ada@example.com", PASSWORD).await.expect(StatusCode::OK);
    let mut thief = ada.thief();
    for _ in 0..2 {
        app.pass(seconds(11));
        ada.refresh().await.expect(StatusCode::OK);
    }
    thief.refresh().await.refused(401, "refresh_token_reused");
    let id = phone.me().await.expect(StatusCode::OK).json()["id"].as_str().unwrap().to_owned();
    let events = app.store.events_of_user(UserId::parse(&id).unwrap(), 1).await.unwrap();
    assert_eq!((events[0].kind, events[0].detail.as_str()), (EventKind::TokenReuse, "reuse"));
    phone.refresh().await.expect(StatusCode::OK);
}

#[tokio::test]
async fn with_no_grace_every_second_use_is_reuse() {
    let app = TestApp::with(&["--refresh-grace", "0s"]).await;
    let mut ada = app.registered("ada@example.com").await;
    let mut late = ada.clone();
    ada.refresh().await.expect(StatusCode::OK);
    late.refresh().await.refused(401, "refresh_token_reused");
}

#[tokio::test]
async fn an_idle_session_expires_and_use_moves_the_limit() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    app.pass(days(6));
    ada.refresh().await.expect(StatusCode::OK);
    app.pass(days(6));
    ada.refresh().await.expect(StatusCode::OK);
    app.pass(days(7));
    let answer = ada.refresh().await;
    assert_eq!(answer.refused(401, "refresh_token_expired").json()["reason"], "idle_limit");
}

#[tokio::test]
async fn the_absolute_limit_never_moves() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    for day in 1..30_u64 {
        app.pass(days(1));
        let answer = ada.refresh().await.expect(StatusCode::OK);
        let left = 7.min(30 - day);
        assert!(answer.set_cookies()[0].ends_with(&format!("Max-Age={}", days(left).as_secs())), "day {day}");
    }
    app.pass(days(1));
    let answer = ada.refresh().await;
    assert_eq!(answer.refused(401, "refresh_token_expired").json()["reason"], "absolute_limit");
}

#[tokio::test]
async fn an_access_token_never_outlives_its_session() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    for _ in 0..29 {
        app.pass(days(1));
        ada.refresh().await.expect(StatusCode::OK);
    }
    app.pass(days(1) - seconds(100));
    assert_eq!(ada.refresh().await.expect(StatusCode::OK).json()["expires_in"], 100);
}

#[tokio::test]
async fn without_a_cookie_or_with_two_or_with_a_forged_one_nothing_happens() {
    let app = TestApp::start().await;
    app.client().refresh().await.refused(401, "refresh_token_missing");
    let mut ada = app.registered("ada@example.com").await;
    let good = ada.cookies.clone();
    let token = ada.refresh_token();
    let mut forged = token.clone();
    forged.replace_range(20..21, if &token[20..21] == "A" { "B" } else { "A" });
    for bad in [forged.as_str(), "", "x", "ttr_", &token[..token.len() - 1], &format!("{token}A")] {
        ada.cookies = Cookies::of(REFRESH_COOKIE, bad);
        ada.refresh().await.refused(401, "refresh_token_invalid");
    }
    ada.cookies = Cookies::of(REFRESH_COOKIE, token.as_str()).and(REFRESH_COOKIE, token.as_str());
    let twice = ada.refresh().await.refused(401, "refresh_token_invalid");
    assert!(twice.json()["detail"].as_str().unwrap().contains("two sign-in cookies"));
    ada.cookies = good;
    ada.refresh().await.expect(StatusCode::OK);
}

/// Both cookies expire and are cleared together, so the hint alone means that somebody else took the other one away.
#[tokio::test]
async fn a_browser_whose_cookies_were_cleared_is_told_so_and_a_stranger_is_not() {
    let app = TestApp::start().await;
    let detail = |answer: Answer| answer.json()["detail"].as_str().unwrap().to_owned();
    let stranger = detail(app.client().refresh().await.refused(401, "refresh_token_missing"));
    let mut ada = app.registered("ada@example.com").await;
    ada.cookies = Cookies::of(HINT_COOKIE, "1");
    let cleared = ada.refresh().await.refused(401, "refresh_token_missing");
    assert!(detail(cleared).contains("its cookies were cleared"));
    let cleared = ada.post("/api/auth/reauthenticate", &[("password", PASSWORD)]).await;
    assert!(detail(cleared.refused(401, "refresh_token_missing")).contains("its cookies were cleared"));
    assert!(!stranger.contains("cleared"));
}

#[tokio::test]
async fn a_token_ahead_of_a_restored_database_is_refused_but_no_theft() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    let id = two_tokens::auth::model::session::SessionId::parse(ada.me().await.json()["session_id"].as_str().unwrap())
        .unwrap();
    let session = app.store.session(id).await.unwrap().unwrap();
    let ahead = RefreshTokenKey::new(&secret()).token(id, &session.salt, 5);
    let mut restored = ada.clone();
    restored.cookies = Cookies::of(REFRESH_COOKIE, ahead.reveal());
    restored.refresh().await.refused(401, "refresh_token_invalid");
    let events = app.store.events_of_user(session.user_id, 1).await.unwrap();
    assert_eq!(events[0].kind, EventKind::TokenAhead);
    ada.refresh().await.expect(StatusCode::OK);
}
