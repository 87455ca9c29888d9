use axum::http::{StatusCode, header};
use two_tokens::auth::model::event::EventKind;
use two_tokens::auth::model::user::UserId;
use two_tokens::auth::store::EndAll;
use two_tokens::protocol::session::RevokeReason;

use crate::support::{HINT_COOKIE, PASSWORD, TestApp, days, seconds};

#[tokio::test]
async fn a_new_person_gets_both_tokens() {
    let app = TestApp::start().await;
    let mut ada = app.client();
    let answer = ada.register("Ada@Example.com", PASSWORD).await.expect(StatusCode::OK);
    let body = answer.json();
    assert_eq!(body["token_type"], "Bearer");
    assert_eq!(body["expires_in"], 900);
    assert_eq!(body["user"]["email"], "Ada@Example.com");
    assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
    assert!(!answer.body.contains("ttr_"), "the refresh token belongs in the cookie alone");
    ada.me().await.expect(StatusCode::OK);
}

#[tokio::test]
async fn the_cookies_have_exactly_their_attributes() {
    let app = TestApp::start().await;
    let answer = app.client().register("ada@example.com", PASSWORD).await;
    let cookies = answer.set_cookies();
    let (value, attributes) = cookies[0].split_once("; ").unwrap();
    assert!(value.starts_with("__Secure-refresh-3000=ttr_"));
    assert_eq!(attributes, format!("HttpOnly; Secure; SameSite=Strict; Path=/api/auth; Max-Age={}", days(7).as_secs()));
    assert_eq!(cookies[1], format!("{HINT_COOKIE}=1; Secure; SameSite=Lax; Path=/; Max-Age={}", days(7).as_secs()));
    let (value, attributes) = cookies[2].split_once("; ").unwrap();
    assert!(value.starts_with("__Host-known-3000=ttb_"));
    assert_eq!(attributes, format!("HttpOnly; Secure; SameSite=Strict; Path=/; Max-Age={}", days(90).as_secs()));
    assert_eq!(cookies.len(), 3);
}

#[tokio::test]
async fn an_address_is_taken_once_however_it_is_typed() {
    let app = TestApp::start().await;
    app.registered("ada@example.com").await;
    app.client().register(" ADA@example.com ", PASSWORD).await.refused(409, "email_taken");
}

#[tokio::test]
async fn an_invalid_password_or_address_is_refused_at_its_field() {
    let app = TestApp::start().await;
    let long = "x".repeat(1025);
    for (email, password, field) in [
        ("", PASSWORD, "email"),
        ("no address", PASSWORD, "email"),
        ("ada@example.com", "", "password"),
        ("ada@example.com", "only 14 chars!", "password"),
        ("ada@example.com", &long, "password"),
    ] {
        let answer = app.client().register(email, password).await.refused(422, "validation_failed");
        assert_eq!(answer.json()["field"], field, "{email} {password}");
        assert!(answer.set_cookies().is_empty());
    }
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_sound_the_same() {
    let app = TestApp::start().await;
    app.registered("ada@example.com").await;
    let wrong = app.client().login("ada@example.com", "not the right password").await;
    let unknown = app.client().login("eve@example.com", "not the right password").await;
    assert_eq!(wrong.body, unknown.body);
    let wrong = wrong.refused(401, "invalid_credentials");
    assert!(wrong.headers.get(header::WWW_AUTHENTICATE).is_none());
    unknown.refused(401, "invalid_credentials");
}

/// The time is that of one digest with the same parameters; counting them says so on a busy machine as well.
#[tokio::test]
async fn an_unknown_address_costs_the_same_work_as_a_wrong_password() {
    let app = TestApp::start().await;
    app.registered("ada@example.com").await;
    for email in ["ada@example.com", "eve@example.com"] {
        let before = app.passwords.computed();
        app.client().login(email, "not the right password").await.refused(401, "invalid_credentials");
        assert_eq!(app.passwords.computed() - before, 1, "{email}");
    }
}

#[tokio::test]
async fn signing_in_ends_the_session_whose_cookie_came_along() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    let mut old = ada.clone();
    ada.login("ada@example.com", PASSWORD).await.expect(StatusCode::OK);
    assert_eq!(old.me().await.refused(401, "session_revoked").json()["reason"], "replaced");
    old.refresh().await.refused(401, "session_revoked");
    ada.me().await.expect(StatusCode::OK);
    ada.refresh().await.expect(StatusCode::OK);
}

