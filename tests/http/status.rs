use axum::http::{StatusCode, header};
use two_tokens::auth::{NotReady, store::Change};

use crate::support::TestApp;

#[tokio::test]
async fn health_readiness_and_version_answer() {
    let app = TestApp::start().await;
    let mut anyone = app.client();
    anyone.get("/healthz").await.expect(StatusCode::OK);
    anyone.get("/readyz").await.expect(StatusCode::OK);
    assert_eq!(anyone.get("/version").await.json()["version"], env!("CARGO_PKG_VERSION"));
}

/// A script that starts a server asks at once: that is no fault, and the log of a start has no warning.
#[tokio::test]
async fn a_server_that_starts_says_so_and_not_that_a_link_is_down() {
    let app = TestApp::start().await;
    let auth = &app.state.auth;
    let ready = async || app.client().get("/readyz").await;
    let _changes = auth.changes();
    assert!(matches!(auth.ready().await, Err(NotReady::Starting)));
    assert_eq!(ready().await.expect(StatusCode::SERVICE_UNAVAILABLE).body, "starting");
    auth.apply(&Change::Connected).await.unwrap();
    ready().await.expect(StatusCode::OK);
    auth.apply(&Change::Disconnected).await.unwrap();
    assert_eq!(ready().await.expect(StatusCode::SERVICE_UNAVAILABLE).body, "other instances cannot be heard");
    auth.apply(&Change::Connected).await.unwrap();
    ready().await.expect(StatusCode::OK);
}

#[tokio::test]
async fn the_public_keys_verify_what_is_signed_and_hold_nothing_private() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    let answer = ada.get("/.well-known/jwks.json").await.expect(StatusCode::OK);
    assert!(answer.headers[header::CACHE_CONTROL].to_str().unwrap().starts_with("public"));
    let set: jsonwebtoken::jwk::JwkSet = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(set.keys.len(), 2, "the active key and the next");
    assert!(!answer.body.contains("\"d\""));
    let token = ada.access_token.clone().unwrap();
    let kid = jsonwebtoken::decode_header(&token).unwrap().kid.unwrap();
    let key = jsonwebtoken::DecodingKey::from_jwk(set.find(&kid).unwrap()).unwrap();
    let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::EdDSA);
    validation.validate_exp = false;
    validation.set_audience(&["http://localhost:3000/api"]);
    let claims = jsonwebtoken::decode::<serde_json::Value>(&token, &key, &validation).unwrap().claims;
    let mut names: Vec<_> = claims.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["aud", "auth_time", "client_id", "exp", "iat", "iss", "jti", "session_epoch", "sid", "sub"]);
}

#[tokio::test]
async fn pages_are_rendered_with_a_strict_policy_and_hold_no_token() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    for path in ["/", "/login", "/register", "/notes"] {
        let answer = ada.get(path).await.expect(StatusCode::OK);
        let policy = answer.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe-inline"), "{policy}");
        assert_eq!(answer.headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert_eq!(answer.headers[header::REFERRER_POLICY], "same-origin");
        assert_eq!(answer.headers["cross-origin-opener-policy"], "same-origin");
        assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
        assert!(!answer.body.contains("eyJ") && !answer.body.contains("ttr_"), "{path}");
        assert!(!answer.body.contains(" style=") && !answer.body.contains(" onclick="), "{path}");
    }
    ada.get("/no/such/page").await.expect(StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn answers_that_are_no_page_run_no_script_and_are_framed_nowhere() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    let public = ["/healthz", "/readyz", "/version", "/.well-known/jwks.json", "/.well-known/change-password"];
    let api = ["/api/account/me", "/api/notes/list", "/api/nowhere", "/api/auth/login"];
    for path in public.iter().chain(&api).chain(&["/pkg/nowhere.js"]) {
        let answer = ada.get(path).await;
        let policy = &answer.headers[header::CONTENT_SECURITY_POLICY];
        assert_eq!(policy, "default-src 'none'; frame-ancestors 'none'", "{path} {}", answer.status);
    }
    for refused in [ada.login("ada@example.com", "wrong").await, ada.post("/api/nowhere", &[]).await] {
        assert!(refused.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap().contains("frame-ancestors 'none'"));
    }
}

#[tokio::test]
async fn only_a_site_over_tls_promises_tls() {
    let plain = TestApp::start().await.client().get("/healthz").await;
    assert!(plain.headers.get(header::STRICT_TRANSPORT_SECURITY).is_none());
    let tls = TestApp::with(&["--public-url", "https://example.com"]).await.client().get("/healthz").await;
    assert!(tls.headers[header::STRICT_TRANSPORT_SECURITY].to_str().unwrap().starts_with("max-age=63072000"));
}

#[tokio::test]
async fn each_answer_has_a_request_id_and_keeps_that_of_a_proxy() {
    let app = TestApp::start().await;
    let mut client = app.client();
    let id = |answer: &crate::support::Answer| answer.headers["x-request-id"].to_str().unwrap().to_owned();
    let (first, second) = (client.get("/healthz").await, client.get("/nowhere").await);
    assert_ne!(id(&first), id(&second));
    let given = client.get_with("/api/account/me", &[("x-request-id", "edge-7f.3")]).await;
    assert_eq!(id(&given), "edge-7f.3");
    let unfit = client.get_with("/healthz", &[("x-request-id", "a\tb")]).await;
    assert_ne!(id(&unfit), "a\tb");
}
