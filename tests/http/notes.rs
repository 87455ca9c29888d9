use axum::http::StatusCode;

use two_tokens::notes::protocol::{NOTES_BYTES_MAX, NOTES_MAX, NotePage, PAGE_BYTES, PAGE_NOTES};

use crate::support::{Client, TestApp, seconds};

const EMPTY: &str = r#"{"notes":[],"next":null}"#;

#[tokio::test]
async fn a_note_is_written_read_changed_and_deleted() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    let note = ada.post("/api/notes/create", &[("title", "First"), ("body", "Hello & <b>grüße</b>")]).await;
    let note = note.expect(StatusCode::OK).json();
    let id = note["id"].as_str().unwrap();
    app.pass(seconds(1));
    let second = [("id", id), ("version", "1"), ("title", "Second"), ("body", "")];
    let changed = ada.post("/api/notes/update", &second).await.json();
    assert_eq!((&changed["title"], &changed["version"]), (&"Second".into(), &2.into()));
    assert_eq!(ada.get(&format!("/api/notes/get?id={id}")).await.json(), changed);
    assert!(changed["updated_at"].as_i64() > note["updated_at"].as_i64());
    assert_eq!(ada.get("/api/notes/list").await.json(), serde_json::json!({ "notes": [changed], "next": null }));
    let as_seen = [("id", id), ("version", "2")];
    let gone = ada.post("/api/notes/delete", &as_seen).await.expect(StatusCode::NO_CONTENT);
    assert!(gone.body.is_empty());
    ada.post("/api/notes/delete", &as_seen).await.refused(404, "not_found");
    ada.get(&format!("/api/notes/get?id={id}")).await.refused(404, "not_found");
    assert_eq!(ada.get("/api/notes/list").await.body, EMPTY);
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
    assert_eq!(ada.get("/api/notes/list").await.json()["notes"], serde_json::json!([again]));

    let mut eve = app.registered("eve@example.com").await;
    eve.post("/api/notes/create", &fields("Mine")).await.refused(404, "not_found");
    let refused = ada.post("/api/notes/create", &[("id", "one"), ("title", "x"), ("body", "")]).await;
    assert_eq!(refused.refused(422, "validation_failed").json()["field"], "id");
}

#[tokio::test]
async fn a_write_that_has_not_seen_the_present_version_is_refused_and_changes_nothing() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    let note = ada.post("/api/notes/create", &[("title", "Milk"), ("body", "")]).await.json();
    let id = note["id"].as_str().unwrap();
    let of_version =
        |version, title, change| [("id", id), ("version", version), ("title", title), ("body", ""), ("change", change)];
    let key = "0190a5c3-0000-7000-8000-00000000000b";
    let other = "0190a5c3-0000-7000-8000-00000000000c";
    ada.post("/api/notes/update", &of_version("1", "Rolls", key)).await.expect(StatusCode::OK);
    // Its answer was lost.
    let again = ada.post("/api/notes/update", &of_version("1", "Rolls", key)).await.expect(StatusCode::OK).json();
    assert_eq!(again["version"], 2);
    let refused = ada.post("/api/notes/update", &of_version("1", "Butter", other)).await;
    refused.refused(412, "precondition_failed");
    ada.post("/api/notes/delete", &[("id", id), ("version", "1")]).await.refused(412, "precondition_failed");
    ada.post("/api/notes/delete", &[("id", id)]).await.refused(422, "validation_failed");
    ada.post("/api/notes/create", &[("id", id), ("title", "Milk"), ("body", "")])
        .await
        .refused(412, "precondition_failed");
    assert_eq!(ada.get("/api/notes/list").await.json()["notes"], serde_json::json!([again]));
    // A save that waited brings no deleted note back.
    ada.post("/api/notes/delete", &[("id", id), ("version", "2")]).await.expect(StatusCode::NO_CONTENT);
    ada.post("/api/notes/create", &[("id", id), ("title", "Milk"), ("body", "")])
        .await
        .refused(412, "precondition_failed");
    ada.post("/api/notes/update", &of_version("2", "Rolls", key)).await.refused(404, "not_found");
    assert_eq!(ada.get("/api/notes/list").await.body, EMPTY);
}

#[tokio::test]
async fn another_persons_note_does_not_exist() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    let mut eve = app.registered("eve@example.com").await;
    let note = ada.post("/api/notes/create", &[("title", "Mine"), ("body", "secret")]).await.json();
    let id = note["id"].as_str().unwrap();
    eve.post("/api/notes/update", &[("id", id), ("version", "1"), ("title", "Yours"), ("body", "")])
        .await
        .refused(404, "not_found");
    eve.post("/api/notes/delete", &[("id", id), ("version", "1")]).await.refused(404, "not_found");
    eve.get(&format!("/api/notes/get?id={id}")).await.refused(404, "not_found");
    assert_eq!(eve.get("/api/notes/list").await.body, EMPTY);
    assert_eq!(ada.get("/api/notes/list").await.json()["notes"][0]["body"], "secret");
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

