//! One submission that is sent twice has one outcome (idempotency key).

use axum::http::StatusCode;

use crate::support::{Answer, Client, PASSWORD, TestApp, seconds};

const KEY: &str = "0190a5c3-0000-7000-8000-00000000000a";
const NEW: &str = "a wholly new battery staple";

fn fields(email: &'static str, key: &'static str) -> [(&'static str, &'static str); 3] {
    [("email", email), ("password", PASSWORD), ("idempotency_key", key)]
}

/// How many sessions the user of a client has.
async fn sessions(client: &mut Client) -> usize {
    client.get("/api/account/sessions").await.json().as_array().unwrap().len()
}

#[tokio::test]
async fn a_registration_sent_twice_makes_one_account_and_one_session() {
    let app = TestApp::start().await;
    let (mut first, mut second) = (app.client(), app.client());
    let sent = fields("ada@example.com", KEY);
    let (one, other) = tokio::join!(first.post("/api/auth/register", &sent), second.post("/api/auth/register", &sent));
    for answer in [&one, &other] {
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    }
    let mut living = 0;
    for client in [&mut first, &mut second] {
        if client.refresh().await.status == StatusCode::OK {
            assert_eq!(sessions(client).await, 1);
            living += 1;
        }
    }
    assert_eq!(living, 1, "the session of the lost answer lives on");
    // The answer was lost, and the person presses the button again later.
    app.pass(seconds(60));
    let mut again = app.client();
    again.post("/api/auth/register", &sent).await.expect(StatusCode::OK);
    assert_eq!(sessions(&mut again).await, 1);
}

#[tokio::test]
async fn a_registration_of_another_key_or_another_password_is_refused() {
    let app = TestApp::start().await;
    app.client().post("/api/auth/register", &fields("ada@example.com", KEY)).await.expect(StatusCode::OK);
    for sent in [
        fields("ada@example.com", ""),
        fields("ada@example.com", "another"),
        [("email", "ada@example.com"), ("password", NEW), ("idempotency_key", KEY)],
    ] {
        app.client().post("/api/auth/register", &sent).await.refused(409, "email_taken");
    }
    // The key of one account opens no other.
    app.client().post("/api/auth/register", &fields("eve@example.com", "eve's")).await.expect(StatusCode::OK);
    app.client().post("/api/auth/register", &fields("ada@example.com", "eve's")).await.refused(409, "email_taken");
    // The same form, corrected: a new account.
    app.client().post("/api/auth/register", &fields("grace@example.com", KEY)).await.expect(StatusCode::OK);
    let long = "x".repeat(65);
    let too_long = [("email", "a@example.com"), ("password", PASSWORD), ("idempotency_key", &*long)];
    for path in ["/api/auth/register", "/api/auth/login"] {
        let refused = app.client().post(path, &too_long).await.refused(422, "validation_failed").json();
        assert_eq!(refused["field"], "idempotency_key");
    }
}

#[tokio::test]
async fn a_plain_form_sent_twice_makes_one_account_and_one_session() {
    let app = TestApp::start().await;
    for (path, to) in [("/api/auth/form/register", "/notes"), ("/api/auth/form/login", "/notes")] {
        let mut browser = app.client();
        let mut lost = app.client();
        for client in [&mut lost, &mut browser] {
            let answer = client.post(path, &fields("ada@example.com", KEY)).await.expect(StatusCode::SEE_OTHER);
            assert_eq!(answer.headers["location"], to);
        }
        browser.refresh().await.expect(StatusCode::OK);
        assert_eq!(sessions(&mut browser).await, 1);
        lost.refresh().await.refused(401, "session_revoked");
    }
}

#[tokio::test]
async fn each_page_has_a_key_of_its_own() {
    let app = TestApp::start().await;
    let key = async |path| {
        let body = app.client().get(path).await.expect(StatusCode::OK).body;
        let at = body.find("name=\"idempotency_key\"").unwrap();
        let tag = &body[body[..at].rfind("<input").unwrap()..];
        let value = tag.split_once("value=\"").unwrap().1.split_once('"').unwrap().0.to_owned();
        assert!(uuid::Uuid::try_parse(&value).is_ok(), "{value:?}");
        value
    };
    for path in ["/login", "/register"] {
        assert_ne!(key(path).await, key(path).await);
    }
}

#[tokio::test]
async fn a_sign_in_sent_twice_opens_one_session() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    let (mut lost, mut again) = (app.client(), app.client());
    for client in [&mut lost, &mut again] {
        client.post("/api/auth/login", &fields("ada@example.com", KEY)).await.expect(StatusCode::OK);
    }
    lost.refresh().await.refused(401, "session_revoked");
    lost.get("/api/account/me").await.refused(401, "session_revoked");
    assert_eq!(sessions(&mut again).await, 2, "the session of another browser goes on");
    ada.refresh().await.expect(StatusCode::OK);
    // A key signs nobody in.
    let wrong = [("email", "ada@example.com"), ("password", NEW), ("idempotency_key", KEY)];
    app.client().post("/api/auth/login", &wrong).await.refused(401, "invalid_credentials");
    again.refresh().await.expect(StatusCode::OK);
}

async fn change(client: &mut Client, old: &str, new: &str, key: &str) -> Answer {
    let sent = [("current_password", old), ("new_password", new), ("idempotency_key", key)];
    client.post("/api/account/change_password", &sent).await
}

#[tokio::test]
async fn a_new_password_sent_twice_is_set_once() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    change(&mut ada, PASSWORD, NEW, KEY).await.expect(StatusCode::OK);
    // Its answer was lost: the old password is no longer the account's.
    change(&mut ada, PASSWORD, NEW, KEY).await.expect(StatusCode::OK);
    change(&mut ada, PASSWORD, NEW, "another").await.refused(422, "validation_failed");
    change(&mut ada, PASSWORD, "yet another battery staple", KEY).await.refused(422, "validation_failed");
    let history = ada.get("/api/account/history").await.json();
    let changes = history.as_array().unwrap().iter().filter(|event| event["kind"] == "password_changed").count();
    assert_eq!(changes, 1, "{history}");
    app.client().login("ada@example.com", NEW).await.expect(StatusCode::OK);
    // The same form again, for the next password.
    change(&mut ada, NEW, PASSWORD, KEY).await.expect(StatusCode::OK);
    app.client().login("ada@example.com", PASSWORD).await.expect(StatusCode::OK);
}
