//! The API's document: it lists exactly what is served, and what it says of a call is so. That each refusal of a test is one
//! that the document lists is checked where the test client gets its answers (`tests/support/contract.rs`).

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Method, StatusCode, header},
};
use leptos::server_fn::axum::server_fn_paths;
use serde_json::Value;
use two_tokens::notes;
use two_tokens::protocol::code::Code;
use two_tokens::protocol::openapi::{Field, Operation, Security, to_json};
use two_tokens::server::{metrics::Metrics, openapi::all, pages};

use crate::support::{Answer, Client, TestApp, form, served};

fn operations() -> Vec<Operation> {
    all(&[notes::operations])
}

fn name(operation: &Operation) -> String {
    format!("{} {}", operation.method, operation.path)
}

/// The routes of the router itself. `/test/clock` is there for tests alone.
fn routes() -> BTreeSet<String> {
    let router = include_str!("../../src/server/router.rs");
    let paths = router.split(".route(\"").skip(1).filter_map(|rest| rest.split('"').next());
    paths.filter(|path| *path != "/test/clock").map(|path| format!("GET {path}")).collect()
}

#[test]
fn every_route_has_an_operation_and_every_operation_a_route() {
    let functions: BTreeSet<_> = server_fn_paths()
        .filter(|(path, _)| path.starts_with("/api/"))
        .map(|(path, method)| format!("{method} {path}"))
        .collect();
    let described: BTreeSet<_> = operations().iter().map(name).collect();
    let undescribed: Vec<_> = functions.difference(&described).collect();
    assert!(
        undescribed.is_empty(),
        "no operation describes {undescribed:?}: add `call!(Name {{ field: text(\"…\") }}, \"What it does.\").bearer(),` \
         to `operations()` of its folder, src/api/operations.rs or src/RESOURCE/operations.rs (docs/tasks.md)"
    );
    let undescribed: Vec<_> = routes().difference(&described).cloned().collect();
    assert!(undescribed.is_empty(), "no operation describes {undescribed:?}: add it to src/server/openapi.rs");
    let served: BTreeSet<_> = functions.union(&routes()).cloned().collect();
    let unserved: Vec<_> = described.difference(&served).collect();
    assert!(unserved.is_empty(), "operations without a route: {unserved:?}");
    assert_eq!(operations().len(), described.len(), "an operation is described twice");
}

/// What must be the same on both ways: not the id, which each request has for itself, not the length, which a response gets on
/// the wire at the latest, and not what a call returns, since a passphrase is another one each time.
async fn answer_of(client: &Client, router: &Router, method: &Method, path: &str) -> (StatusCode, HeaderMap, String) {
    let mut client = client.clone().at(router.clone());
    let request = client.request(method.clone(), path).body(Body::empty()).unwrap();
    let Answer { status, mut headers, body } = client.send(request).await;
    headers.remove("x-request-id");
    headers.remove(header::CONTENT_LENGTH);
    (status, headers, if status.is_success() { String::new() } else { body })
}

/// With metrics a call goes through the router, which knows its route; without them it goes straight to its function.
#[tokio::test]
async fn a_call_is_answered_the_same_on_both_ways_to_its_function() {
    let app = TestApp::start().await;
    let mut with_metrics = app.state.clone();
    with_metrics.request_observer = Some(Arc::<Metrics>::default());
    let through_router = served(&with_metrics, pages::pages());
    let (stranger, ada) = (app.client(), app.registered("ada@example.com").await);
    let mut compared = 0;
    for operation in operations().iter().filter(|operation| operation.path.starts_with("/api/")) {
        for path in ["", "/", "x"].map(|end| format!("{}{end}", operation.path)) {
            // What begins or ends a session is asked by strangers alone, so that the second answer is no other one.
            let who = if path.starts_with("/api/auth/") { &stranger } else { &ada };
            for method in [Method::GET, Method::POST, Method::HEAD, Method::PUT, Method::OPTIONS] {
                let straight = answer_of(who, &app.router, &method, &path).await;
                let routed = answer_of(who, &through_router, &method, &path).await;
                assert_eq!(straight, routed, "{method} {path}");
                compared += 1;
            }
        }
    }
    assert!(compared > 300, "{compared}");
}

#[test]
fn without_resources_the_document_holds_sign_in_and_account_alone() {
    let tags: BTreeSet<_> = all(&[]).iter().map(Operation::tag).collect();
    assert_eq!(tags, BTreeSet::from(["account", "auth", "server"]));
}

/// Each `$ref` of a document.
fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

#[tokio::test]
async fn the_document_refers_only_to_what_it_holds_and_names_each_operation_once() {
    let app = TestApp::start().await;
    let document = app.client().get("/openapi.json").await.expect(StatusCode::OK).json();
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["servers"][0]["url"], "http://localhost:3000");
    assert_eq!(document["components"]["securitySchemes"]["cookie"]["name"], "__Secure-refresh-3000");
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    assert!(found.len() > 10, "{found:?}");
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
    let paths = document["paths"].as_object().unwrap().values();
    let ids: Vec<_> = paths.flat_map(|path| path.as_object().unwrap().values().map(|it| &it["operationId"])).collect();
    assert_eq!(ids.iter().map(ToString::to_string).collect::<BTreeSet<_>>().len(), operations().len());
}

