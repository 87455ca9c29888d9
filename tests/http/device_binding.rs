//! Device-bound sessions: a browser that binds its session to a key, the door in front of the refresh endpoint, and everybody who
//! is not on that device.
//!
//! Why so long: a browser with a bound session, and each way in which somebody else is not it.

use axum::http::{StatusCode, header};
use futures::future::join_all;
use serde_json::json;
use two_tokens::auth::model::event::EventKind;
use two_tokens::auth::model::session::{Session, SessionId};

use crate::support::{
    Answer, Authenticator, BOUND_COOKIE, Client, HINT_COOKIE, ORIGIN, PASSWORD, TestApp, days, seconds,
};

/// Longer than a refresh goes through without the bound cookie after its session was bound.
const PAST_THE_GRACE: u64 = 10;
/// Longer than any bound cookie counts.
const PAST_THE_COOKIE: u64 = 360;

const WINDOWS: &str =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 Safari/537.36";

/// A browser with a bound session, and its device.
struct Bound {
    browser: Client,
    device: Authenticator,
    session_id: String,
}

impl Bound {
    async fn start(app: &TestApp) -> Self {
        Self::with(app, Authenticator::new()).await
    }

    async fn with(app: &TestApp, device: Authenticator) -> Self {
        let mut browser = app.client();
        let challenge = browser.signed_up_with_offer("ada@example.com").await;
        let answer = browser.bind(&device.registration(&challenge)).await.expect(StatusCode::OK);
        let session_id = answer.json()["session_identifier"].as_str().unwrap().to_owned();
        Self { browser, device, session_id }
    }

    /// Gets a new bound cookie, in the two steps of a browser.
    async fn renew(&mut self) -> Answer {
        let challenge =
            self.browser.renew(&self.session_id, None).await.refused(403, "device_proof_required").challenge();
        self.browser.renew(&self.session_id, Some(&self.device.proof(&challenge))).await
    }

    /// A browser holds a refresh until it has a bound cookie.
    async fn refresh(&mut self) -> Answer {
        if self.browser.cookies.value(BOUND_COOKIE).is_none() {
            self.renew().await.expect(StatusCode::OK);
        }
        self.browser.refresh().await
    }

    fn cookie_runs_out(&mut self, app: &TestApp) {
        app.pass(seconds(PAST_THE_COOKIE));
        self.browser.cookies.drop(BOUND_COOKIE);
    }

    async fn row(&self, app: &TestApp) -> Session {
        app.store.session(SessionId::parse(&self.session_id).unwrap()).await.unwrap().unwrap()
    }
}

