//! Pages and refusals are in the language that the client prefers (`Accept-Language`) or has chosen.

use axum::http::{StatusCode, header};

use crate::support::TestApp;

#[tokio::test]
async fn a_page_is_in_the_language_the_browser_prefers_until_another_is_chosen() {
    let app = TestApp::start().await;
    let mut client = app.client();
    let german = [("accept-language", "de-AT,en;q=0.5")];
    let page = client.get_with("/login", &german).await;
    assert!(page.body.contains(" lang=\"de\"") && page.body.contains("Anmelden"), "{}", page.body);
    let chosen = [("accept-language", "de"), ("cookie", "lang=en")];
    let page = client.get_with("/login", &chosen).await;
    assert!(page.body.contains(" lang=\"en\"") && page.body.contains("Sign in"));
}

#[tokio::test]
async fn a_choice_is_remembered_and_leads_back_within_the_site() {
    let app = TestApp::start().await;
    let mut client = app.client();
    for (next, back) in [("/login?next=%2Fnotes", "/login?next=%2Fnotes"), ("//evil.example", "/"), ("", "/")] {
        let answer = client.post("/language", &[("to", "de"), ("next", next)]).await.expect(StatusCode::SEE_OTHER);
        assert_eq!(answer.headers[header::LOCATION], back);
        assert!(answer.set_cookies()[0].starts_with("lang=de; "));
    }
}

#[tokio::test]
async fn a_refusal_is_in_the_language_of_the_client() {
    const WRONG: &str = "E-Mail oder Passwort ist falsch. Prüfe beide und versuche es noch einmal.";
    let app = TestApp::start().await;
    let mut client = app.client();
    let german = [("accept-language", "de")];
    let guess = [("email", "nobody@example.com"), ("password", "not the password at all")];
    let answer = client.post_with("/api/auth/login", &german, &guess).await;
    assert_eq!(answer.refused(401, "invalid_credentials").json()["detail"], WRONG);
    let answer = client.post_with("/login", &german, &guess).await;
    assert!(answer.body.contains(WRONG), "{}", answer.body);
    let easy = [("email", "new@example.com"), ("password", "passwordpassword")];
    let answer = client.post_with("/api/auth/register", &german, &easy).await;
    let detail = answer.refused(422, "validation_failed").json()["detail"].to_string();
    assert!(detail.contains("leicht zu erraten: es wiederholt sich"), "{detail}");
    let answer = client.get_with("/api/account/me", &german).await;
    assert!(answer.json()["detail"].to_string().contains("Sende das Access-Token"));
}

#[tokio::test]
async fn a_page_gets_messages_in_its_own_language_whatever_the_cookie_says_since() {
    let app = TestApp::start().await;
    let headers = [("x-page-language", "en"), ("cookie", "lang=de"), ("accept-language", "de")];
    let guess = [("email", "nobody@example.com"), ("password", "not the password at all")];
    let answer = app.client().post_with("/api/auth/login", &headers, &guess).await;
    let detail = answer.refused(401, "invalid_credentials").json()["detail"].to_string();
    assert!(detail.contains("E-mail or password is wrong"), "{detail}");
}

#[tokio::test]
async fn a_suggested_passphrase_is_in_the_language_of_the_client() {
    let app = TestApp::start().await;
    for (language, words) in [("en", 5), ("de", 6)] {
        let answer =
            app.client().post_with("/api/auth/suggest_passphrase", &[("accept-language", language)], &[]).await;
        let passphrase = answer.expect(StatusCode::OK).json()["passphrase"].as_str().unwrap().to_owned();
        assert_eq!(passphrase.split(' ').count(), words, "{passphrase}");
    }
}
