//! The download of a user's data.

use axum::http::{StatusCode, header};
use two_tokens::api::account::EXPORT;

use crate::support::{PASSWORD, TestApp};

#[tokio::test]
async fn the_export_has_all_of_a_user_nothing_of_others_and_no_secret() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    let mut eve = app.registered("eve@example.com").await;
    for number in 0..60 {
        ada.post("/api/notes/create", &[("title", &*number.to_string()), ("body", "")]).await.expect(StatusCode::OK);
    }
    eve.post("/api/notes/create", &[("title", "Eve's"), ("body", "")]).await.expect(StatusCode::OK);
    let answer = ada.get(EXPORT).await.expect(StatusCode::OK);
    assert_eq!(answer.headers[header::CONTENT_DISPOSITION], "attachment; filename=\"two-tokens-data.json\"");
    assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
    let data = answer.json();
    assert_eq!(data["account"]["email"], "ada@example.com");
    assert_eq!(data["sessions"], ada.get("/api/account/sessions").await.json());
    assert_eq!(data["history"], ada.get("/api/account/history").await.json());
    assert_eq!(data["notices"], serde_json::json!([]));
    assert_eq!(data["notes"].as_array().unwrap().len(), 60, "more than a page");
    for secret in ["Eve's", "eve@example.com", "argon2", PASSWORD] {
        assert!(!answer.body.contains(secret), "{secret}");
    }
    app.client().get(EXPORT).await.refused(401, "access_token_missing");
}