async fn page(client: &mut Client, after: Option<&str>) -> NotePage {
    let path = after.map_or("/api/notes/list".to_owned(), |after| format!("/api/notes/list?after={after}"));
    client.get(&path).await.expect(StatusCode::OK).parsed()
}

#[tokio::test]
async fn the_list_comes_in_pages_bounded_in_notes_and_bytes() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    // Several of one time, so that a cursor needs more than the time.
    let count = PAGE_NOTES * 2 + 1;
    for number in 0..count {
        let title = number.to_string();
        ada.post("/api/notes/create", &[("title", &title), ("body", "")]).await.expect(StatusCode::OK);
        app.pass(seconds((number % 3 / 2).into()));
    }
    let (mut seen, mut after, mut pages) = (Vec::new(), None, 0);
    loop {
        let found = page(&mut ada, after.as_deref()).await;
        assert!(found.notes.len() <= PAGE_NOTES as usize);
        seen.extend(found.notes);
        pages += 1;
        match found.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    assert_eq!((pages, seen.len()), (3, count as usize));
    assert!(
        seen.is_sorted_by(|one, next| (one.updated_at, &one.id) > (next.updated_at, &next.id)),
        "out of order, or twice"
    );

    let long = "ü".repeat(10_000);
    for _ in 0..20 {
        ada.post("/api/notes/create", &[("title", "long"), ("body", &long)]).await.expect(StatusCode::OK);
    }
    let found = page(&mut ada, None).await;
    let bytes: usize = found.notes.iter().map(|note| note.title.len() + note.body.len()).sum();
    assert!(bytes <= PAGE_BYTES as usize && found.notes.len() == 13 && found.next.is_some(), "{bytes}");

    for bad in ["x", "1_x", "1"] {
        let refused = ada.get(&format!("/api/notes/list?after={bad}")).await;
        assert_eq!(refused.refused(422, "validation_failed").json()["field"], "after", "{bad}");
    }
    let mut eve = app.registered("eve@example.com").await;
    assert!(page(&mut eve, after.as_deref()).await.notes.is_empty(), "a cursor opened another person's list");
}

#[tokio::test]
async fn the_number_and_the_bytes_of_a_persons_notes_are_bounded() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    let long = "x".repeat(9_999);
    let mut last = serde_json::Value::Null;
    for _ in 0..NOTES_BYTES_MAX / 10_000 {
        last = ada.post("/api/notes/create", &[("title", "x"), ("body", &long)]).await.expect(StatusCode::OK).json();
    }
    let refused = ada.post("/api/notes/create", &[("title", "x"), ("body", "")]).await;
    let refused = refused.refused(409, "quota_reached").json();
    assert_eq!(refused["field"], "body");
    assert!(refused["detail"].as_str().unwrap().contains("5 MB"), "{refused}");
    let german = ada.post_with("/api/notes/create", &[("cookie", "lang=de")], &[("title", "x"), ("body", "")]).await;
    assert!(german.body.contains("Kürze sie"), "{}", german.body);
    let id = last["id"].as_str().unwrap();
    let longer = "x".repeat(10_000);
    ada.post("/api/notes/update", &[("id", id), ("version", "1"), ("title", "x"), ("body", &longer)])
        .await
        .refused(409, "quota_reached");
    ada.post("/api/notes/update", &[("id", id), ("version", "1"), ("title", "x"), ("body", "short")])
        .await
        .expect(StatusCode::OK);
    ada.post("/api/notes/create", &[("title", "x"), ("body", "fits")]).await.expect(StatusCode::OK);

    let mut eve = app.registered("eve@example.com").await;
    for _ in 0..NOTES_MAX {
        last = eve.post("/api/notes/create", &[("title", "x"), ("body", "")]).await.expect(StatusCode::OK).json();
    }
    let id = last["id"].as_str().unwrap();
    let refused = eve.post("/api/notes/create", &[("title", "x"), ("body", "")]).await.refused(409, "quota_reached");
    assert_eq!(refused.json()["field"], "title");
    // A lost answer may be asked for again.
    eve.post("/api/notes/create", &[("id", id), ("title", "again"), ("body", "")]).await.expect(StatusCode::OK);
    eve.post("/api/notes/delete", &[("id", id), ("version", "2")]).await.expect(StatusCode::NO_CONTENT);
    eve.post("/api/notes/create", &[("title", "x"), ("body", "")]).await.expect(StatusCode::OK);
}