#[tokio::test]
async fn a_sign_in_by_script_or_form_offers_to_bind_and_the_answer_to_the_proof_is_instructions_and_a_cookie() {
    let app = TestApp::start().await;
    let mut browser = app.client();
    let first = browser.signed_up_with_offer("ada@example.com").await;
    let fields = [("email", "ada@example.com"), ("password", PASSWORD)];
    for (path, status) in [
        ("/api/auth/login", StatusCode::OK),
        ("/api/auth/form/login", StatusCode::SEE_OTHER),
        ("/login", StatusCode::SEE_OTHER),
    ] {
        let answer = browser.post_with(path, &[("origin", ORIGIN)], &fields).await.expect(status);
        let line = answer.headers["secure-session-registration"].to_str().unwrap();
        let challenge = answer.offered().unwrap();
        assert_eq!(line, format!(r#"(ES256 RS256);path="/api/auth/bind";challenge="{challenge}""#));
        assert_ne!(challenge, first);
        let answer = browser.bind(&Authenticator::new().registration(&challenge)).await.expect(StatusCode::OK);
        let attributes = "HttpOnly; Secure; SameSite=Strict; Path=/api/auth";
        let session_id = answer.json()["session_identifier"].as_str().unwrap().to_owned();
        let rule = |kind: &str, domain: &str, path: &str| json!({ "type": kind, "domain": domain, "path": path });
        assert_eq!(
            answer.json(),
            json!({
                "session_identifier": session_id,
                "refresh_url": "/api/auth/bound",
                "scope": {
                    "origin": ORIGIN,
                    "include_site": false,
                    "scope_specification": [
                        rule("exclude", "*", "/"),
                        rule("include", "localhost", "/api/auth/refresh"),
                        rule("include", "localhost", "/api/auth/reauthenticate"),
                    ],
                },
                "credentials": [{ "type": "cookie", "name": BOUND_COOKIE, "attributes": attributes }],
            })
        );
        assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
        let [cookie] = &answer.set_cookies()[..] else { panic!("{:?}", answer.set_cookies()) };
        assert!(cookie.starts_with(&format!("{BOUND_COOKIE}=")), "{cookie}");
        assert!(cookie.ends_with(&format!("; {attributes}; Max-Age=300")), "{cookie}");
    }
    let refresh = browser.refresh().await.expect(StatusCode::OK);
    assert_eq!(refresh.offered(), None, "whoever has a refresh token could bind it");
}

#[tokio::test]
async fn no_offer_goes_to_another_origin_or_to_no_browser_or_where_binding_is_off() {
    let app = TestApp::start().await;
    let off = app.beside(&["--dbsc", "off"]).await;
    app.registered("ada@example.com").await;
    let fields = [("email", "ada@example.com"), ("password", PASSWORD)];
    for headers in [&[][..], &[("origin", "http://127.0.0.1:3000")], &[("origin", "https://other.example")]] {
        let answer = app.client().post_with("/api/auth/login", headers, &fields).await.expect(StatusCode::OK);
        assert_eq!(answer.offered(), None, "{headers:?}");
    }
    let mut browser = app.client().at(off);
    let answer = browser.post_with("/api/auth/login", &[("origin", ORIGIN)], &fields).await.expect(StatusCode::OK);
    assert_eq!(answer.offered(), None);
    browser.bind(&Authenticator::new().registration("x")).await.refused(404, "not_found");
}

#[tokio::test]
async fn a_bound_session_refreshes_and_steps_up_with_its_bound_cookie_alone() {
    let app = TestApp::start().await;
    let mut bound = Bound::start(&app).await;
    app.pass(seconds(PAST_THE_GRACE));
    let mut copied = bound.browser.thief();
    copied.cookies.drop(BOUND_COOKIE);
    let before = bound.row(&app).await;
    let refused = copied.refresh().await.refused(401, "refresh_token_unbound");
    assert!(refused.set_cookies().is_empty());
    copied.post("/api/auth/reauthenticate", &[("password", PASSWORD)]).await.refused(401, "refresh_token_unbound");
    copied.post("/api/auth/reauthenticate", &[("password", "not it")]).await.refused(401, "refresh_token_unbound");
    assert_eq!(bound.row(&app).await, before, "nothing moves");
    bound.refresh().await.expect(StatusCode::OK);
    bound.browser.post("/api/auth/reauthenticate", &[("password", PASSWORD)]).await.expect(StatusCode::OK);
    bound.cookie_runs_out(&app);
    bound.browser.refresh().await.refused(401, "refresh_token_unbound");
    bound.refresh().await.expect(StatusCode::OK);
}

#[tokio::test]
async fn a_bound_cookie_counts_for_its_time_its_session_and_its_key_alone() {
    let app = TestApp::start().await;
    let mut bound = Bound::start(&app).await;
    let first = bound.browser.cookies.value(BOUND_COOKIE).unwrap().to_owned();
    app.pass(seconds(PAST_THE_COOKIE) - seconds(1));
    bound.browser.refresh().await.expect(StatusCode::OK);
    app.pass(seconds(1));
    bound.browser.refresh().await.refused(403, "device_proof_required");
    let mut other = app.client();
    let challenge = other.signed_up_with_offer("bob@example.com").await;
    other.bind(&Authenticator::new().registration(&challenge)).await.expect(StatusCode::OK);
    let others = other.cookies.value(BOUND_COOKIE).unwrap().to_owned();
    bound.renew().await.expect(StatusCode::OK);
    let own = bound.browser.cookies.value(BOUND_COOKIE).unwrap().to_owned();
    let mut altered = own.clone();
    altered.replace_range(20..21, if &own[20..21] == "A" { "B" } else { "A" });
    // A time of its own choice.
    let longer = format!("__{}", &own[2..]);
    for bad in [&*first, &others, &altered, &longer, "", "x", &own[1..], &format!("{own}A")] {
        bound.browser.cookies.drop(BOUND_COOKIE);
        bound.browser.cookies = bound.browser.cookies.clone().and(BOUND_COOKIE, bad);
        bound.browser.refresh().await.refused(403, "device_proof_required");
    }
    bound.browser.cookies = bound.browser.cookies.clone().and(BOUND_COOKIE, own);
    bound.browser.cookies.drop_value(BOUND_COOKIE, &format!("{}A", bound.browser.cookies.value(BOUND_COOKIE).unwrap()));
    bound.browser.refresh().await.expect(StatusCode::OK);
}

#[tokio::test]
async fn a_request_on_its_way_while_the_browser_binds_goes_through() {
    let app = TestApp::start().await;
    let mut browser = app.client();
    let challenge = browser.signed_up_with_offer("ada@example.com").await;
    let mut page = browser.clone();
    browser.bind(&Authenticator::new().registration(&challenge)).await.expect(StatusCode::OK);
    app.pass(seconds(PAST_THE_GRACE) - seconds(1));
    page.refresh().await.expect(StatusCode::OK);
    app.pass(seconds(1));
    page.refresh().await.refused(401, "refresh_token_unbound");
}

#[tokio::test]
async fn a_copied_jar_is_worthless_once_the_bound_cookie_ran_out_and_its_owner_lives_on() {
    let app = TestApp::start().await;
    let mut bound = Bound::start(&app).await;
    let mut thief = bound.browser.thief();
    let device = Authenticator::new();
    app.pass(days(1));
    // Also inside the grace of the rotation rule, where an unbound session gives the thief a token.
    bound.cookie_runs_out(&app);
    bound.refresh().await.expect(StatusCode::OK);
    thief.refresh().await.refused(403, "device_proof_required");
    let challenge = thief.renew(&bound.session_id, None).await.refused(403, "device_proof_required").challenge();
    thief.renew(&bound.session_id, Some(&device.proof(&challenge))).await.refused(403, "device_proof_required");
    assert!(thief.access_token.is_none());
    // Long after the grace the copy is a reuse, which would end an unbound session.
    for _ in 0..3 {
        app.pass(seconds(900));
        bound.cookie_runs_out(&app);
        bound.refresh().await.expect(StatusCode::OK);
        thief.refresh().await.refused(403, "device_proof_required");
    }
    bound.browser.me().await.expect(StatusCode::OK);
}

#[tokio::test]
async fn the_reuse_of_a_superseded_token_on_the_device_itself_is_still_reuse() {
    let app = TestApp::start().await;
    let mut bound = Bound::start(&app).await;
    let old = bound.browser.refresh_token();
    for _ in 0..2 {
        app.pass(seconds(11));
        bound.refresh().await.expect(StatusCode::OK);
    }
    bound.browser.cookies = bound.browser.cookies.clone().and(crate::support::REFRESH_COOKIE, old);
    bound.browser.cookies.drop_value(crate::support::REFRESH_COOKIE, &bound.browser.refresh_token());
    bound.browser.refresh().await.refused(401, "refresh_token_reused");
}

#[tokio::test]
async fn a_wrong_key_is_told_once_and_signs_nobody_out() {
    let app = TestApp::start().await;
    let mut bound = Bound::start(&app).await;
    let mut thief = Client { user_agent: WINDOWS, ..bound.browser.thief() };
    app.pass(seconds(PAST_THE_GRACE));
    let challenge = thief.renew(&bound.session_id, None).await.challenge();
    for device in [Authenticator::new(), Authenticator::new(), Authenticator::rsa(aws_lc_rs::rsa::KeySize::Rsa2048)] {
        let answer = thief.renew(&bound.session_id, Some(&device.proof(&challenge))).await;
        assert!(answer.refused(403, "device_proof_required").set_cookies().is_empty());
    }
    let user_id = bound.row(&app).await.user_id;
    let wrong_keys = async || {
        let events = app.store.events_of_user(user_id, 50).await.unwrap();
        events.into_iter().filter(|event| event.kind == EventKind::DeviceKeyWrong).count()
    };
    assert_eq!(wrong_keys().await, 1, "a flood of them pushes nothing out of the history");
    let told = bound.browser.get("/api/account/history").await.json();
    assert_eq!((&told[0]["kind"], &told[0]["device"]), (&json!("wrong_device"), &json!("Chrome on Windows")));
    let notices = bound.browser.get("/api/account/notices").await.json();
    assert_eq!(notices[0]["id"], *bound.session_id);
    bound
        .browser
        .post("/api/account/dismiss_notice", &[("id", &bound.session_id)])
        .await
        .expect(StatusCode::NO_CONTENT);
    thief.renew(&bound.session_id, Some(&Authenticator::new().proof(&challenge))).await;
    assert_eq!(wrong_keys().await, 2);
    bound.refresh().await.expect(StatusCode::OK);
    bound.renew().await.expect(StatusCode::OK);
    assert_eq!(wrong_keys().await, 2);
}

#[tokio::test]
async fn a_good_signature_over_another_challenge_is_a_race_and_gets_a_new_challenge() {
    let app = TestApp::start().await;
    let mut bound = Bound::start(&app).await;
    let before = bound.row(&app).await.binding.unwrap();
    let stale = bound.browser.renew(&bound.session_id, None).await.challenge();
    app.pass(seconds(120));
    let mut late = Vec::new();
    for challenge in [&*stale, "", "x", &"A".repeat(32)] {
        let answer = bound.browser.renew(&bound.session_id, Some(&bound.device.proof(challenge))).await;
        assert_eq!(answer.challenged().as_deref(), Some(&*bound.session_id));
        late.push(answer.refused(403, "device_proof_required").challenge());
    }
    assert_eq!(bound.row(&app).await.binding.unwrap(), before);
    let events = app.store.events_of_user(bound.row(&app).await.user_id, 9).await.unwrap();
    assert!(events.iter().all(|event| event.kind != EventKind::DeviceKeyWrong), "{events:?}");
    let proof = bound.device.proof(&late[3]);
    bound.browser.renew(&bound.session_id, Some(&proof)).await.expect(StatusCode::OK);
    let after = bound.row(&app).await.binding.unwrap();
    assert_eq!((after.proofs, after.at, after.key), (before.proofs + 1, before.at, before.key));
    // A proof is used up, though its challenge has not run out; and so are all that were given out with it.
    for used in [&*late[3], &late[0]] {
        let again = bound.browser.renew(&bound.session_id, Some(&bound.device.proof(used))).await;
        assert!(again.refused(403, "device_proof_required").set_cookies().is_empty());
    }
}

#[tokio::test]
async fn of_two_proofs_at_once_one_counts_and_both_browsers_go_on() {
    let app = TestApp::unthrottled().await;
    let mut bound = Bound::start(&app).await;
    let challenge = bound.browser.renew(&bound.session_id, None).await.challenge();
    let proof = bound.device.proof(&challenge);
    let racers = (0..8).map(|_| {
        let (mut tab, session_id, proof) = (bound.browser.clone(), bound.session_id.clone(), proof.clone());
        tokio::spawn(async move { tab.renew(&session_id, Some(&proof)).await.status })
    });
    let statuses: Vec<_> = join_all(racers).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(statuses.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [StatusCode::OK, StatusCode::FORBIDDEN].contains(status)), "{statuses:?}");
    bound.renew().await.expect(StatusCode::OK);
}

#[tokio::test]
async fn of_two_registrations_at_once_one_binds_and_no_key_is_ever_changed() {
    let app = TestApp::unthrottled().await;
    let mut browser = app.client();
    let challenge = browser.signed_up_with_offer("ada@example.com").await;
    let racers = (0..8).map(|_| {
        let (mut browser, challenge) = (browser.clone(), challenge.clone());
        let device = Authenticator::new();
        tokio::spawn(async move { (browser.bind(&device.registration(&challenge)).await, device) })
    });
    let answers: Vec<_> = join_all(racers).await.into_iter().map(Result::unwrap).collect();
    let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|(answer, _)| answer.status == StatusCode::OK);
    let [(answer, device)] = &won[..] else { panic!("{} were bound", won.len()) };
    let session_id = answer.json()["session_identifier"].as_str().unwrap().to_owned();
    for (answer, other) in lost {
        answer.refused(422, "validation_failed");
        let asked = browser.renew(&session_id, None).await.challenge();
        browser.renew(&session_id, Some(&other.proof(&asked))).await.refused(403, "device_proof_required");
    }
    // The same again, after a lost answer, is answered the same. From the first renewal on neither the challenge of the sign-in nor
    // one of a renewal binds, whatever the key.
    browser.bind(&device.registration(&challenge)).await.expect(StatusCode::OK);
    let asked = browser.renew(&session_id, None).await.challenge();
    browser.renew(&session_id, Some(&device.proof(&asked))).await.expect(StatusCode::OK);
    let asked = browser.renew(&session_id, None).await.challenge();
    for challenge in [&challenge, &asked] {
        for device in [device, &Authenticator::new()] {
            browser.bind(&device.registration(challenge)).await.refused(422, "validation_failed");
        }
    }
    browser.renew(&session_id, Some(&device.proof(&asked))).await.expect(StatusCode::OK);
}

