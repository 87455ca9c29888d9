use axum::http::{StatusCode, header};
use futures::future::join_all;
use two_tokens::auth::model::event::EventKind;
use two_tokens::auth::model::session::{Session, SessionId};

use crate::support::{Answer, Client, PASSWORD, TestApp, days, seconds};

async fn reauthenticate(client: &mut Client, password: &str) -> Answer {
    client.post("/api/auth/reauthenticate", &[("password", password)]).await
}

async fn session(app: &TestApp, client: &mut Client) -> Session {
    let id = client.me().await.expect(StatusCode::OK).json()["session_id"].as_str().unwrap().to_owned();
    app.store.session(SessionId::parse(&id).unwrap()).await.unwrap().unwrap()
}

/// The `auth_time` of the access token, in milliseconds.
async fn auth_time(client: &mut Client) -> i64 {
    client.me().await.expect(StatusCode::OK).json()["signed_in_at"].as_i64().unwrap()
}

#[tokio::test]
async fn sensitive_actions_need_a_password_entered_in_the_last_ten_minutes() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    let mut phone = app.client();
    phone.login("ada@example.com", PASSWORD).await.expect(StatusCode::OK);
    let other = session(&app, &mut phone).await.id.to_string();
    let calls: [(&str, &[(&str, &str)]); 3] = [
        ("/api/account/revoke_session", &[("id", &other)]),
        ("/api/account/revoke_other_sessions", &[]),
        ("/api/account/dismiss_notice", &[("id", &other)]),
    ];
    app.pass(seconds(601));
    for (path, fields) in calls {
        let answer = ada.post(path, fields).await.refused(401, "insufficient_user_authentication");
        assert_eq!(
            answer.headers[header::WWW_AUTHENTICATE],
            r#"Bearer error="insufficient_user_authentication", error_description="a more recent sign-in is needed", max_age="600""#
        );
        assert_eq!(answer.json()["detail"], "Enter your password again to do this.");
    }
    phone.me().await.expect(StatusCode::OK);
    reauthenticate(&mut ada, PASSWORD).await.expect(StatusCode::OK);
    app.pass(seconds(600));
    ada.post("/api/account/revoke_session", &[("id", &other)]).await.expect(StatusCode::NO_CONTENT);
    assert_eq!(ada.post("/api/account/revoke_other_sessions", &[]).await.expect(StatusCode::OK).json()["ended"], 0);
}

#[tokio::test]
async fn signing_out_and_reading_need_no_step_up() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    app.pass(days(3));
    ada.refresh().await.expect(StatusCode::OK);
    for path in ["me", "sessions", "history", "notices"] {
        ada.get(&format!("/api/account/{path}")).await.expect(StatusCode::OK);
    }
    let own = session(&app, &mut ada).await.id.to_string();
    ada.post("/api/account/revoke_session", &[("id", &own)]).await.expect(StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_plain_refresh_is_no_step_up() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    let signed_in_at = app.now().millis();
    for _ in 0..12 {
        app.pass(seconds(60));
        let mut late = ada.clone();
        for racer in [&mut ada, &mut late] {
            racer.refresh().await.expect(StatusCode::OK);
            assert_eq!(auth_time(racer).await, signed_in_at);
        }
    }
    ada.post("/api/account/revoke_other_sessions", &[]).await.refused(401, "insufficient_user_authentication");
}

#[tokio::test]
async fn a_step_up_moves_auth_time_and_refreshes_keep_it() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    let before = session(&app, &mut ada).await;
    let old = ada.refresh_token();
    app.pass(days(2));
    let answer = reauthenticate(&mut ada, PASSWORD).await.expect(StatusCode::OK);
    assert_eq!(answer.json()["session_id"], before.id.to_string());
    assert_ne!(ada.refresh_token(), old);
    let entered_at = app.now().millis();
    assert_eq!(auth_time(&mut ada).await, entered_at);
    app.pass(seconds(300));
    ada.refresh().await.expect(StatusCode::OK);
    assert_eq!(auth_time(&mut ada).await, entered_at);
    // The sign-in itself, and the longest life of the session, stay where they were.
    let after = session(&app, &mut ada).await;
    assert_eq!((after.created_at, after.absolute_expires_at), (before.created_at, before.absolute_expires_at));
    let listed = ada.get("/api/account/sessions").await.json();
    assert_eq!(listed[0]["signed_in_at"], before.created_at.millis());
}

