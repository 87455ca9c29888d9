use argon2::{Algorithm, Argon2, Params, Version};
use axum::http::{StatusCode, header};
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD as B64};
use two_tokens::auth::model::user::{UserId, UserRecord};
use two_tokens::auth::store::CreateUser;
use uuid::Uuid;

use crate::support::{Client, PASSWORD, TestApp, days};

async fn user_of(mut client: Client) -> String {
    client.me().await.expect(StatusCode::OK).json()["id"].as_str().unwrap().to_owned()
}

async fn signed_in_as(app: &TestApp, email: &str) -> String {
    let mut client = app.client();
    client.login(email, PASSWORD).await.expect(StatusCode::OK);
    user_of(client).await
}

/// An account as a former version wrote it: its key is the spelling, in lower case.
async fn account_of_a_former_version(app: &TestApp, email: &str, age: u64) -> String {
    let id = UserId(Uuid::now_v7());
    let user = UserRecord {
        id,
        email: email.into(),
        email_key: email.into(),
        password_hash: app.passwords.hash(PASSWORD.to_owned().into()).await.unwrap(),
        created_at: app.now().minus(days(age)),
        disabled_at: None,
    };
    assert_eq!(app.store.create_user(&user).await.unwrap(), CreateUser::Created);
    id.to_string()
}

/// Chromium sends the domain of a field for addresses in ASCII, Firefox as typed.
#[tokio::test]
async fn every_spelling_of_an_address_is_one_account() {
    let app = TestApp::unthrottled().await;
    for spellings in [
        &["andr\u{e9}@example.com", "andre\u{301}@example.com", " Andr\u{c9}@EXAMPLE.com "][..],
        &["ada@müller.example", "ada@xn--mller-kva.example", "ada@mu\u{308}ller.example", "Ada@MÜLLER.example"],
        &["ada@example.com", "ada@ｅｘａｍｐｌｅ.com", "ada@example。com"],
    ] {
        let owner = user_of(app.registered(spellings[0]).await).await;
        for spelling in spellings {
            app.client().register(spelling, PASSWORD).await.refused(409, "email_taken");
            assert_eq!(signed_in_as(&app, spelling).await, owner, "{spelling:?}");
            let mut form = app.client();
            let answer = form.post("/login", &[("email", spelling), ("password", PASSWORD)]).await;
            assert_eq!(answer.expect(StatusCode::SEE_OTHER).headers[header::LOCATION], "/notes");
            form.refresh().await.expect(StatusCode::OK);
            assert_eq!(user_of(form).await, owner, "{spelling:?}");
        }
    }
}

#[tokio::test]
async fn an_address_is_shown_as_typed() {
    let app = TestApp::start().await;
    for (typed, shown) in [
        (" Ada@Example.COM ", "Ada@Example.COM"),
        ("andre\u{301}@example.com", "andr\u{e9}@example.com"),
        ("Ada@xn--mller-kva.example", "Ada@müller.example"),
    ] {
        let mut client = app.client();
        let answer = client.register(typed, PASSWORD).await.expect(StatusCode::OK);
        assert_eq!(answer.json()["user"]["email"], shown);
        assert_eq!(client.refresh().await.json()["user"]["email"], shown);
    }
    let mut ada = app.client();
    ada.login("ada@example.com", PASSWORD).await.expect(StatusCode::OK);
    let fields = [("email", "ADA@example.com"), ("password", PASSWORD)];
    let answer = ada.post("/api/account/change_email", &fields).await.expect(StatusCode::OK);
    assert_eq!(answer.json()["email"], "ADA@example.com");
    assert_eq!(ada.refresh().await.json()["user"]["email"], "ADA@example.com");
}

