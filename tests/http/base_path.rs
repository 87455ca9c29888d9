//! `TWO_TOKENS_BASE_PATH`: pages, API, files and cookies are below the path that a reverse proxy serves the app under.

use axum::http::{StatusCode, header};

use crate::support::{PASSWORD, TestApp};

#[tokio::test]
async fn pages_files_and_redirects_are_below_the_base_path() {
    let app = TestApp::with(&["--base-path", "/my-app/"]).await;
    let mut client = app.client();
    let navigation = [("accept", "text/html")];
    for path in ["/my-app", "/my-app/", "/my-app/login", "/my-app/login?next=%2Fnotes"] {
        let page = client.get_with(path, &navigation).await.expect(StatusCode::OK);
        assert!(page.body.contains("data-mount=\"/my-app\""), "{path}: {}", page.body);
        for attribute in ["href=\"/", "src=\"/", "action=\"/"] {
            for address in page.body.split(attribute).skip(1) {
                assert!(address.starts_with("my-app"), "{path}: {attribute}{}", address.get(..30).unwrap_or(address));
            }
        }
        assert!(page.body.contains("const JS = \"/my-app/pkg/"), "{}", page.body);
        let policy = page.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.ends_with("frame-ancestors 'none'"), "{policy}");
    }
    let answer = client.get("/my-app/.well-known/change-password").await.expect(StatusCode::SEE_OTHER);
    assert_eq!(answer.headers[header::LOCATION], "/my-app/account");
    let answer = client.post("/my-app/language", &[("to", "de"), ("next", "/login")]).await;
    assert_eq!(answer.headers[header::LOCATION], "/my-app/login");
    client.get("/my-app/readyz").await.expect(StatusCode::OK);
    client.get_with("/my-app/nowhere", &navigation).await.expect(StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn cookies_go_to_the_base_path_and_a_session_lives_there() {
    let app = TestApp::with(&["--base-path", "/my-app"]).await;
    let mut client = app.client();
    let fields = [("email", "ada@example.com"), ("password", PASSWORD)];
    let answer = client.post("/my-app/api/auth/register", &fields).await.expect(StatusCode::OK);
    let refresh = answer.set_cookies().into_iter().find(|line| line.starts_with("__Secure-refresh-3000=")).unwrap();
    assert!(refresh.contains("; Path=/my-app/api/auth"), "{refresh}");
    client.post("/my-app/api/auth/refresh", &[]).await.expect(StatusCode::OK);

    let answer = client.post("/my-app/login", &fields).await.expect(StatusCode::SEE_OTHER);
    assert_eq!(answer.headers[header::LOCATION], "/my-app/notes");
}

#[tokio::test]
async fn a_request_outside_the_base_path_is_told_where_the_app_is() {
    let app = TestApp::with(&["--base-path", "/my-app"]).await;
    for path in ["/", "/login", "/my-apples", "/api/auth/login", "/pkg/two-tokens.js", "/readyz"] {
        let answer = app.client().get(path).await.expect(StatusCode::NOT_FOUND);
        assert!(answer.body.contains("/my-app/"), "{path}: {}", answer.body);
    }
}
