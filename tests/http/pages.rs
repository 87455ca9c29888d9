//! The pages: one address each, and never stored.

use axum::http::{StatusCode, header};

use two_tokens::server::openapi::all;

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

#[tokio::test]
async fn a_chosen_theme_is_in_every_page_and_the_systems_one_leaves_no_cookie() {
    let app = TestApp::start().await;
    let mut client = app.client();
    let answer = client.post("/theme", &[("to", "dark"), ("next", "/login")]).await.expect(StatusCode::SEE_OTHER);
    assert_eq!(answer.headers[header::LOCATION], "/login");
    assert!(answer.set_cookies()[0].starts_with("theme=dark; Max-Age=31536000; Secure; "));
    for path in ["/login", "/forgot-password", "/nothing"] {
        let page = app.client().get_with(path, &[("cookie", "theme=dark")]).await;
        assert!(page.body.contains(r#"data-theme="dark""#), "{path}");
        let page = app.client().get_with(path, &[("cookie", "theme=x")]).await;
        assert!(!page.body.contains("data-theme"), "{path}");
    }
    let answer = client.post("/theme", &[("to", "system"), ("next", "//evil.example")]).await;
    assert_eq!(answer.headers[header::LOCATION], "/");
    assert!(answer.set_cookies()[0].contains("Max-Age=0"));
    let answer = client.post("/theme", &[("to", "pink"), ("next", "/")]).await;
    assert!(answer.set_cookies().is_empty());
}

#[tokio::test]
async fn the_page_about_a_forgotten_password_is_plain_html_in_both_languages() {
    let app = TestApp::start().await;
    for (language, words) in [("en", "This site cannot send e-mail"), ("de", "Diese Website kann keine E-Mails senden")]
    {
        let page =
            app.client().get_with("/forgot-password", &[("accept-language", language)]).await.expect(StatusCode::OK);
        assert!(
            page.body.contains(words) && !page.body.contains("type=\"module\"") && !page.body.contains(".wasm"),
            "{}",
            page.body
        );
        assert_eq!(page.headers[header::CACHE_CONTROL], "no-store");
        let login = app.client().get("/login").await;
        assert!(login.body.contains(r#"href="/forgot-password""#));
    }
}

#[tokio::test]
async fn the_footer_of_every_page_leads_to_the_documents_and_they_are_plain_html() {
    let app = TestApp::start().await;
    for path in ["/", "/login", "/docs", "/docs/threat-model", "/docs/decisions/0008-throttling"] {
        let page = app.client().get(path).await.expect(StatusCode::OK);
        for link in [r#"href="/docs""#, r#"href="/docs/threat-model""#] {
            assert!(page.body.contains(link), "{path} {link}");
        }
    }
    let page = app.client().get("/docs/flow").await;
    assert!(page.body.contains("<h1 id=") && page.body.contains(r#"href="/docs/flow/browser"#), "{}", page.body);
    assert!(!page.body.contains("type=\"module\"") && !page.body.contains(".wasm"));
    for missing in ["/docs/nothing", "/docs/flow.md", "/docs/../Cargo"] {
        assert_eq!(app.client().get(missing).await.status, StatusCode::NOT_FOUND, "{missing}");
    }
}

#[tokio::test]
async fn the_page_of_the_api_shows_each_operation_and_links_only_to_what_it_holds() {
    let app = TestApp::start().await;
    let page = app.client().get_with("/docs/api", &[("accept-language", "de")]).await.expect(StatusCode::OK);
    assert!(page.body.contains("Endpunkte") && !page.body.contains("type=\"module\""), "{}", page.body);
    for operation in all(&[two_tokens::notes::operations]) {
        assert!(page.body.contains(&format!("id=\"{}\"", operation.id())), "{}", operation.id());
        assert!(page.body.contains(operation.path) && page.body.contains(operation.summary), "{}", operation.path);
    }
    let targets = page.body.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next());
    for target in targets {
        assert!(page.body.contains(&format!("id=\"{target}\"")), "nothing has the id {target}");
    }
}

#[tokio::test]
async fn pages_name_the_limits_of_a_session() {
    let app = TestApp::start().await;
    let page = app.client().get_with("/login", &[("accept-language", "de")]).await;
    assert!(page.body.contains(r#"data-idle="7 Tage" data-absolute="30 Tage""#), "{}", page.body);
}
