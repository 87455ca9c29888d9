//! Missing, malformed, oversized, unknown: each answered with a code, never a 500, never a panic, and the server goes on.

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};

use crate::support::{PASSWORD, TestApp};

const POSTS: [&str; 15] = [
    "/api/auth/register",
    "/api/auth/login",
    "/api/auth/refresh",
    "/api/auth/logout",
    "/api/auth/suggest_passphrase",
    "/api/auth/reauthenticate",
    "/api/account/revoke_session",
    "/api/account/revoke_other_sessions",
    "/api/account/change_password",
    "/api/account/change_email",
    "/api/account/delete_account",
    "/api/account/dismiss_notice",
    "/api/notes/create",
    "/api/notes/update",
    "/api/notes/delete",
];

#[tokio::test]
async fn any_post_is_answered_with_a_code() {
    let app = TestApp::start().await;
    let ada = app.registered("ada@example.com").await;
    let bodies: [&[u8]; 12] = [
        b"",
        b"=",
        b"&&&&",
        b"email",
        b"email=%ff%fe&password=%00",
        b"email[]=a&email[]=b&password[x]=y&id[]=1&title[]=2",
        b"{\"email\":\"a\"}",
        b"\xff\xfe\x00\x01",
        b"email=a&email=b&password=c&id=1&id=2",
        b"%",
        b"title=%&body=%u1234",
        b"id=00000000-0000-0000-0000-000000000000&title=a&body=b%00",
    ];
    for path in POSTS {
        for body in bodies {
            for content_type in ["application/x-www-form-urlencoded", "application/json", "multipart/form-data", ""] {
                let mut client = ada.clone();
                let request = client.request(Method::POST, path).header(header::CONTENT_TYPE, content_type);
                let answer = client.send(request.body(Body::from(body)).unwrap()).await;
                let context = format!("{path} {content_type} {:?} -> {}", String::from_utf8_lossy(body), answer.status);
                assert!(answer.status.as_u16() < 500, "{context}");
                if !answer.status.is_success() {
                    assert!(answer.code().len() > 3, "{context}");
                }
            }
        }
    }
    app.registered("still@example.com").await;
}

#[tokio::test]
async fn a_missing_field_is_named() {
    let app = TestApp::start().await;
    let answer = app.client().post("/api/auth/login", &[("email", "ada@example.com")]).await;
    assert_eq!(answer.refused(422, "validation_failed").json()["field"], "password");
    let mut ada = app.registered("ada@example.com").await;
    let answer = ada.post("/api/notes/create", &[("body", "x")]).await;
    assert_eq!(answer.refused(422, "validation_failed").json()["field"], "title");
}

#[tokio::test]
async fn too_much_is_refused_whether_or_not_it_says_how_much_it_is() {
    let app = TestApp::start().await;
    let ada = app.registered("ada@example.com").await;
    let huge = format!("title=x&body={}", "y".repeat(2_000_000));
    for path in POSTS {
        let mut client = ada.clone();
        let announced = client.request(Method::POST, path).header(header::CONTENT_LENGTH, huge.len());
        let answer = client.send(announced.body(Body::from(huge.clone())).unwrap()).await;
        answer.refused(422, "validation_failed");
        let chunks = futures::stream::iter(vec![Ok::<_, std::io::Error>(huge.clone())]);
        let streamed = client.request(Method::POST, path).body(Body::from_stream(chunks)).unwrap();
        client.send(streamed).await.refused(422, "validation_failed");
    }
}

#[tokio::test]
async fn unknown_paths_are_not_found_and_a_known_one_says_which_methods_it_takes() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    for path in ["/api/auth/nothing", "/api/notes/nothing", "/api/nothing", "/api/", "/api/auth/../notes/list"] {
        ada.get(path).await.refused(404, "not_found");
    }
    for path in POSTS {
        let refused = ada.get(path).await.refused(405, "method_not_allowed");
        assert_eq!(refused.headers[header::ALLOW], "POST");
    }
    for method in [Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS] {
        let gets =
            ["/api/notes/list", "/api/account/export", "/healthz", "/openapi.json"].map(|path| (path, "GET,HEAD"));
        for (path, allowed) in [("/api/auth/login", "POST")].into_iter().chain(gets) {
            let request = ada.request(method.clone(), path).body(Body::empty()).unwrap();
            let refused = ada.send(request).await.refused(405, "method_not_allowed");
            assert_eq!(refused.headers[header::ALLOW], allowed, "{path}");
        }
    }
    app.client().get("/api/notes/create").await.refused(401, "access_token_missing");
}

#[tokio::test]
async fn an_unknown_protected_path_tells_a_stranger_nothing() {
    let app = TestApp::start().await;
    app.client().get("/api/nothing").await.refused(401, "access_token_missing");
}

#[tokio::test]
async fn hostile_text_comes_back_as_it_was_typed() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    for text in [
        "'; DROP TABLE users; --",
        "<script>alert(1)</script>",
        "\u{202e}right to left",
        "👩‍👩‍👧‍👦 ﷽ Z̷̢a̶l̸g̴o̵",
        "${7*7} {{7*7}} %s %n",
        "line\r\nbreak\ttab",
        "+ %20 & = ?",
    ] {
        let note =
            ada.post("/api/notes/create", &[("title", text), ("body", text)]).await.expect(StatusCode::OK).json();
        assert_eq!((note["title"].as_str(), note["body"].as_str()), (Some(text), Some(text)));
        ada.register(text, text).await;
    }
    app.client().login("ada@example.com", PASSWORD).await.expect(StatusCode::OK);
}
