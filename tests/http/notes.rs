use axum::http::StatusCode;

use crate::support::{TestApp, seconds};

#[tokio::test]
async fn a_note_is_written_read_changed_and_deleted() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    let note = ada.post("/api/notes/create", &[("title", "First"), ("body", "Hello & <b>grüße</b>")]).await;
    let note = note.expect(StatusCode::OK).json();
    let id = note["id"].as_str().unwrap();
    app.pass(seconds(1));
    let changed = ada.post("/api/notes/update", &[("id", id), ("title", "Second"), ("body", "")]).await.json();
    assert_eq!(changed["title"], "Second");
    assert!(changed["updated_at"].as_i64() > note["updated_at"].as_i64());
    assert_eq!(ada.get("/api/notes/list").await.json(), serde_json::json!([changed]));
    let gone = ada.post("/api/notes/delete", &[("id", id)]).await.expect(StatusCode::NO_CONTENT);
    assert!(gone.body.is_empty());
    ada.post("/api/notes/delete", &[("id", id)]).await.refused(404, "not_found");
    assert_eq!(ada.get("/api/notes/list").await.body, "[]");
}

#[tokio::test]
async fn a_note_whose_answer_was_lost_is_sent_again_and_stays_one_note() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    let id = "0190a5c3-0000-7000-8000-00000000000a";
    let fields = |title| [("id", id), ("title", title), ("body", "")];
    ada.post("/api/notes/create", &fields("Milk")).await.expect(StatusCode::OK);
    let again = ada.post("/api/notes/create", &fields("Milk and rolls")).await.expect(StatusCode::OK).json();
    assert_eq!(again["id"], id);
    assert_eq!(ada.get("/api/notes/list").await.json(), serde_json::json!([again]));

    let mut eve = app.registered("eve@example.com").await;
    eve.post("/api/notes/create", &fields("Mine")).await.refused(404, "not_found");
    let refused = ada.post("/api/notes/create", &[("id", "one"), ("title", "x"), ("body", "")]).await;
    assert_eq!(refused.refused(422, "validation_failed").json()["field"], "id");
}

#[tokio::test]
async fn another_persons_note_does_not_exist() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    let mut eve = app.registered("eve@example.com").await;
    let note = ada.post("/api/notes/create", &[("title", "Mine"), ("body", "secret")]).await.json();
    let id = note["id"].as_str().unwrap();
    eve.post("/api/notes/update", &[("id", id), ("title", "Yours"), ("body", "")]).await.refused(404, "not_found");
    eve.post("/api/notes/delete", &[("id", id)]).await.refused(404, "not_found");
    assert_eq!(eve.get("/api/notes/list").await.body, "[]");
    assert_eq!(ada.get("/api/notes/list").await.json()[0]["body"], "secret");
}

#[tokio::test]
async fn an_invalid_note_is_refused_at_its_field() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    let (long_title, long_body) = ("t".repeat(201), "b".repeat(10_001));
    for (title, body, field) in [
        ("", "x", "title"),
        (" \n", "x", "title"),
        (&long_title, "x", "title"),
        ("x", &long_body, "body"),
        ("\0", "x", "title"),
        ("x", "\0", "body"),
    ] {
        let answer = ada.post("/api/notes/create", &[("title", title), ("body", body)]).await;
        assert_eq!(answer.refused(422, "validation_failed").json()["field"], field);
    }
    let longest = "ß".repeat(10_000);
    ada.post("/api/notes/create", &[("title", "x"), ("body", &longest)]).await.expect(StatusCode::OK);
}
