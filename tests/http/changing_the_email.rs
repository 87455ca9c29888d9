use axum::http::StatusCode;

use crate::support::{Answer, Client, PASSWORD, TestApp, seconds};

async fn change(client: &mut Client, email: &str, password: &str) -> Answer {
    client.post("/api/account/change_email", &[("email", email), ("password", password)]).await
}

#[tokio::test]
async fn a_new_address_signs_in_and_the_old_one_no_more() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    let mut phone = app.client();
    phone.login("ada@example.com", PASSWORD).await.expect(StatusCode::OK);
    // The password itself is asked for, however old the sign-in is.
    app.pass(seconds(700));
    let user = change(&mut ada, " Countess@Example.COM ", PASSWORD).await.expect(StatusCode::OK).json();
    assert_eq!(user["email"], "Countess@Example.COM");
    for client in [&mut ada, &mut phone] {
        let answer = client.refresh().await.expect(StatusCode::OK);
        assert_eq!(answer.json()["user"], user);
    }
    app.client().login("ada@example.com", PASSWORD).await.refused(401, "invalid_credentials");
    app.client().login("countess@example.com", PASSWORD).await.expect(StatusCode::OK);
    app.registered("ada@example.com").await;
}

#[tokio::test]
async fn an_invalid_new_address_is_refused_at_its_field() {
    let app = TestApp::start().await;
    app.registered("eve@example.com").await;
    let mut ada = app.registered("ada@example.com").await;
    let taken = change(&mut ada, "EVE@example.com", PASSWORD).await.refused(409, "email_taken");
    assert_eq!(taken.json()["field"], "email");
    for (email, password, field) in [
        ("", PASSWORD, "email"),
        ("no address", PASSWORD, "email"),
        ("new@example.com", "not the password", "password"),
    ] {
        let answer = change(&mut ada, email, password).await.refused(422, "validation_failed");
        assert_eq!(answer.json()["field"], field, "{email}");
    }
    assert_eq!(ada.refresh().await.expect(StatusCode::OK).json()["user"]["email"], "ada@example.com");
}

/// Only a client that knows the password learns whether an address is taken; registration tells it anyway.
#[tokio::test]
async fn a_wrong_password_is_told_before_whether_the_address_is_free() {
    let app = TestApp::start().await;
    app.registered("eve@example.com").await;
    let mut ada = app.registered("ada@example.com").await;
    change(&mut ada, "eve@example.com", "not the password").await.refused(422, "validation_failed");
}

#[tokio::test]
async fn the_history_tells_of_a_change_and_of_attempts_and_keeps_no_address() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    change(&mut ada, "new@example.com", "not the password").await.refused(422, "validation_failed");
    change(&mut ada, "new@example.com", PASSWORD).await.expect(StatusCode::OK);
    // The same again changes nothing, and is not told.
    change(&mut ada, " new@example.com ", PASSWORD).await.expect(StatusCode::OK);
    let answer = ada.get("/api/account/history").await.expect(StatusCode::OK);
    let told = answer.json();
    assert_eq!((&told[0]["kind"], &told[1]["kind"]), (&"email_changed".into(), &"email_change_refused".into()));
    assert_eq!(told[2]["kind"], "signed_in");
    assert!(!answer.body.contains("example.com"));
}
