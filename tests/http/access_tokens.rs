//! Hostile access tokens (RFC 8725, RFC 9068): only tokens that this server issued pass.

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as B64};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use two_tokens::clock::Timestamp;

use crate::support::{Answer, Client, Cookies, REFRESH_COOKIE, TestApp, seconds};

async fn send(client: &mut Client, token: &str) -> Answer {
    client.access_token = Some(token.to_owned());
    client.me().await
}

/// The claims of a good token, to be bent.
fn claims(token: &str) -> Value {
    serde_json::from_slice(&B64.decode(token.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

/// Signed by the server's own key, as only somebody inside could: the claims alone must be enough to refuse.
fn signed(app: &TestApp, header: impl FnOnce(&mut Header), claims: &Value) -> String {
    let keys = app.keys();
    let mut of = Header::new(Algorithm::EdDSA);
    of.typ = Some("at+jwt".into());
    of.kid = Some(keys.active_kid.clone());
    header(&mut of);
    jsonwebtoken::encode(&of, claims, &keys.signing.encoding_key().unwrap()).unwrap()
}

#[tokio::test]
async fn without_a_token_the_challenge_is_bare() {
    let app = TestApp::start().await;
    let answer = app.client().me().await.refused(401, "access_token_missing");
    assert_eq!(answer.headers[header::WWW_AUTHENTICATE], "Bearer");
}

#[tokio::test]
async fn an_expired_token_says_so_to_the_second() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    app.pass(seconds(899));
    ada.me().await.expect(StatusCode::OK);
    app.pass(seconds(1));
    let answer = ada.me().await.refused(401, "access_token_expired");
    assert!(answer.headers[header::WWW_AUTHENTICATE].to_str().unwrap().starts_with(r#"Bearer error="invalid_token""#));
    ada.refresh().await.expect(StatusCode::OK);
    ada.me().await.expect(StatusCode::OK);
}

#[tokio::test]
async fn no_spelling_of_none_and_no_other_algorithm_passes() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    let good = ada.access_token.clone().unwrap();
    let kid = app.keys().active_kid.clone();
    let (payload, signature) = good.split_once('.').unwrap().1.split_once('.').unwrap();
    for alg in ["none", "None", "NONE", "nOnE", "none ", "", "HS256", "RS256", "ES256", "EdDsa", "Ed25519", "null"] {
        let header = B64.encode(json!({"alg": alg, "typ": "at+jwt", "kid": kid}).to_string());
        for signature in ["", signature, "AA"] {
            send(&mut ada, &format!("{header}.{payload}.{signature}")).await.refused(401, "access_token_invalid");
        }
    }
    send(&mut ada, &good).await.expect(StatusCode::OK);
}

#[tokio::test]
async fn hs256_keyed_with_the_public_key_does_not_pass() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    let keys = app.keys();
    let claims = claims(ada.access_token.as_ref().unwrap());
    let public = keys.jwks().iter().find(|key| key.kid == keys.active_kid).unwrap();
    let raw = B64.decode(&public.x).unwrap();
    for secret in [raw.as_slice(), public.x.as_bytes(), serde_json::to_string(public).unwrap().as_bytes()] {
        let mut header = Header::new(Algorithm::HS256);
        header.typ = Some("at+jwt".into());
        header.kid = Some(keys.active_kid.clone());
        let forged = jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(secret)).unwrap();
        send(&mut ada, &forged).await.refused(401, "access_token_invalid");
    }
}

/// One way to make a header that is not ours.
type Bend = Box<dyn FnOnce(&mut Header)>;

#[tokio::test]
async fn no_header_points_elsewhere() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    let good = ada.access_token.clone().unwrap();
    let claims = claims(&good);
    let huge = "k".repeat(3000);
    let bends: Vec<Bend> = vec![
        Box::new(|header| header.kid = None),
        Box::new(|header| header.kid = Some("unknown".into())),
        Box::new(|header| header.kid = Some("../../etc/passwd".into())),
        Box::new(|header| header.kid = Some("' OR 1=1 --".into())),
        Box::new(move |header| header.kid = Some(huge)),
        Box::new(|header| header.typ = Some("JWT".into())),
        Box::new(|header| header.typ = None),
        Box::new(|header| header.jku = Some("https://evil.example/jwks".into())),
        Box::new(|header| header.x5u = Some("https://evil.example/cert".into())),
        Box::new(|header| header.x5c = Some(vec!["AA".into()])),
        Box::new(|header| header.crit = Some(vec!["exp".into()])),
        Box::new(|header| header.cty = Some("JWT".into())),
        Box::new(|header| header.extras.insert("b64", false)),
    ];
    for bend in bends {
        let token = signed(&app, bend, &claims);
        send(&mut ada, &token).await.refused(401, "access_token_invalid");
    }
    let with_jwk = json!({"alg": "EdDSA", "typ": "at+jwt", "kid": app.keys().active_kid,
        "jwk": {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}});
    let rest = good.split_once('.').unwrap().1;
    send(&mut ada, &format!("{}.{rest}", B64.encode(with_jwk.to_string()))).await.refused(401, "access_token_invalid");
}

