use axum::http::{StatusCode, header};
use serde_json::Value;

use crate::support::{Client, PASSWORD, TestApp, days, seconds};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                      Version/18.5 Mobile/15E148 Safari/604.1";

async fn history(client: &mut Client) -> Vec<Value> {
    let answer = client.get("/api/account/history").await.expect(StatusCode::OK);
    assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
    answer.json().as_array().unwrap().clone()
}

async fn notices(client: &mut Client) -> Vec<Value> {
    client.get("/api/account/notices").await.expect(StatusCode::OK).json().as_array().unwrap().clone()
}

fn kinds(history: &[Value]) -> Vec<&str> {
    history.iter().map(|entry| entry["kind"].as_str().unwrap()).collect()
}

/// Ada's laptop is signed in, a thief copies its refresh token, it is rotated twice, and the copy is presented.
async fn robbed(app: &TestApp) -> Client {
    let mut ada = app.client().with_browser(FIREFOX);
    ada.register("ada@example.com", PASSWORD).await.expect(StatusCode::OK);
    let mut thief = ada.thief().with_browser("curl/8.14.1");
    for _ in 0..2 {
        app.pass(seconds(11));
        ada.refresh().await.expect(StatusCode::OK);
    }
    thief.refresh().await.refused(401, "refresh_token_reused");
    ada
}

#[tokio::test]
async fn a_person_reads_what_happened_and_from_where() {
    let app = TestApp::start().await;
    let mut laptop = app.client().with_browser(FIREFOX);
    laptop.register("ada@example.com", PASSWORD).await.expect(StatusCode::OK);
    app.pass(seconds(1));
    let mut phone = app.client().with_browser(IPHONE);
    phone.login("ada@example.com", "not the right password").await.refused(401, "invalid_credentials");
    phone.login("ada@example.com", PASSWORD).await.expect(StatusCode::OK);
    phone.logout().await.expect(StatusCode::NO_CONTENT);
    phone.login("ada@example.com", PASSWORD).await.expect(StatusCode::OK);
    let id = phone.me().await.json()["session_id"].as_str().unwrap().to_owned();
    laptop.post("/api/account/revoke_session", &[("id", &id)]).await.expect(StatusCode::NO_CONTENT);
    laptop
        .post("/api/account/delete_account", &[("password", "wrong wrong wrong")])
        .await
        .refused(422, "validation_failed");
    let told = history(&mut laptop).await;
    assert_eq!(
        kinds(&told),
        [
            "account_deletion_refused",
            "session_ended",
            "signed_in",
            "signed_out",
            "signed_in",
            "sign_in_refused",
            "signed_in",
            "signed_up"
        ]
    );
    let devices: Vec<_> = told.iter().map(|entry| entry["device"].as_str().unwrap()).collect();
    let (on_laptop, on_phone) = ("Firefox on Linux", "Safari on iPhone");
    assert_eq!(devices, [on_laptop, on_laptop, on_phone, on_phone, on_phone, on_phone, on_laptop, on_laptop]);
    assert_eq!((&told[1]["reason"], &told[3]["reason"]), (&"signed_out_elsewhere".into(), &"logout".into()));
    let here: Vec<_> = told.iter().map(|entry| entry["current_session"].as_bool().unwrap()).collect();
    assert_eq!(here, [true, false, false, false, false, false, true, false]);
    assert_eq!(told[7]["at"], app.now().millis() - 1000);
}

#[tokio::test]
async fn nobody_reads_another_persons_history() {
    let app = TestApp::start().await;
    app.registered("ada@example.com").await;
    let mut eve = app.registered("eve@example.com").await;
    assert_eq!(kinds(&history(&mut eve).await), ["signed_in", "signed_up"]);
}

#[tokio::test]
async fn the_history_is_the_last_fifty_events_and_goes_back_half_a_year() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    for _ in 0..30 {
        app.pass(days(1));
        ada.login("ada@example.com", PASSWORD).await.expect(StatusCode::OK);
    }
    assert_eq!(history(&mut ada).await.len(), 50);
    app.pass(days(170));
    ada.login("ada@example.com", PASSWORD).await.expect(StatusCode::OK);
    app.maintain().await;
    let oldest = history(&mut ada).await.pop().unwrap();
    assert_eq!(oldest["at"].as_i64().unwrap(), app.now().millis() - 180 * 24 * 3_600_000);
}

#[tokio::test]
async fn a_theft_is_told_at_the_next_sign_in_until_the_owner_dismisses_it() {
    let app = TestApp::start().await;
    let signed_in_at = app.now().millis();
    let mut ada = robbed(&app).await;
    let robbed_at = app.now().millis();
    ada.me().await.refused(401, "session_revoked");
    // The rows of the session and of its events go by age, what must be told does not.
    app.pass(days(400));
    app.maintain().await;
    ada.login("ada@example.com", PASSWORD).await.expect(StatusCode::OK);
    let mut phone = app.client();
    phone.login("ada@example.com", PASSWORD).await.expect(StatusCode::OK);
    for client in [&mut ada, &mut phone] {
        let told = notices(client).await;
        assert_eq!(told.len(), 1);
        assert_eq!((&told[0]["device"], &told[0]["session_device"]), (&"curl".into(), &"Firefox on Linux".into()));
        assert_eq!((&told[0]["at"], &told[0]["session_signed_in_at"]), (&robbed_at.into(), &signed_in_at.into()));
    }
    let id = notices(&mut ada).await[0]["id"].as_str().unwrap().to_owned();
    ada.post("/api/account/dismiss_notice", &[("id", &id)]).await.expect(StatusCode::NO_CONTENT);
    ada.post("/api/account/dismiss_notice", &[("id", &id)]).await.refused(404, "not_found");
    assert!(notices(&mut ada).await.is_empty() && notices(&mut phone).await.is_empty());
}

#[tokio::test]
async fn the_history_says_that_a_token_came_back() {
    let app = TestApp::start().await;
    let mut ada = robbed(&app).await;
    ada.login("ada@example.com", PASSWORD).await.expect(StatusCode::OK);
    let told = history(&mut ada).await;
    assert_eq!(kinds(&told)[..2], ["signed_in", "refresh_token_reused"]);
    assert_eq!((&told[1]["device"], &told[1]["reason"]), (&"curl".into(), &"reuse".into()));
}

#[tokio::test]
async fn nobody_sees_or_dismisses_another_persons_notice() {
    let app = TestApp::start().await;
    let mut ada = robbed(&app).await;
    ada.login("ada@example.com", PASSWORD).await.expect(StatusCode::OK);
    let id = notices(&mut ada).await[0]["id"].as_str().unwrap().to_owned();
    let mut eve = app.registered("eve@example.com").await;
    assert!(notices(&mut eve).await.is_empty());
    for id in [id.as_str(), "", "nonsense"] {
        eve.post("/api/account/dismiss_notice", &[("id", id)]).await.refused(404, "not_found");
    }
    assert_eq!(notices(&mut ada).await.len(), 1);
}

#[tokio::test]
async fn a_deleted_account_takes_its_notices_along() {
    let app = TestApp::start().await;
    let mut ada = robbed(&app).await;
    ada.login("ada@example.com", PASSWORD).await.expect(StatusCode::OK);
    ada.post("/api/account/delete_account", &[("password", PASSWORD)]).await.expect(StatusCode::NO_CONTENT);
    let mut again = app.registered("ada@example.com").await;
    assert!(notices(&mut again).await.is_empty());
    assert_eq!(kinds(&history(&mut again).await), ["signed_in", "signed_up"]);
}
