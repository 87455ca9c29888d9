//! The pages: one address each, and never stored.

use axum::http::{StatusCode, header};

use crate::support::TestApp;

#[tokio::test]
async fn every_page_with_a_nonce_is_never_stored() {
    let app = TestApp::start().await;
    for path in ["/", "/login", "/notes", "/nothing", "/nothing/at/all", "/pkg/nothing.js", "/login/x"] {
        let page = app.client().get(path).await;
        let policy = page.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.contains("'nonce-") || path.starts_with("/pkg"), "{path}: {policy}");
        if policy.contains("'nonce-") {
            assert_eq!(page.headers[header::CACHE_CONTROL], "no-store", "{path}");
        }
    }
}

#[tokio::test]
async fn another_spelling_of_a_page_leads_to_it() {
    for (arguments, base) in [(&[][..], ""), (&["--base-path", "/my-app"], "/my-app")] {
        let app = TestApp::with(arguments).await;
        for (spelling, page) in [
            ("/login/", "/login"),
            ("/login//", "/login"),
            ("//login", "/login"),
            ("/%6Cogin", "/login"),
            ("/login%2F", "/login"),
            ("/login/?next=%2Fnotes", "/login?next=%2Fnotes"),
            ("/notes/", "/notes"),
            ("//", "/"),
        ] {
            let answer = app.client().get(&format!("{base}{spelling}")).await.expect(StatusCode::PERMANENT_REDIRECT);
            assert_eq!(answer.headers[header::LOCATION], format!("{base}{page}"), "{spelling}");
            app.client().get(&format!("{base}{page}")).await.expect(StatusCode::OK);
        }
        for elsewhere in
            ["//evil.example", "//evil.example/", "/%2Fevil.example/login", "/nothing/", "/%ff", "/login/%2e"]
        {
            let answer = app.client().get(&format!("{base}{elsewhere}")).await.expect(StatusCode::NOT_FOUND);
            assert!(!answer.headers.contains_key(header::LOCATION), "{elsewhere}");
        }
    }
}
