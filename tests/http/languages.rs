//! Pages and refusals speak the language of who asks, and no reason code is shown to anybody.

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};

use crate::support::{Answer, TestApp, Visitor, form};

async fn ask(visitor: &mut Visitor, method: Method, path: &str, headers: &[(&str, &str)], body: String) -> Answer {
    let mut request = visitor.request(method, path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    visitor.send(request.body(Body::from(body)).unwrap()).await
}

#[tokio::test]
async fn a_page_is_in_the_language_the_browser_prefers_until_another_is_chosen() {
    let app = TestApp::start().await;
    let mut visitor = app.visitor();
    let german = [("accept-language", "de-AT,en;q=0.5")];
    let page = ask(&mut visitor, Method::GET, "/login", &german, String::new()).await;
    assert!(page.body.contains("<html lang=\"de\"") && page.body.contains("Anmelden"), "{}", page.body);
    let chosen = [("accept-language", "de"), ("cookie", "lang=en")];
    let page = ask(&mut visitor, Method::GET, "/login", &chosen, String::new()).await;
    assert!(page.body.contains("<html lang=\"en\"") && page.body.contains("Sign in"));
}

#[tokio::test]
async fn a_choice_is_remembered_and_leads_back_within_the_site() {
    let app = TestApp::start().await;
    let mut visitor = app.visitor();
    for (next, back) in [("/login?next=%2Fnotes", "/login?next=%2Fnotes"), ("//evil.example", "/"), ("", "/")] {
        let answer = visitor.post("/language", &[("to", "de"), ("next", next)]).await.expect(StatusCode::SEE_OTHER);
        assert_eq!(answer.headers[header::LOCATION], back);
        assert!(answer.set_cookies()[0].starts_with("lang=de; "));
    }
}

#[tokio::test]
async fn a_refusal_is_in_the_language_of_who_is_refused() {
    const WRONG: &str = "E-Mail oder Passwort ist falsch. Prüfe beide und versuche es noch einmal.";
    let app = TestApp::start().await;
    let mut visitor = app.visitor();
    let german = [("accept-language", "de")];
    let guess = form(&[("email", "nobody@example.com"), ("password", "not the password at all")]);
    let answer = ask(&mut visitor, Method::POST, "/api/auth/login", &german, guess.clone()).await;
    assert_eq!(answer.refused(401, "invalid_credentials").json()["detail"], WRONG);
    let answer = ask(&mut visitor, Method::POST, "/login", &german, guess).await;
    assert!(answer.body.contains(WRONG), "{}", answer.body);
    let easy = form(&[("email", "new@example.com"), ("password", "passwordpassword")]);
    let answer = ask(&mut visitor, Method::POST, "/api/auth/register", &german, easy).await;
    let detail = answer.refused(422, "validation_failed").json()["detail"].to_string();
    assert!(detail.contains("leicht zu erraten: es wiederholt sich"), "{detail}");
    let answer = ask(&mut visitor, Method::GET, "/api/account/me", &german, String::new()).await;
    assert!(answer.json()["detail"].to_string().contains("Sende das Access-Token"));
}
