use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header},
};

use crate::support::{ORIGIN, PASSWORD, TestApp, form};

/// A login as a browser or a tool would send it, with these headers about where it comes from.
async fn login_with(app: &TestApp, origin_headers: &[(&str, &str)]) -> crate::support::Answer {
    let mut request = Request::builder()
        .method(Method::POST)
        .uri("/api/auth/login")
        .header(header::HOST, "localhost:3000")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    for (name, value) in origin_headers {
        request = request.header(*name, *value);
    }
    let body = Body::from(form(&[("email", "ada@example.com"), ("password", PASSWORD)]));
    app.client().send(request.body(body).unwrap()).await
}

#[tokio::test]
async fn requests_from_this_site_and_from_tools_pass() {
    let app = TestApp::start().await;
    app.registered("ada@example.com").await;
    for headers in [&[("sec-fetch-site", "same-origin")][..], &[("sec-fetch-site", "none")], &[("origin", ORIGIN)], &[]]
    {
        login_with(&app, headers).await.expect(StatusCode::OK);
    }
}

#[tokio::test]
async fn requests_from_other_sites_other_ports_and_opaque_origins_are_refused() {
    let app = TestApp::start().await;
    app.registered("ada@example.com").await;
    for headers in [
        &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")][..],
        &[("sec-fetch-site", "same-site"), ("origin", "http://localhost:4000")],
        &[("sec-fetch-site", "cross-site"), ("origin", "null")],
        &[("sec-fetch-site", "cross-site")],
        &[("origin", "https://evil.example")],
        &[("origin", "http://localhost:4000")],
        &[("origin", "null")],
    ] {
        let answer = login_with(&app, headers).await.refused(403, "cross_site_request");
        assert!(answer.set_cookies().is_empty(), "{headers:?}");
    }
}

#[tokio::test]
async fn every_path_that_changes_something_is_guarded() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    for path in [
        "/api/auth/register",
        "/api/auth/login",
        "/api/auth/refresh",
        "/api/auth/logout",
        "/api/auth/suggest_passphrase",
        "/api/auth/reauthenticate",
        "/api/auth/bind",
        "/api/auth/bound",
        "/api/account/revoke_session",
        "/api/account/revoke_other_sessions",
        "/api/account/change_password",
        "/api/account/change_email",
        "/api/account/delete_account",
        "/api/account/dismiss_notice",
        "/api/notes/create",
        "/api/notes/update",
        "/api/notes/delete",
        "/api/auth/form/login",
        "/api/auth/form/register",
        "/api/auth/form/logout",
        "/login",
        "/register",
    ] {
        let mut request = ada.request(Method::POST, path).body(Body::from("x=y")).unwrap();
        request.headers_mut().insert("sec-fetch-site", "cross-site".parse().unwrap());
        ada.send(request).await.refused(403, "cross_site_request");
    }
    ada.refresh().await.expect(StatusCode::OK);
}

#[tokio::test]
async fn no_other_site_is_told_that_it_may_read() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    for method in [Method::OPTIONS, Method::GET] {
        for path in ["/api/account/me", "/api/auth/refresh", "/login", "/healthz"] {
            let mut request = ada.request(method.clone(), path).body(Body::empty()).unwrap();
            for (name, value) in [
                ("origin", "https://evil.example"),
                ("sec-fetch-site", "cross-site"),
                ("access-control-request-method", "POST"),
                ("access-control-request-headers", "authorization"),
            ] {
                request.headers_mut().insert(name, value.parse().unwrap());
            }
            let answer = ada.send(request).await;
            let told = answer.headers.keys().find(|name| name.as_str().starts_with("access-control-"));
            assert_eq!(told, None, "{method} {path}");
        }
    }
}