#[tokio::test]
async fn a_registration_needs_the_challenge_of_its_own_sign_in_in_time_and_the_refresh_token() {
    let app = TestApp::start().await;
    let mut ada = app.client();
    let challenge = ada.signed_up_with_offer("ada@example.com").await;
    let mut bob = app.client();
    let bobs = bob.signed_up_with_offer("bob@example.com").await;
    let device = Authenticator::new();
    for challenge in [&*bobs, "", "x"] {
        ada.bind(&device.registration(challenge)).await.refused(422, "validation_failed");
    }
    for proof in ["", "x", "a.b.c", &device.proof(&challenge)] {
        ada.bind(proof).await.refused(422, "validation_failed");
    }
    ada.by_itself("/api/auth/bind", &[]).await.refused(422, "validation_failed");
    ada.get("/api/auth/bind").await.refused(404, "not_found");
    app.client().bind(&device.registration(&challenge)).await.refused(401, "refresh_token_missing");
    bob.bind(&device.registration(&challenge)).await.refused(422, "validation_failed");
    app.pass(seconds(120));
    ada.bind(&device.registration(&challenge)).await.refused(422, "validation_failed");
    ada.refresh().await.expect(StatusCode::OK);
    assert_eq!(ada.get("/api/account/sessions").await.json()[0]["bound"], false);
}