#[test]
fn every_code_that_is_sent_is_one_of_the_document_and_is_a_refusal_of_some_operation() {
    let refusals = operations().iter().flat_map(Operation::codes).chain([Code::MethodNotAllowed]).collect::<Vec<_>>();
    let refusals: BTreeSet<_> = refusals.into_iter().map(Code::as_str).collect();
    let sent: BTreeSet<_> = Code::ALL.iter().filter(|code| code.is_sent()).map(|code| code.as_str()).collect();
    assert_eq!(refusals, sent);
}

#[tokio::test]
async fn the_document_is_cached_and_asked_for_by_entity_tag() {
    for arguments in [&[][..], &["--base-path", "/my-app"]] {
        let app = TestApp::with(arguments).await;
        let path = format!("{}/openapi.json", app.state.base_path.as_str());
        let mut anyone = app.client();
        let answer = anyone.get(&path).await.expect(StatusCode::OK);
        assert_eq!(answer.headers[header::CACHE_CONTROL], "public, max-age=300");
        assert_eq!(answer.headers[header::CONTENT_TYPE], "application/json");
        let tag = answer.headers[header::ETAG].to_str().unwrap().to_owned();
        let known = anyone.get_with(&path, &[("if-none-match", &tag)]).await.expect(StatusCode::NOT_MODIFIED);
        assert_eq!((known.body.as_str(), known.headers[header::ETAG].to_str().unwrap()), ("", &*tag));
        anyone.get_with(&path, &[("if-none-match", "\"another\"")]).await.expect(StatusCode::OK);
    }
}

#[tokio::test]
async fn each_operation_needs_the_credential_that_it_names() {
    let app = TestApp::unthrottled().await;
    for operation in operations() {
        let mut anyone = app.client();
        let request = anyone.request(operation.method.clone(), operation.path).body(Body::empty()).unwrap();
        let code = anyone.send(request).await.code();
        let needs = match operation.security {
            Security::Bearer => code == "access_token_missing",
            // What is wrong with the form may be told first.
            Security::Cookie => code == "refresh_token_missing" || code == "validation_failed",
            Security::None | Security::CookieIfAny => code.is_empty() || code == "validation_failed",
        };
        assert!(needs, "{}: {:?} but {code}", name(&operation), operation.security);
    }
}

/// A value that a field takes, whatever comes of the call.
fn value_of(field: &Field) -> String {
    let schema = to_json(&field.schema);
    match (schema["type"].as_str(), schema["format"].as_str()) {
        (Some("integer"), _) => "1".to_owned(),
        (Some("boolean"), _) => "true".to_owned(),
        (_, Some("uuid")) => "0190a5c3-0000-7000-8000-00000000000a".to_owned(),
        (_, Some("email")) => "ada@example.com".to_owned(),
        (_, Some("password")) => "correct-horse-battery-staple".to_owned(),
        _ => "text".to_owned(),
    }
}

#[tokio::test]
async fn a_field_is_required_where_the_document_says_so_and_nowhere_else() {
    let app = TestApp::unthrottled().await;
    let mut tried = 0;
    for operation in operations().into_iter().filter(|operation| !operation.fields.is_empty()) {
        let required: BTreeMap<_, _> = operation
            .fields
            .iter()
            .filter(|field| field.schema.required)
            .map(|field| (field.name, value_of(field)))
            .collect();
        // Without each of them in turn, and then with all.
        for left_out in required.keys().copied().map(Some).chain([None]) {
            let email = format!("ada{tried}@example.com");
            let mut ada = app.registered(&email).await;
            let fields = required.iter().filter(|(name, _)| Some(**name) != left_out);
            let fields: Vec<_> = fields.map(|(name, value)| (*name, value.as_str())).collect();
            let sent = match operation.method == Method::GET {
                true => ada.get(&format!("{}?{}", operation.path, form(&fields))).await,
                false => ada.post(operation.path, &fields).await,
            };
            match left_out {
                Some(name) => {
                    assert_eq!(sent.refused(422, "validation_failed").json()["field"], name, "{}", operation.path);
                }
                None => assert!(!sent.body.contains("is missing"), "{}: {}", operation.path, sent.body),
            }
            tried += 1;
        }
    }
    assert!(tried > 20, "only {tried}");
}

#[tokio::test]
async fn a_form_ignores_an_unknown_field_and_refuses_a_name_that_the_document_excludes() {
    let app = TestApp::unthrottled().await;
    let mut ada = app.registered("ada@example.com").await;
    let posts = |operation: &Operation| operation.method == Method::POST && !operation.fields.is_empty();
    for operation in operations().into_iter().filter(posts) {
        let schema = serde_json::to_value(two_tokens::protocol::openapi::schema::form(&operation.fields)).unwrap();
        assert_eq!(schema["propertyNames"]["pattern"], r"^[^\[\]=]+$", "{}", operation.path);
        for name in ["a[]b", "", "=", "a=b"] {
            let unreadable = ada.post(operation.path, &[(name, "")]).await.refused(422, "validation_failed");
            assert!(unreadable.body.contains("could not be read"), "{}: {}", operation.path, unreadable.body);
        }
        let unknown = ada.post(operation.path, &[("NIL", "")]).await;
        assert!(!unknown.body.contains("could not be read"), "{}: {}", operation.path, unknown.body);
    }
}