#[tokio::test]
async fn every_claim_is_needed_and_checked() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    let good = claims(ada.access_token.as_ref().unwrap());
    send(&mut ada, &signed(&app, |_| {}, &good)).await.expect(StatusCode::OK);
    for name in ["iss", "aud", "sub", "sid", "jti", "iat", "exp", "auth_time", "client_id"] {
        let mut bent = good.clone();
        bent.as_object_mut().unwrap().remove(name);
        send(&mut ada, &signed(&app, |_| {}, &bent)).await.refused(401, "access_token_invalid");
    }
    let exp = good["exp"].as_i64().unwrap();
    for (name, value) in [
        ("iss", json!("https://evil.example")),
        ("iss", json!("http://localhost:3000/")),
        ("aud", json!("http://localhost:3000")),
        ("aud", json!(["https://evil.example"])),
        ("client_id", json!("another")),
        ("sub", json!("not-a-uuid")),
        ("sid", json!("short")),
        ("exp", json!(exp.to_string())),
        ("exp", json!(exp as f64 + 0.5)),
        ("exp", Value::Null),
        ("exp", json!([exp])),
        ("iat", json!(true)),
    ] {
        let mut bent = good.clone();
        bent[name] = value.clone();
        send(&mut ada, &signed(&app, |_| {}, &bent)).await.refused(401, "access_token_invalid");
    }
}

/// 1e400 is no number serde would write, so the payload is made by hand and signed as it stands.
#[tokio::test]
async fn an_expiry_beyond_all_numbers_does_not_pass() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    let good = ada.access_token.clone().unwrap();
    let claims = claims(&good);
    let header = good.split('.').next().unwrap();
    let keys = app.keys();
    for exp in ["1e400", "-1e400", "99999999999999999999", "1e3"] {
        let text = claims.to_string().replace(&format!("\"exp\":{}", claims["exp"]), &format!("\"exp\":{exp}"));
        let message = format!("{header}.{}", B64.encode(text));
        let signature =
            jsonwebtoken::crypto::sign(message.as_bytes(), &keys.signing.encoding_key().unwrap(), Algorithm::EdDSA)
                .unwrap();
        send(&mut ada, &format!("{message}.{signature}")).await.refused(401, "access_token_invalid");
    }
}

#[tokio::test]
async fn every_flipped_bit_of_the_signature_and_of_the_claims_is_noticed() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    let good = ada.access_token.clone().unwrap();
    let parts: Vec<&str> = good.split('.').collect();
    for index in [1, 2] {
        let bytes = B64.decode(parts[index]).unwrap();
        for bit in (0..bytes.len() * 8).step_by(7) {
            let mut bent = bytes.clone();
            bent[bit / 8] ^= 1 << (bit % 8);
            let bent = B64.encode(bent);
            let mut parts = parts.clone();
            parts[index] = &bent;
            send(&mut ada, &parts.join(".")).await.refused(401, "access_token_invalid");
        }
    }
}