#[tokio::test]
async fn an_rsa_key_binds_too() {
    let app = TestApp::start().await;
    let mut bound = Bound::with(&app, Authenticator::rsa(aws_lc_rs::rsa::KeySize::Rsa2048)).await;
    bound.cookie_runs_out(&app);
    bound.refresh().await.expect(StatusCode::OK);
}

#[tokio::test]
async fn the_end_of_a_session_ends_its_binding() {
    type End = fn(&TestApp, Bound) -> futures::future::BoxFuture<'_, Bound>;
    let ends: [(&str, End); 5] = [
        ("sign-out", |_, mut bound| {
            Box::pin(async move {
                let kept = bound.browser.cookies.clone();
                let answer = bound.browser.logout().await.expect(StatusCode::NO_CONTENT);
                assert!(answer.set_cookies().iter().any(|line| line.starts_with(BOUND_COOKIE)), "its cookie goes too");
                assert!(bound.browser.cookies.names().iter().all(|name| *name != BOUND_COOKIE && *name != HINT_COOKIE));
                bound.browser.cookies = kept;
                bound
            })
        }),
        ("no refresh cookie", |_, mut bound| {
            Box::pin(async move {
                bound.browser.logout().await.expect(StatusCode::NO_CONTENT);
                bound
            })
        }),
        ("expiry", |app, bound| {
            Box::pin(async move {
                app.pass(days(7));
                bound
            })
        }),
        ("another sign-in", |_, mut bound| {
            Box::pin(async move {
                bound.browser.login("ada@example.com", PASSWORD).await.expect(StatusCode::OK);
                bound
            })
        }),
        ("a new password elsewhere", |app, bound| {
            Box::pin(async move {
                let mut phone = app.client();
                phone.login("ada@example.com", PASSWORD).await.expect(StatusCode::OK);
                let fields = [("current_password", PASSWORD), ("new_password", "winter-harbor-lantern-42-quill")];
                phone.post("/api/account/change_password", &fields).await.expect(StatusCode::OK);
                bound
            })
        }),
    ];
    for (how, end) in ends {
        let app = TestApp::start().await;
        let mut bound = end(&app, Bound::start(&app).await).await;
        let (session_id, proof) = (bound.session_id.clone(), bound.device.proof("x"));
        for proof in [None, Some(&*proof)] {
            let answer = bound.browser.renew(&session_id, proof).await.expect(StatusCode::OK);
            assert_eq!(answer.json(), json!({ "session_identifier": session_id, "continue": false }), "{how}");
            assert!(answer.set_cookies().is_empty());
        }
    }
}

