use axum::http::{StatusCode, header};

use crate::support::{Answer, Client, Cookies, PASSWORD, REFRESH_COOKIE, TestApp};

async fn change(client: &mut Client, old: &str, new: &str) -> Answer {
    client.post("/api/account/change_password", &[("current_password", old), ("new_password", new)]).await
}

#[tokio::test]
async fn common_and_personal_passwords_are_refused() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada.lovelace@example.com").await;
    for bad in ["passwordpassword", "aaaaaaaaaaaaaaaa", "qwertyuiopasdfgh", "ada.lovelace@example.com"] {
        let answer = app.client().register("ada.lovelace@example.com", bad).await.refused(422, "validation_failed");
        assert_eq!(answer.json()["field"], "password");
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.starts_with("This password is easy to guess: ") && !detail.contains(bad), "{detail}");
        let answer = change(&mut ada, PASSWORD, bad).await.refused(422, "validation_failed");
        assert_eq!(answer.json()["field"], "new_password");
    }
    change(&mut ada, "not my password at all", "passwordpassword").await.refused(422, "validation_failed");
}

#[tokio::test]
async fn any_characters_make_a_password() {
    let app = TestApp::start().await;
    for (index, password) in
        ["  spaces   on both ends  ", "😀🐎🔋📎🌍🎉🍕🚀🎸🧩🦊🌵🧲🪁🛶", "mein Hund heißt Waldi"].into_iter().enumerate()
    {
        let email = format!("ada{index}@example.com");
        app.client().register(&email, password).await.expect(StatusCode::OK);
        app.client().login(&email, password).await.expect(StatusCode::OK);
        app.client()
            .login(&email, password.trim_end_matches([' ', 'i', '🛶']))
            .await
            .refused(401, "invalid_credentials");
    }
}

#[tokio::test]
async fn how_long_a_password_must_be_can_be_set() {
    let app = TestApp::with(&["--password-min", "8"]).await;
    let short = app.client().register("ada@example.com", "7 chars").await.refused(422, "validation_failed");
    assert!(short.json()["detail"].as_str().unwrap().contains("at least 8 characters"));
    app.client().register("ada@example.com", "gR7-vu2kX").await.expect(StatusCode::OK);
    let app = TestApp::with(&["--password-min", "40"]).await;
    app.client().register("ada@example.com", PASSWORD).await.refused(422, "validation_failed");
    let page = app.client().get("/register").await.expect(StatusCode::OK).body;
    assert!(page.contains("At least 40 characters") && page.contains("data-password-min=\"40\""), "{page}");
}

/// A rule that came later locks nobody out.
#[tokio::test]
async fn a_password_that_would_not_be_taken_today_still_signs_in() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    let old = "passwordpassword";
    let hash = app.passwords.hash(old.to_owned().into()).await.unwrap();
    let id = ada.me().await.json()["id"].as_str().unwrap().to_owned();
    app.set_password_hash(two_tokens::auth::model::user::UserId::parse(&id).unwrap(), &hash).await;
    ada.login("ada@example.com", old).await.expect(StatusCode::OK);
    ada.post("/api/auth/reauthenticate", &[("password", old)]).await.expect(StatusCode::OK);
    change(&mut ada, old, PASSWORD).await.expect(StatusCode::OK);
}

#[tokio::test]
async fn a_suggested_passphrase_is_new_each_time_and_taken() {
    let app = TestApp::start().await;
    let mut anyone = app.client();
    let mut suggest = async || {
        let answer = anyone.post("/api/auth/suggest_passphrase", &[]).await.expect(StatusCode::OK);
        assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
        assert!(answer.set_cookies().is_empty());
        answer.json()["passphrase"].as_str().unwrap().to_owned()
    };
    let (first, second) = (suggest().await, suggest().await);
    assert_ne!(first, second);
    assert_eq!(first.split(' ').count(), 5);
    app.client().register("ada@example.com", &first).await.expect(StatusCode::OK);
    // Without a cookie and with a bad one it is the same.
    let mut odd = app.client();
    odd.cookies = Cookies::of(REFRESH_COOKIE, "ttr_nonsense");
    odd.post("/api/auth/suggest_passphrase", &[]).await.expect(StatusCode::OK);
}

#[tokio::test]
async fn a_password_manager_finds_where_to_change_it() {
    let app = TestApp::start().await;
    let mut manager = app.client();
    let answer = manager.get("/.well-known/change-password").await.expect(StatusCode::SEE_OTHER);
    assert_eq!(answer.headers[header::LOCATION], "/account");
    // By this one it knows that the server does not answer everything with success.
    manager
        .get("/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200")
        .await
        .expect(StatusCode::NOT_FOUND);
}