#[tokio::test]
async fn the_header_is_one_bearer_header_of_sane_size() {
    let app = TestApp::start().await;
    let ada = app.registered("ada@example.com").await;
    let good = ada.access_token.clone().unwrap();
    for value in [
        "Bearer",
        "Bearer ",
        "Basic YTpi",
        &good,
        &format!("Bearer {good} x"),
        &format!("Token {good}"),
        &format!("Bearer {}", "A".repeat(30_000)),
        "Bearer a.b.c",
        "Bearer ...",
        "Bearer \u{e9}",
    ] {
        let mut request = app.client().request(Method::GET, "/api/account/me").body(Body::empty()).unwrap();
        let value = header::HeaderValue::from_bytes(value.as_bytes()).unwrap();
        request.headers_mut().insert(header::AUTHORIZATION, value);
        app.client().send(request).await.refused(401, "access_token_invalid");
    }
    let mut twice = app.client().request(Method::GET, "/api/account/me").body(Body::empty()).unwrap();
    for _ in 0..2 {
        twice.headers_mut().append(header::AUTHORIZATION, format!("Bearer {good}").parse().unwrap());
    }
    app.client().send(twice).await.refused(401, "access_token_invalid");
    let in_query = format!("/api/account/me?access_token={good}");
    app.client().get(&in_query).await.refused(401, "access_token_missing");
    let mut lower = app.client().request(Method::GET, "/api/account/me").body(Body::empty()).unwrap();
    lower.headers_mut().insert(header::AUTHORIZATION, format!("bearer {good}").parse().unwrap());
    app.client().send(lower).await.expect(StatusCode::OK);
}

#[tokio::test]
async fn neither_token_is_taken_for_the_other() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    let (access, refresh) = (ada.access_token.clone().unwrap(), ada.refresh_token());
    send(&mut app.client(), &refresh).await.refused(401, "access_token_invalid");
    let mut confused = app.client();
    confused.cookies = Cookies::of(REFRESH_COOKIE, access);
    confused.refresh().await.refused(401, "refresh_token_invalid");
    ada.refresh().await.expect(StatusCode::OK);
}

#[tokio::test]
async fn another_server_secret_signs_nothing_here() {
    let app = TestApp::start().await;
    let stranger = TestApp::start().await;
    let foreign = stranger.registered("ada@example.com").await.access_token.unwrap();
    send(&mut app.client(), &foreign).await.refused(401, "access_token_invalid");
}

#[tokio::test]
async fn a_remembered_token_still_expires_and_is_still_revoked() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    for _ in 0..3 {
        ada.me().await.expect(StatusCode::OK);
    }
    let mut copy = ada.clone();
    ada.logout().await.expect(StatusCode::NO_CONTENT);
    copy.me().await.refused(401, "session_revoked");
    let mut eve = app.registered("eve@example.com").await;
    eve.me().await.expect(StatusCode::OK);
    app.pass(seconds(900));
    eve.me().await.refused(401, "access_token_expired");
}

#[tokio::test]
async fn keys_of_every_stage_verify_as_they_should_and_a_rotation_ends_no_session() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    let first_kid = app.keys().active_kid.clone();
    let old = ada.access_token.clone().unwrap();
    assert!(app.state.auth.rotate_keys().await.unwrap());
    let second_kid = app.keys().active_kid.clone();
    assert_ne!(first_kid, second_kid);
    send(&mut ada, &old).await.expect(StatusCode::OK);
    ada.refresh().await.expect(StatusCode::OK);
    let new = ada.access_token.clone().unwrap();
    assert_eq!(jsonwebtoken::decode_header(&new).unwrap().kid, Some(second_kid));
    assert_eq!(ada.get("/.well-known/jwks.json").await.json()["keys"].as_array().unwrap().len(), 3);
    // The longest lifetime and the time other instances may take later, nothing signed with the first key can be alive.
    app.pass(seconds(3600 + 119));
    app.maintain().await;
    assert!(app.keys().verifying(&first_kid).is_some());
    app.pass(seconds(2));
    app.maintain().await;
    assert!(app.keys().verifying(&first_kid).is_none());
    send(&mut ada, &old).await.refused(401, "access_token_invalid");
    ada.refresh().await.expect(StatusCode::OK);
}