#[tokio::test]
async fn trouble_ends_no_binding() {
    let app = TestApp::start().await;
    let mut bound = Bound::start(&app).await;
    // A planted cookie beside the genuine one: neither is believed.
    let mut tossed = bound.browser.clone();
    tossed.cookies = tossed.cookies.clone().and(crate::support::REFRESH_COOKIE, "ttr_planted");
    tossed.renew(&bound.session_id, None).await.unavailable();
    // A session that asks without end is slowed down.
    let answers = join_all((0..60).map(|_| {
        let (mut tab, session_id) = (bound.browser.clone(), bound.session_id.clone());
        async move { tab.renew(&session_id, None).await.status }
    }));
    let statuses = answers.await;
    assert!(statuses.contains(&StatusCode::SERVICE_UNAVAILABLE), "{statuses:?}");
    app.pass(seconds(60));
    bound.renew().await.expect(StatusCode::OK);
    bound.refresh().await.expect(StatusCode::OK);
}

#[tokio::test]
async fn a_browser_that_skipped_its_renewal_is_told_to_wait_and_goes_on_later() {
    let app = TestApp::start().await;
    let mut bound = Bound::start(&app).await;
    for reason in ["unreachable", "server_error", "quota_exceeded"] {
        bound.cookie_runs_out(&app);
        let skipped = format!("{reason};session_identifier=\"{}\"", bound.session_id);
        let headers = [("secure-session-skipped", &*skipped)];
        let waits = bound.browser.post_with("/api/auth/refresh", &headers, &[]).await;
        assert_eq!(waits.refused(403, "device_proof_required").headers[header::RETRY_AFTER], "2");
        bound.refresh().await.expect(StatusCode::OK);
    }
}

