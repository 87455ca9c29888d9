use axum::http::StatusCode;

use crate::support::{PASSWORD, TestApp, seconds};

#[tokio::test]
async fn the_list_shows_this_session_first_and_only_living_ones() {
    let app = TestApp::start().await;
    let mut laptop = app.registered("ada@example.com").await;
    app.pass(seconds(10));
    let mut phone = app.client();
    phone.login("ada@example.com", PASSWORD).await.expect(StatusCode::OK);
    let mut gone = app.client();
    gone.login("ada@example.com", PASSWORD).await.expect(StatusCode::OK);
    gone.logout().await.expect(StatusCode::NO_CONTENT);
    let sessions = laptop.get("/api/account/sessions").await.expect(StatusCode::OK).json();
    let current: Vec<_> =
        sessions.as_array().unwrap().iter().map(|session| session["current"].as_bool().unwrap()).collect();
    assert_eq!(current, [true, false]);
    assert_eq!(sessions[1]["device"], "Unknown browser on Linux");
}

#[tokio::test]
async fn ending_a_session_kills_its_access_token_at_once() {
    let app = TestApp::start().await;
    let mut laptop = app.registered("ada@example.com").await;
    let mut phone = app.client();
    phone.login("ada@example.com", PASSWORD).await.expect(StatusCode::OK);
    let id = phone.me().await.json()["session_id"].as_str().unwrap().to_owned();
    laptop.post("/api/account/revoke_session", &[("id", &id)]).await.expect(StatusCode::NO_CONTENT);
    assert_eq!(phone.me().await.refused(401, "session_revoked").json()["reason"], "signed_out_elsewhere");
    phone.refresh().await.refused(401, "session_revoked");
    laptop.me().await.expect(StatusCode::OK);
}

#[tokio::test]
async fn nobody_ends_another_persons_session() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    let mut eve = app.registered("eve@example.com").await;
    let id = ada.me().await.json()["session_id"].as_str().unwrap().to_owned();
    for id in [id.as_str(), "", "nonsense", "AAAAAAAAAAAAAAAAAAAAAA"] {
        eve.post("/api/account/revoke_session", &[("id", id)]).await.refused(404, "not_found");
    }
    ada.me().await.expect(StatusCode::OK);
}

#[tokio::test]
async fn ending_all_others_leaves_this_one() {
    let app = TestApp::start().await;
    let mut laptop = app.registered("ada@example.com").await;
    let mut others = Vec::new();
    for _ in 0..3 {
        let mut other = app.client();
        other.login("ada@example.com", PASSWORD).await.expect(StatusCode::OK);
        others.push(other);
    }
    let ended = laptop.post("/api/account/revoke_other_sessions", &[]).await.expect(StatusCode::OK);
    assert_eq!(ended.json()["ended"], 3);
    for mut other in others {
        other.me().await.refused(401, "session_revoked");
    }
    laptop.refresh().await.expect(StatusCode::OK);
}

#[tokio::test]
async fn a_new_password_ends_the_other_sessions() {
    let app = TestApp::start().await;
    let mut laptop = app.registered("ada@example.com").await;
    let mut phone = app.client();
    phone.login("ada@example.com", PASSWORD).await.expect(StatusCode::OK);
    let change = |old: &'static str, new: &'static str| [("current_password", old), ("new_password", new)];
    let wrong =
        laptop.post("/api/account/change_password", &change("not my password at all", "a new long password")).await;
    assert_eq!(wrong.refused(422, "validation_failed").json()["field"], "current_password");
    let short = laptop.post("/api/account/change_password", &change(PASSWORD, "short")).await;
    assert_eq!(short.refused(422, "validation_failed").json()["field"], "new_password");
    let changed = laptop.post("/api/account/change_password", &change(PASSWORD, "a new long password")).await;
    assert_eq!(changed.expect(StatusCode::OK).json()["ended"], 1);
    assert_eq!(phone.me().await.refused(401, "session_revoked").json()["reason"], "password_changed");
    app.client().login("ada@example.com", PASSWORD).await.refused(401, "invalid_credentials");
    app.client().login("ada@example.com", "a new long password").await.expect(StatusCode::OK);
}

#[tokio::test]
async fn a_new_password_can_keep_the_other_sessions() {
    let app = TestApp::start().await;
    let mut laptop = app.registered("ada@example.com").await;
    let mut phone = app.client();
    phone.login("ada@example.com", PASSWORD).await.expect(StatusCode::OK);
    let mut old = PASSWORD;
    for (new, keep, ended) in [("a new long password", "true", 0), ("and another long one", "false", 1)] {
        let fields = [("current_password", old), ("new_password", new), ("keep_other_sessions", keep)];
        let changed = laptop.post("/api/account/change_password", &fields).await.expect(StatusCode::OK);
        assert_eq!(changed.json()["ended"], ended);
        old = new;
    }
    phone.me().await.refused(401, "session_revoked");
    laptop.me().await.expect(StatusCode::OK);
}

#[tokio::test]
async fn a_deleted_account_takes_everything_with_it() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    ada.post("/api/notes/create", &[("title", "x"), ("body", "y")]).await.expect(StatusCode::OK);
    ada.post("/api/account/delete_account", &[("password", "wrong wrong wrong")])
        .await
        .refused(422, "validation_failed");
    ada.post("/api/account/delete_account", &[("password", PASSWORD)]).await.expect(StatusCode::NO_CONTENT);
    ada.me().await.refused(401, "session_revoked");
    ada.refresh().await.refused(401, "refresh_token_invalid");
    // Also an instance that starts later refuses what is left of the access token's life.
    let since = two_tokens::clock::Timestamp(app.now().millis() - 900_000);
    assert_eq!(app.store.users_revoked_since(since).await.unwrap().len(), 1);
    app.registered("ada@example.com").await.get("/api/notes/list").await.expect(StatusCode::OK);
}