#[tokio::test]
async fn an_address_that_looks_like_another_is_refused() {
    let app = TestApp::unthrottled().await;
    let mut ada = app.registered("ida@example.com").await;
    for lookalike in [
        "ｉｄａ@example.com",
        "\u{130}da@example.com",
        "i\u{307}da@example.com",
        "ida@ex\u{430}mple.com",
        "ida@xn--exmple-4nf.com",
        "\u{456}da@example.com",
    ] {
        let change = [("email", lookalike), ("password", PASSWORD)];
        for answer in
            [app.client().register(lookalike, PASSWORD).await, ada.post("/api/account/change_email", &change).await]
        {
            let problem = answer.refused(422, "validation_failed").json();
            assert_eq!(problem["field"], "email", "{lookalike:?}");
            assert!(problem["detail"].as_str().unwrap().contains("alphabets"), "{lookalike:?}");
        }
        app.client().login(lookalike, PASSWORD).await.refused(401, "invalid_credentials");
    }
}

#[tokio::test]
async fn guesses_under_other_spellings_are_counted_together() {
    let app = TestApp::start().await;
    let mut refused = 0;
    for attempt in 0..40_u8 {
        let spelling = ["andr\u{e9}@example.com", "andre\u{301}@example.com"][usize::from(attempt % 2)];
        let mut thief = app.client();
        thief.from = [10, attempt, 0, 1].into();
        match thief.login(spelling, "not the right password").await.status {
            StatusCode::TOO_MANY_REQUESTS => refused += 1,
            status => assert_eq!(status, StatusCode::UNAUTHORIZED),
        }
    }
    let mut one_spelling = 0;
    for attempt in 0..40_u8 {
        let mut thief = app.client();
        thief.from = [11, attempt, 0, 1].into();
        let answer = thief.login("ren\u{e9}@example.com", "not the right password").await;
        one_spelling += u32::from(answer.status == StatusCode::TOO_MANY_REQUESTS);
    }
    assert_eq!(refused, one_spelling);
    assert!(refused > 0);
}

#[tokio::test]
async fn accounts_of_former_versions_are_found_under_every_spelling_after_a_start() {
    let app = TestApp::unthrottled().await;
    let andre = account_of_a_former_version(&app, "andre\u{301}@example.com", 1).await;
    let ada = account_of_a_former_version(&app, "ada@müller.example", 1).await;
    let odd = account_of_a_former_version(&app, "ａｄａ@example.com", 1).await;
    // Before a start each is found by its own spelling alone.
    assert_eq!(signed_in_as(&app, "andre\u{301}@example.com").await, andre);
    drop(app.beside(&[]).await);
    for spelling in ["andre\u{301}@example.com", "andr\u{e9}@example.com"] {
        assert_eq!(signed_in_as(&app, spelling).await, andre);
    }
    for spelling in ["ada@müller.example", "ada@xn--mller-kva.example"] {
        assert_eq!(signed_in_as(&app, spelling).await, ada);
    }
    // No new account could have it, and its owner still signs in.
    assert_eq!(signed_in_as(&app, "ａｄａ@example.com").await, odd);
    let mut client = app.client();
    let answer = client.login("ada@xn--mller-kva.example", PASSWORD).await;
    assert_eq!(answer.json()["user"]["email"], "ada@müller.example");
    assert!(app.state.auth.settle_emails().await.unwrap().is_empty());
}