#[tokio::test]
async fn where_binding_is_off_again_bound_sessions_go_on_and_are_asked_again_when_it_is_on() {
    let app = TestApp::start().await;
    let mut bound = Bound::start(&app).await;
    bound.cookie_runs_out(&app);
    let on = bound.browser.to.clone();
    bound.browser.to = app.beside(&["--dbsc", "off"]).await.into();
    bound.browser.refresh().await.expect(StatusCode::OK);
    bound.renew().await.expect(StatusCode::OK);
    bound.cookie_runs_out(&app);
    bound.browser.to = on;
    bound.browser.refresh().await.refused(401, "refresh_token_unbound");
    bound.refresh().await.expect(StatusCode::OK);
}

#[tokio::test]
async fn the_list_of_sessions_says_which_are_bound() {
    let app = TestApp::start().await;
    let mut bound = Bound::start(&app).await;
    let mut phone = app.client();
    phone.login("ada@example.com", PASSWORD).await.expect(StatusCode::OK);
    let listed = bound.browser.get("/api/account/sessions").await.json();
    assert_eq!((&listed[0]["bound"], &listed[1]["bound"]), (&json!(true), &json!(false)));
}

#[tokio::test]
async fn below_a_base_path_and_behind_a_tls_proxy_the_instructions_name_the_public_address() {
    let app = TestApp::with(&["--base-path", "/my-app", "--public-url", "https://app.example.com:8443"]).await;
    let mut browser = app.client();
    let fields = [("email", "ada@example.com"), ("password", PASSWORD)];
    let origin = [("origin", "https://app.example.com:8443")];
    let answer = browser.post_with("/my-app/api/auth/register", &origin, &fields).await.expect(StatusCode::OK);
    assert!(
        answer.headers["secure-session-registration"].to_str().unwrap().contains(r#";path="/my-app/api/auth/bind";"#)
    );
    let proof = Authenticator::new().registration(&answer.offered().unwrap());
    let answer = browser.by_itself("/my-app/api/auth/bind", &[("secure-session-response", &proof)]).await;
    let told = answer.expect(StatusCode::OK);
    let instructions = told.json();
    assert_eq!(instructions["scope"]["origin"], "https://app.example.com:8443");
    assert_eq!(instructions["refresh_url"], "/my-app/api/auth/bound");
    let included = &instructions["scope"]["scope_specification"][1];
    assert_eq!(
        (&included["domain"], &included["path"]),
        (&json!("app.example.com"), &json!("/my-app/api/auth/refresh"))
    );
    let (name, attributes) = (&instructions["credentials"][0]["name"], &instructions["credentials"][0]["attributes"]);
    assert_eq!(name, "__Secure-bound-8443");
    let line = format!("; {}; Max-Age=300", attributes.as_str().unwrap());
    assert!(told.set_cookies()[0].starts_with("__Secure-bound-8443=") && told.set_cookies()[0].ends_with(&line));
    app.pass(seconds(PAST_THE_GRACE));
    browser.post("/my-app/api/auth/refresh", &[]).await.expect(StatusCode::OK);
}