#[tokio::test]
async fn a_wrong_password_leaves_the_session_as_it_was() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    app.pass(seconds(700));
    let (before, token) = (session(&app, &mut ada).await, ada.refresh_token());
    for wrong in ["not the right password", "", "\0"] {
        let answer = reauthenticate(&mut ada, wrong).await.refused(401, "invalid_credentials");
        assert!(answer.set_cookies().is_empty());
        assert!(answer.headers.get(header::WWW_AUTHENTICATE).is_none());
    }
    assert_eq!((session(&app, &mut ada).await, ada.refresh_token()), (before.clone(), token));
    let events = app.store.events_of_user(before.user_id, 4).await.unwrap();
    assert!(events[..3].iter().all(|event| event.kind == EventKind::ReauthenticationFail), "{events:?}");
    assert!(events[0].device.contains("Test/1.0") && events[0].session_id == Some(before.id));
    reauthenticate(&mut ada, PASSWORD).await.expect(StatusCode::OK);
    let told = ada.get("/api/account/history").await.json();
    assert_eq!((&told[0]["kind"], &told[1]["kind"]), (&"reauthenticated".into(), &"reauthentication_refused".into()));
}

#[tokio::test]
async fn another_persons_password_is_no_step_up() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    app.client().register("eve@example.com", "another horse battery staple").await.expect(StatusCode::OK);
    reauthenticate(&mut ada, "another horse battery staple").await.refused(401, "invalid_credentials");
}

#[tokio::test]
async fn the_refresh_token_is_judged_before_the_password() {
    let app = TestApp::start().await;
    reauthenticate(&mut app.client(), PASSWORD).await.refused(401, "refresh_token_missing");
    let mut ada = app.registered("ada@example.com").await;
    let mut thief = ada.thief();
    for _ in 0..2 {
        app.pass(seconds(11));
        ada.refresh().await.expect(StatusCode::OK);
    }
    let computed = app.passwords.computed();
    reauthenticate(&mut thief, PASSWORD).await.refused(401, "refresh_token_reused");
    reauthenticate(&mut ada, PASSWORD).await.refused(401, "session_revoked");
    assert_eq!(app.passwords.computed(), computed, "a password was looked at");
}

#[tokio::test]
async fn a_step_up_while_other_tabs_refresh_counts_and_ends_no_session() {
    let app = TestApp::start().await;
    for round in 0..5 {
        let ada = app.registered(&format!("ada{round}@example.com")).await;
        app.pass(seconds(700));
        // Five tabs ask for the password: as many as may guess at once.
        let racers = (0..24).map(|index| {
            let mut tab = ada.clone();
            tokio::spawn(async move {
                let answer =
                    if index % 5 == 0 { reauthenticate(&mut tab, PASSWORD).await } else { tab.refresh().await };
                answer.expect(StatusCode::OK);
                tab
            })
        });
        let mut tabs: Vec<_> = join_all(racers).await.into_iter().map(Result::unwrap).collect();
        let mut successors: Vec<_> = tabs.iter().map(Client::refresh_token).collect();
        successors.dedup();
        assert_eq!(successors.len(), 1, "every tab has the same successor");
        for tab in tabs.iter_mut().step_by(5) {
            assert_eq!(auth_time(tab).await, app.now().millis());
        }
        // Whichever answer was the last to reach the browser: the next refresh goes on from it, and it is recent.
        app.pass(seconds(60));
        let ada = &mut tabs[1];
        ada.refresh().await.expect(StatusCode::OK);
        assert_eq!(auth_time(ada).await, app.now().millis() - 60_000);
    }
}

#[tokio::test]
async fn a_lost_answer_to_a_step_up_costs_nothing() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    let before = ada.cookies.clone();
    app.pass(seconds(700));
    reauthenticate(&mut ada, PASSWORD).await.expect(StatusCode::OK);
    let entered_at = app.now().millis();
    ada.cookies = before;
    app.pass(seconds(60));
    ada.refresh().await.expect(StatusCode::OK);
    assert_eq!(auth_time(&mut ada).await, entered_at);
}