#[tokio::test]
async fn of_two_accounts_with_one_address_both_go_on() {
    let app = TestApp::unthrottled().await;
    let nfd = account_of_a_former_version(&app, "andre\u{301}@example.com", 3).await;
    let nfc = account_of_a_former_version(&app, "andr\u{e9}@example.com", 1).await;
    let older = account_of_a_former_version(&app, "ada@ｅxample.com", 3).await;
    let newer = account_of_a_former_version(&app, "ada@ｅｘample.com", 2).await;
    for _ in 0..2 {
        drop(app.beside(&[]).await);
        for (spelling, owner) in [
            ("andre\u{301}@example.com", &nfd),
            ("andr\u{e9}@example.com", &nfc),
            ("ANDR\u{c9}@example.com", &nfc),
            ("ada@ｅxample.com", &older),
            ("ada@example.com", &older),
            ("ada@ｅｘample.com", &newer),
        ] {
            assert_eq!(&signed_in_as(&app, spelling).await, owner, "{spelling:?}");
        }
        let clashes = app.state.auth.settle_emails().await.unwrap();
        let mut told: Vec<_> =
            clashes.iter().map(|clash| (clash.user_id.to_string(), clash.other.to_string())).collect();
        told.sort();
        let mut wanted = vec![(nfd.clone(), nfc.clone()), (newer.clone(), older.clone())];
        wanted.sort();
        assert_eq!(told, wanted);
    }
    // Once the key is free, the next start gives it.
    let mut gone = app.client();
    gone.login("ada@example.com", PASSWORD).await.expect(StatusCode::OK);
    gone.post("/api/account/delete_account", &[("password", PASSWORD)]).await.expect(StatusCode::NO_CONTENT);
    drop(app.beside(&[]).await);
    assert_eq!(signed_in_as(&app, "ada@example.com").await, newer);
}

const COMPOSED: &str = "le caf\u{e9} pr\u{e8}s du mus\u{e9}e est ferm\u{e9}";
const DECOMPOSED: &str = "le cafe\u{301} pre\u{300}s du muse\u{301}e est ferme\u{301}";

#[tokio::test]
async fn a_password_opens_the_account_however_its_letters_are_composed() {
    let app = TestApp::unthrottled().await;
    for (email, set, typed) in [("ada@example.com", COMPOSED, DECOMPOSED), ("eve@example.com", DECOMPOSED, COMPOSED)] {
        let mut client = app.client();
        client.register(email, set).await.expect(StatusCode::OK);
        app.client().login(email, typed).await.expect(StatusCode::OK);
        client.post("/api/auth/reauthenticate", &[("password", typed)]).await.expect(StatusCode::OK);
        let fields = [("current_password", typed), ("new_password", "another password, just as long")];
        client.post("/api/account/change_password", &fields).await.expect(StatusCode::OK);
    }
}

/// A PHC string as former versions made it: of the bytes that were typed.
fn hash_of_a_former_version(typed: &str) -> String {
    let params = Params::new(8, 1, 1, Some(32)).unwrap();
    let mut digest = [0; 32];
    let salt = [7; 16];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(typed.as_bytes(), &salt, &mut digest)
        .unwrap();
    format!("$argon2id$v=19$m=8,t=1,p=1${}${}", B64.encode(salt), B64.encode(digest))
}

#[tokio::test]
async fn a_hash_from_before_passwords_were_normalized_still_opens_and_is_made_anew() {
    let app = TestApp::unthrottled().await;
    for (email, typed) in [("ada@example.com", DECOMPOSED), ("eve@example.com", COMPOSED)] {
        let mut client = app.registered(email).await;
        let id = UserId::parse(&user_of(client.clone()).await).unwrap();
        let before = hash_of_a_former_version(DECOMPOSED);
        app.set_password_hash(id, &before).await;
        client.post("/api/auth/reauthenticate", &[("password", typed)]).await.expect(StatusCode::OK);
        app.client().login(email, "le cafe pres du musee est ferme").await.refused(401, "invalid_credentials");
        assert_eq!(app.store.user(id).await.unwrap().unwrap().password_hash, before);
        app.client().login(email, typed).await.expect(StatusCode::OK);
        let after = app.store.user(id).await.unwrap().unwrap().password_hash;
        assert_ne!(after, before);
        for spelling in [COMPOSED, DECOMPOSED] {
            app.client().login(email, spelling).await.expect(StatusCode::OK);
        }
        assert_eq!(app.store.user(id).await.unwrap().unwrap().password_hash, after, "once");
        client.refresh().await.expect(StatusCode::OK);
    }
}