#[tokio::test]
async fn an_old_key_is_rotated_by_itself() {
    let app = TestApp::start().await;
    let before = app.keys().active_kid.clone();
    app.maintain().await;
    assert_eq!(app.keys().active_kid, before);
    app.pass(crate::support::days(30));
    app.maintain().await;
    assert_ne!(app.keys().active_kid, before);
}

#[tokio::test]
async fn a_leaked_key_makes_no_token_of_times_that_this_server_would_not_choose() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    let good = claims(ada.access_token.as_ref().unwrap());
    let now = app.now().secs();
    const YEARS: i64 = 10 * 365 * 24 * 3600;
    for (iat, exp, accepted) in [
        (now, now + 3600, true),
        (now, now + 3601, false),
        (now, now + YEARS, false),
        (now - YEARS, now + 1, false),
        (now + 60, now + 960, true),
        (now + 61, now + 961, false),
        (now + 24 * 3600, now + 25 * 3600, false),
        (now + YEARS, now + YEARS + 1, false),
        (i64::MIN, i64::MAX, false),
        (now, i64::MAX, false),
    ] {
        let mut bent = good.clone();
        (bent["iat"], bent["exp"]) = (json!(iat), json!(exp));
        let token = signed(&app, |_| (), &bent);
        // The second time, a verified token would be remembered.
        for _ in 0..2 {
            let answer = send(&mut ada, &token).await;
            match accepted {
                true => drop(answer.expect(StatusCode::OK)),
                false => drop(answer.refused(401, "access_token_invalid")),
            }
        }
    }
}

#[tokio::test]
async fn a_token_from_the_future_is_refused_also_when_the_clock_was_put_back() {
    let app = TestApp::start().await;
    app.pass(seconds(1200));
    let mut ada = app.registered("ada@example.com").await;
    ada.me().await.expect(StatusCode::OK);
    app.clock.set(Timestamp(app.now().millis() - 1_200_000));
    ada.me().await.refused(401, "access_token_invalid");
    ada.refresh().await.expect(StatusCode::OK);
    ada.me().await.expect(StatusCode::OK);
}

#[tokio::test]
async fn tokens_of_replaced_keys_are_refused_at_once_and_nobody_is_signed_out() {
    let app = TestApp::start().await;
    let mut ada = app.registered("ada@example.com").await;
    let leaked = signed(&app, |_| (), &claims(ada.access_token.as_ref().unwrap()));
    let rotated = app.state.auth.rotate_keys().await.unwrap();
    assert!(rotated);
    // A rotation alone leaves it valid, and now it is remembered.
    let own = ada.access_token.clone().unwrap();
    send(&mut ada, &leaked).await.expect(StatusCode::OK);
    send(&mut ada, &own).await.expect(StatusCode::OK);

    app.state.auth.forget_retired_keys().await.unwrap();
    send(&mut ada, &leaked).await.refused(401, "access_token_invalid");
    ada.refresh().await.expect(StatusCode::OK);
    let own = ada.access_token.clone().unwrap();
    ada.me().await.expect(StatusCode::OK);
    let leaked = signed(&app, |_| (), &claims(&own));
    send(&mut ada, &leaked).await.expect(StatusCode::OK);

    app.state.auth.replace_keys().await.unwrap();
    for token in [leaked, own] {
        send(&mut ada, &token).await.refused(401, "access_token_invalid");
    }
    ada.refresh().await.expect(StatusCode::OK);
    ada.me().await.expect(StatusCode::OK);
}
