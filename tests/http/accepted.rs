//! What was accepted is carried out, whole, whether or not its caller waits for it. `interleavings` tries the orders in which use
//! cases meet; these are the single promises.

use std::pin::pin;

use axum::http::StatusCode;
use futures::{FutureExt as _, future};
use sqlx::{Connection as _, SqliteConnection};
use two_tokens::api::edge::client_address::PlainListener;
use two_tokens::auth::model::event::EventKind;
use two_tokens::auth::token::keys::{KeyState, StoredKey};
use two_tokens::server::{pages, serve};

use crate::support::{Client, PASSWORD, TestApp, days, seconds};

const NEW: &str = "a new long password";

async fn change_password(client: &mut Client, old: &str, new: &str) -> crate::support::Answer {
    client.post("/api/account/change_password", &[("current_password", old), ("new_password", new)]).await
}

/// Another process has the write lock until this is rolled back.
async fn locked(app: &TestApp) -> SqliteConnection {
    let mut other = SqliteConnection::connect(&app.database_url).await.unwrap();
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    other
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_waits_for_what_was_accepted_from_a_client_that_left() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    let mut other = locked(&app).await;
    {
        let mut call = pin!(app.state.auth.disable_user("ada@example.com"));
        while app.state.auth.settled().now_or_never().is_some() {
            assert!(futures::poll!(&mut call).is_pending(), "carried out under another process's lock");
            tokio::task::yield_now().await;
        }
    }
    let listener = PlainListener(tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap());
    let (state, stop) = (app.state.clone(), future::ready(()));
    let mut serving = pin!(serve::serve(listener, state, pages::pages(), stop, serve::no_extra_routes));
    let waited = tokio::time::timeout(std::time::Duration::from_millis(300), &mut serving).await;
    assert!(waited.is_err(), "the server ended before what it had accepted was written");
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    serving.await.unwrap();
    ada.me().await.refused(401, "session_revoked");
    assert!(app.store.user_by_email("ada@example.com").await.unwrap().unwrap().disabled_at.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_password_changes_at_once_one_is_done_and_the_other_is_told_so() {
    let app = TestApp::unthrottled().await;
    app.registered("ada@example.com").await;
    let mut current = PASSWORD.to_owned();
    for round in 0..10 {
        let (mut laptop, mut phone) = (app.client(), app.client());
        laptop.login("ada@example.com", &current).await.expect(StatusCode::OK);
        phone.login("ada@example.com", &current).await.expect(StatusCode::OK);
        let (on_laptop, on_phone) = (format!("new on the laptop {round}"), format!("new on the phone {round}"));
        let (one, two) = tokio::join!(
            change_password(&mut laptop, &current, &on_laptop),
            change_password(&mut phone, &current, &on_phone)
        );
        let (refused, new) = match (one.status, two.status) {
            (StatusCode::OK, _) => (two, on_laptop),
            (_, StatusCode::OK) => (one, on_phone),
            other => panic!("{other:?}"),
        };
        // The loser's own session ended with the winner's change, or its password is not the current one any more.
        assert!(refused.status == StatusCode::UNAUTHORIZED || refused.status == StatusCode::UNPROCESSABLE_ENTITY);
        app.client().login("ada@example.com", &new).await.expect(StatusCode::OK);
        current = new;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_session_opened_with_the_old_password_survives_the_new_one() {
    let app = TestApp::unthrottled().await;
    let mut laptop = app.registered("ada@example.com").await;
    let mut current = PASSWORD.to_owned();
    for round in 0..10 {
        let new = format!("a new long password {round}");
        // Each signs in again and again, so some are under way when the new password commits.
        let mut sign_ins = Vec::new();
        for _ in 0..4 {
            let (mut client, current) = (app.client(), current.clone());
            client.login("ada@example.com", &current).await.expect(StatusCode::OK);
            sign_ins.push(tokio::spawn(async move {
                while client.login("ada@example.com", &current).await.status == StatusCode::OK {}
                client
            }));
        }
        let sign_ins = future::join_all(sign_ins);
        let (changed, signed_in) = tokio::join!(change_password(&mut laptop, &current, &new), sign_ins);
        changed.expect(StatusCode::OK);
        for client in signed_in {
            let mut client = client.unwrap();
            client.me().await.refused(401, "session_revoked");
            client.refresh().await.refused(401, "session_revoked");
        }
        laptop.me().await.expect(StatusCode::OK);
        current = new;
    }
}

#[tokio::test]
async fn a_sign_in_in_the_second_of_a_new_password_works_and_the_ended_ones_do_not() {
    let app = TestApp::start().await;
    let mut laptop = app.registered("ada@example.com").await;
    let mut phone = app.client();
    phone.login("ada@example.com", PASSWORD).await.expect(StatusCode::OK);
    change_password(&mut laptop, PASSWORD, NEW).await.expect(StatusCode::OK);
    let mut tablet = app.client();
    tablet.login("ada@example.com", NEW).await.expect(StatusCode::OK);
    let mut restarted = (laptop.clone().at(app.beside(&[]).await), phone.clone().at(app.beside(&[]).await));
    for client in [&mut laptop, &mut tablet, &mut restarted.0] {
        client.me().await.expect(StatusCode::OK);
    }
    for client in [&mut phone, &mut restarted.1] {
        client.me().await.refused(401, "session_revoked");
    }
    // The session that went on then may end like any other, and does so for the tokens of before.
    tablet.post("/api/account/revoke_other_sessions", &[]).await.expect(StatusCode::OK);
    laptop.me().await.refused(401, "session_revoked");
    tablet.me().await.expect(StatusCode::OK);
}

#[tokio::test]
async fn the_sign_in_beyond_a_hundred_ends_the_session_unused_longest() {
    let app = TestApp::unthrottled().await;
    let mut first = app.registered("ada@example.com").await;
    let mut second = app.client();
    app.pass(seconds(1));
    second.login("ada@example.com", PASSWORD).await.expect(StatusCode::OK);
    app.pass(seconds(1));
    first.refresh().await.expect(StatusCode::OK);
    for _ in 0..98 {
        app.client().login("ada@example.com", PASSWORD).await.expect(StatusCode::OK);
    }
    second.me().await.expect(StatusCode::OK);
    let mut beyond = app.client();
    beyond.login("ada@example.com", PASSWORD).await.expect(StatusCode::OK);
    assert_eq!(second.me().await.refused(401, "session_revoked").json()["reason"], "session_limit");
    second.refresh().await.refused(401, "session_revoked");
    first.me().await.expect(StatusCode::OK);
    let listed = beyond.get("/api/account/sessions").await.expect(StatusCode::OK).json();
    assert_eq!((listed.as_array().unwrap().len(), &listed[0]["current"]), (100, &true.into()));
    let told = beyond.get("/api/account/history").await.expect(StatusCode::OK).json();
    let reasons: Vec<_> = told.as_array().unwrap().iter().filter_map(|entry| entry["reason"].as_str()).collect();
    assert_eq!(reasons, ["session_limit"]);
}

#[tokio::test]
async fn a_step_of_the_maintenance_that_fails_does_not_stop_the_others() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    let id = two_tokens::auth::model::user::UserId::parse(ada.me().await.json()["id"].as_str().unwrap()).unwrap();
    let corrupt = StoredKey {
        kid: "corrupt".into(),
        state: KeyState::Next,
        sealed: vec![1, 2, 3],
        created_at: app.now(),
        activated_at: None,
        retired_at: None,
    };
    let active = app.keys().active_kid;
    assert!(app.store.rotate_signing_keys(&active, &corrupt, app.now()).await.unwrap());
    app.pass(days(400));
    app.state.auth.maintain().await.unwrap_err();
    assert!(app.store.events_of_user(id, 9).await.unwrap().is_empty(), "old events stay when a key is corrupt");
    assert!(app.store.sessions_of_user(id).await.unwrap().is_empty(), "old sessions stay when a key is corrupt");
}

/// One event cannot be written, as with a full disk: nothing else is.
#[tokio::test]
async fn what_cannot_be_recorded_does_not_happen() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    let mut phone = app.client();
    phone.login("ada@example.com", PASSWORD).await.expect(StatusCode::OK);
    let mut other = SqliteConnection::connect(&app.database_url).await.unwrap();
    let refuse = async |other: &mut SqliteConnection, kind: EventKind| {
        let trigger = format!(
            "CREATE TRIGGER refuse BEFORE INSERT ON security_events WHEN NEW.kind = '{}' \
             BEGIN SELECT RAISE(ABORT, 'refused'); END",
            kind.as_str()
        );
        sqlx::query(sqlx::AssertSqlSafe(trigger)).execute(other).await.unwrap();
    };
    let deletion = [("password", PASSWORD)];
    let renaming = [("email", "new@example.com"), ("password", PASSWORD)];
    for kind in [EventKind::TokenRevoked, EventKind::PasswordChange, EventKind::EmailChange, EventKind::UserDeleted] {
        refuse(&mut other, kind).await;
        match kind {
            EventKind::EmailChange => ada.post("/api/account/change_email", &renaming).await.unavailable(),
            EventKind::UserDeleted => ada.post("/api/account/delete_account", &deletion).await.unavailable(),
            _ => change_password(&mut ada, PASSWORD, NEW).await.unavailable(),
        };
        if kind == EventKind::TokenRevoked {
            phone.clone().logout().await.unavailable();
            app.state.auth.disable_user("ada@example.com").await.unwrap_err();
        }
        for client in [&mut ada, &mut phone] {
            client.me().await.expect(StatusCode::OK);
            client.refresh().await.expect(StatusCode::OK);
        }
        sqlx::query("DROP TRIGGER refuse").execute(&mut other).await.unwrap();
    }
    refuse(&mut other, EventKind::LoginSuccess).await;
    app.client().login("ada@example.com", PASSWORD).await.unavailable();
    app.client().register("eve@example.com", PASSWORD).await.unavailable();
    sqlx::query("DROP TRIGGER refuse").execute(&mut other).await.unwrap();
    let listed = ada.get("/api/account/sessions").await.expect(StatusCode::OK).json();
    assert_eq!(listed.as_array().unwrap().len(), 2, "a session of nobody");
    // The retry is honest: nothing was done, so it is done now.
    app.client().register("eve@example.com", PASSWORD).await.expect(StatusCode::OK);
    assert_eq!(change_password(&mut ada, PASSWORD, NEW).await.expect(StatusCode::OK).json()["ended"], 1);
    phone.me().await.refused(401, "session_revoked");
}