#[tokio::test]
async fn a_disabled_person_cannot_sign_in_and_their_sessions_end_at_once() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    assert_eq!(app.state.auth.disable_user("Ada@example.com").await.unwrap(), 1);
    assert_eq!(ada.me().await.refused(401, "session_revoked").json()["reason"], "account_disabled");
    ada.refresh().await.refused(401, "session_revoked");
    app.client().login("ada@example.com", PASSWORD).await.refused(401, "invalid_credentials");
    app.state.auth.enable_user("ada@example.com").await.unwrap();
    app.client().login("ada@example.com", PASSWORD).await.expect(StatusCode::OK);
}

#[tokio::test]
async fn a_person_disabled_behind_the_servers_back_is_refused_at_the_next_refresh() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    let id = ada.me().await.json()["id"].as_str().unwrap().to_owned();
    let end = EndAll { kept: None, reason: RevokeReason::AccountDisabled, event: app.event(EventKind::TokenRevoked) };
    app.store.disable_user(UserId::parse(&id).unwrap(), &end).await.unwrap().unwrap();
    ada.refresh().await.refused(401, "session_revoked");
}

#[tokio::test]
async fn sign_in_events_are_recorded() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    app.pass(seconds(1));
    app.client().login("ada@example.com", "not the right password").await;
    let id = ada.me().await.json()["id"].as_str().unwrap().to_owned();
    let events = app.store.events_of_user(UserId::parse(&id).unwrap(), 10).await.unwrap();
    let kinds: Vec<_> = events.iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [EventKind::LoginFail, EventKind::LoginSuccess, EventKind::UserCreated]);
    assert!(events[0].device.contains("Test/1.0"));
}

#[tokio::test]
async fn a_plain_form_signs_in_and_is_sent_on() {
    let app = TestApp::start().await;
    app.registered("ada@example.com").await;
    let mut browser = app.client();
    // The last three are fields that an add-on has put there.
    let fields = [("email", "ada@example.com"), ("password", PASSWORD), ("x[]", "1"), ("", "b"), ("a=b", "c")];
    let answer = browser.post("/login", &fields).await;
    assert_eq!((answer.status, &answer.headers[header::LOCATION]), (StatusCode::SEE_OTHER, &"/notes".parse().unwrap()));
    browser.refresh().await.expect(StatusCode::OK);
}

#[tokio::test]
async fn a_plain_form_with_a_wrong_password_gets_its_page_again() {
    let app = TestApp::start().await;
    let answer =
        app.client().post("/login", &[("email", "ada@example.com"), ("password", "wrong but long enough")]).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(answer.body.contains("E-mail or password is wrong"));
    assert!(answer.body.contains("ada@example.com") && !answer.body.contains("wrong but long enough"));
    assert!(answer.set_cookies().is_empty());
}

#[tokio::test]
async fn a_plain_sign_in_ends_the_session_that_the_browser_had() {
    let app = TestApp::start().await;
    for (path, fields) in [
        ("/api/auth/form/login", [("email", "ada@example.com"), ("password", PASSWORD)]),
        ("/api/auth/form/register", [("email", "grace@example.com"), ("password", PASSWORD)]),
    ] {
        let mut ada = app.client();
        if ada.login("ada@example.com", PASSWORD).await.status != StatusCode::OK {
            ada = app.registered("ada@example.com").await;
        }
        let mut copy = ada.clone();
        let answer = ada.post(path, &fields).await.expect(StatusCode::SEE_OTHER);
        assert_eq!(answer.headers[header::LOCATION], "/notes");
        copy.refresh().await.refused(401, "session_revoked");
        ada.refresh().await.expect(StatusCode::OK);
    }
}

#[tokio::test]
async fn a_refused_plain_form_is_answered_with_its_page_and_the_address_of_it() {
    let app = TestApp::start().await;
    let wrong = [("email", "ada@example.com"), ("password", "wrong but long enough")];
    let answer = app.client().post("/api/auth/form/login?next=%2Faccount", &wrong).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(answer.body.contains("E-mail or password is wrong") && !answer.body.contains("There is nothing here"));
    assert!(answer.body.contains(r#"data-shown-at="/login?next=%2Faccount""#), "{}", answer.body);
    assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
    assert!(answer.set_cookies().is_empty(), "and the session that the browser has goes on");

    let opened_again = app.client().get("/api/auth/form/login").await.expect(StatusCode::SEE_OTHER);
    assert_eq!(opened_again.headers[header::LOCATION], "/login");
}
