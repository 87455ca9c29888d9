use std::net::IpAddr;

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};
use futures::future::join_all;

use two_tokens::auth::throttle::rules::REGISTRATION;

use crate::support::{Answer, Client, Cookies, DEVICE_COOKIE, PASSWORD, TestApp, config, days, form, seconds};

const WRONG: &str = "not the right password";
const ADA: &str = "ada@example.com";

/// An address nobody in this test has used.
fn elsewhere(network: u8) -> IpAddr {
    [198, 51, 100, network].into()
}

fn stranger(app: &TestApp, network: u8) -> Client {
    Client { from: elsewhere(network), ..app.client() }
}

/// Guesses until told to wait, and says how often and how long.
async fn guesses(client: &mut Client, email: &str) -> (usize, u64) {
    for made in 0..100 {
        let answer = client.login(email, WRONG).await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            return (made, wait(&answer.refused(429, "rate_limited")));
        }
        answer.refused(401, "invalid_credentials");
    }
    panic!("nobody stopped it");
}

/// What is told about the wait, the same in three places.
fn wait(answer: &Answer) -> u64 {
    let problem = answer.json();
    let seconds = problem["retry_after"].as_u64().unwrap();
    assert_eq!(answer.headers[header::RETRY_AFTER], seconds.to_string());
    let words = two_tokens::lang::Lang::En.try_again_in(u32::try_from(seconds).unwrap());
    assert!(problem["detail"].as_str().unwrap().starts_with(&words), "{problem}");
    assert!(answer.headers.get(header::SET_COOKIE).is_none());
    seconds
}

#[tokio::test]
async fn each_wait_of_a_guesser_is_twice_the_last_and_is_announced() {
    let app = TestApp::start().await;
    app.registered(ADA).await;
    let mut eve = stranger(&app, 1);
    let mut waits = Vec::new();
    for _ in 0..8 {
        let (_, wait) = guesses(&mut eve, ADA).await;
        waits.push(wait);
        app.pass(seconds(wait));
    }
    assert_eq!(waits, [1, 2, 4, 8, 16, 30, 30, 30], "the wait for one account stays short");
}

#[tokio::test]
async fn attempts_during_a_wait_cost_no_hash_and_do_not_prolong_it() {
    let app = TestApp::start().await;
    app.registered(ADA).await;
    let mut eve = stranger(&app, 1);
    guesses(&mut eve, ADA).await;
    let digests = app.passwords.computed();
    for _ in 0..50 {
        assert_eq!(wait(&eve.login(ADA, PASSWORD).await.refused(429, "rate_limited")), 1);
    }
    assert_eq!(app.passwords.computed(), digests);
    app.pass(seconds(1));
    eve.login(ADA, PASSWORD).await.expect(StatusCode::OK);
}

#[tokio::test]
async fn guesses_at_many_accounts_from_one_source_are_stopped_at_all_of_them() {
    let app = TestApp::start().await;
    let mut eve = stranger(&app, 1);
    for account in 0..20 {
        eve.login(&format!("p{account}@example.com"), WRONG).await.refused(401, "invalid_credentials");
    }
    eve.login("p20@example.com", WRONG).await.refused(429, "rate_limited");
    stranger(&app, 2).login("p20@example.com", WRONG).await.refused(401, "invalid_credentials");
    let mut longest = 0;
    for _ in 0..16 {
        let (_, wait) = guesses(&mut eve, "p20@example.com").await;
        longest = longest.max(wait);
        app.pass(seconds(wait));
    }
    assert!(longest > 500, "{longest}");
}

/// The owner's browser shares its address with the strangers, even.
#[tokio::test]
async fn a_stranger_cannot_lock_an_owner_out_of_a_browser_with_a_device_cookie() {
    let app = TestApp::start().await;
    let mut ada = app.registered(ADA).await;
    ada.logout().await.expect(StatusCode::NO_CONTENT);
    app.pass(days(80));
    for network in 0..30 {
        guesses(&mut stranger(&app, network), ADA).await;
    }
    let mut neighbour = app.client();
    for account in 0..21 {
        neighbour.login(&format!("p{account}@example.com"), WRONG).await;
    }
    app.client().login(ADA, PASSWORD).await.refused(429, "rate_limited");
    ada.login(ADA, WRONG).await.refused(401, "invalid_credentials");
    ada.login(ADA, PASSWORD).await.expect(StatusCode::OK);
    ada.logout().await.expect(StatusCode::NO_CONTENT);
    let posted = ada.post("/login", &[("email", ADA), ("password", PASSWORD)]).await;
    assert_eq!(posted.status, StatusCode::SEE_OTHER, "without the program as well");
    guesses(&mut stranger(&app, 40), ADA).await;
}

#[tokio::test]
async fn an_owner_on_a_new_device_waits_seconds_and_not_minutes() {
    let app = TestApp::start().await;
    app.registered(ADA).await;
    // One stranger from one place is soon too slow to be in the way at all.
    for _ in 0..20 {
        let (_, wait) = guesses(&mut stranger(&app, 1), ADA).await;
        app.pass(seconds(wait));
    }
    guesses(&mut stranger(&app, 1), ADA).await;
    stranger(&app, 2).login(ADA, PASSWORD).await.expect(StatusCode::OK);
    // Many of them are, for as long as they go on.
    for network in 3..30 {
        let (_, wait) = guesses(&mut stranger(&app, network), ADA).await;
        app.pass(seconds(wait));
    }
    guesses(&mut stranger(&app, 30), ADA).await;
    let mut phone = stranger(&app, 31);
    let told = wait(&phone.login(ADA, PASSWORD).await.refused(429, "rate_limited"));
    assert!(told <= 30, "{told}");
    app.pass(seconds(told));
    phone.login(ADA, PASSWORD).await.expect(StatusCode::OK);
}

#[tokio::test]
async fn a_device_cookie_allows_no_faster_guesses_and_counts_for_one_account_only() {
    let app = TestApp::start().await;
    app.registered(ADA).await;
    let mut eve = app.registered("eve@example.com").await;
    guesses(&mut stranger(&app, 1), ADA).await;
    eve.login(ADA, WRONG).await.refused(429, "rate_limited");
    assert_eq!(guesses(&mut eve, "eve@example.com").await, (5, 1));
    app.pass(seconds(1));
    eve.login("eve@example.com", PASSWORD).await.expect(StatusCode::OK);
    assert_eq!(guesses(&mut eve, "eve@example.com").await, (5, 1), "whoever knows the password begins anew");
}

#[tokio::test]
async fn an_old_device_cookie_gives_no_guess_after_a_new_password_or_in_a_new_account() {
    const NEW: &str = "a new long password";
    let app = TestApp::start().await;
    let mut ada = app.registered(ADA).await;
    let cookie = |client: &Client| client.cookies.value(DEVICE_COOKIE).unwrap().to_owned();
    let with =
        |cookie: &str, network| Client { cookies: Cookies::of(DEVICE_COOKIE, cookie), ..stranger(&app, network) };
    guesses(&mut stranger(&app, 1), ADA).await;
    let first = cookie(&ada);
    with(&first, 2).login(ADA, WRONG).await.refused(401, "invalid_credentials");
    let change = [("current_password", PASSWORD), ("new_password", NEW)];
    ada.post("/api/account/change_password", &change).await.expect(StatusCode::OK);
    with(&first, 2).login(ADA, WRONG).await.refused(429, "rate_limited");
    let second = cookie(&ada);
    ada.logout().await.expect(StatusCode::NO_CONTENT);
    ada.login(ADA, NEW).await.expect(StatusCode::OK);
    ada.post("/api/account/delete_account", &[("password", NEW)]).await.expect(StatusCode::NO_CONTENT);
    app.registered(ADA).await;
    with(&second, 2).login(ADA, WRONG).await.refused(429, "rate_limited");
}

#[tokio::test]
async fn a_planted_device_cookie_hides_nothing() {
    let app = TestApp::start().await;
    let mut ada = app.registered(ADA).await;
    ada.logout().await.expect(StatusCode::NO_CONTENT);
    guesses(&mut stranger(&app, 1), ADA).await;
    let real = ada.cookies.value(DEVICE_COOKIE).unwrap().to_owned();
    ada.cookies = Cookies::of(DEVICE_COOKIE, "ttb_planted").and(DEVICE_COOKIE, real);
    ada.login(ADA, PASSWORD).await.expect(StatusCode::OK);
}

#[tokio::test]
async fn all_device_cookies_of_an_account_are_counted_together() {
    let app = TestApp::start().await;
    app.registered(ADA).await;
    let mut made = 0;
    for network in 1..10 {
        let mut browser = stranger(&app, network);
        browser.login(ADA, PASSWORD).await.expect(StatusCode::OK);
        made += guesses(&mut browser, ADA).await.0;
    }
    assert_eq!(made, 20);
}

#[tokio::test]
async fn weak_new_passwords_are_not_given_back() {
    let app = TestApp::start().await;
    let mut eve = stranger(&app, 1);
    for _ in 0..REGISTRATION.free {
        eve.register("eve@example.com", "passwordpassword").await.refused(422, "validation_failed");
    }
    wait(&eve.register("eve@example.com", "passwordpassword").await.refused(429, "rate_limited"));
}

#[tokio::test]
async fn right_passwords_are_work_and_counted() {
    let app = TestApp::start().await;
    let mut ada = app.registered(ADA).await;
    let mut signed_in = 0;
    while ada.login(ADA, PASSWORD).await.status == StatusCode::OK {
        signed_in += 1;
        assert!(signed_in < 100, "nobody stopped it");
    }
    assert_eq!(signed_in, 40);
    let digests = app.passwords.computed();
    let told = wait(&ada.login(ADA, PASSWORD).await.refused(429, "rate_limited"));
    assert_eq!(app.passwords.computed(), digests);
    app.registered("bob@example.com").await;
    app.pass(seconds(told));
    ada.login(ADA, PASSWORD).await.expect(StatusCode::OK);
}

#[tokio::test]
async fn one_known_password_gives_no_more_guesses_at_other_accounts() {
    let app = TestApp::start().await;
    app.registered("eve@example.com").await;
    let mut made = 0;
    let mut eve = stranger(&app, 1);
    for account in 0..100 {
        eve.cookies.clear();
        eve.login("eve@example.com", PASSWORD).await;
        match eve.login(&format!("p{account}@example.com"), WRONG).await.status {
            StatusCode::TOO_MANY_REQUESTS => break,
            _ => made += 1,
        }
    }
    assert_eq!(made, 20);
}

#[tokio::test]
async fn an_account_that_does_not_exist_is_guarded_exactly_like_one_that_does() {
    let app = TestApp::start().await;
    app.registered(ADA).await;
    let (mut one, mut other) = (stranger(&app, 1), stranger(&app, 2));
    for _ in 0..14 {
        let (known, unknown) = (one.login(ADA, WRONG).await, other.login("nobody@example.com", WRONG).await);
        assert_eq!((known.status, &known.body), (unknown.status, &unknown.body));
        assert_eq!(known.headers.get(header::RETRY_AFTER), unknown.headers.get(header::RETRY_AFTER));
        if known.status == StatusCode::TOO_MANY_REQUESTS {
            app.pass(seconds(wait(&known)));
        }
    }
    // However it is typed.
    one.login(" ADA@Example.com", WRONG).await.refused(429, "rate_limited");
}

#[tokio::test]
async fn concurrent_guesses_get_no_more_attempts_than_sequential_ones() {
    let app = TestApp::start().await;
    app.registered(ADA).await;
    let crowd = (0..60).map(|network| {
        let mut eve = stranger(&app, network);
        async move { eve.login(ADA, WRONG).await.status }
    });
    let answers = join_all(crowd).await;
    let passed = answers.iter().filter(|status| **status == StatusCode::UNAUTHORIZED).count();
    assert!((1..=10).contains(&passed), "{passed}");
    assert_eq!(answers.iter().filter(|status| **status == StatusCode::TOO_MANY_REQUESTS).count(), 60 - passed);
}

#[tokio::test]
async fn two_instances_on_one_database_count_together() {
    let app = TestApp::start().await;
    app.registered(ADA).await;
    let mut here = stranger(&app, 1);
    let mut there = stranger(&app, 1).at(app.beside(&[]).await);
    for _ in 0..5 {
        here.login(ADA, WRONG).await.refused(401, "invalid_credentials");
        there.login(ADA, WRONG).await.refused(401, "invalid_credentials");
    }
    here.login(ADA, PASSWORD).await.refused(429, "rate_limited");
    there.login(ADA, PASSWORD).await.refused(429, "rate_limited");
    app.pass(seconds(1));
    there.login(ADA, PASSWORD).await.expect(StatusCode::OK);
    here.login(ADA, WRONG).await.refused(401, "invalid_credentials");
}

#[tokio::test]
async fn endless_registrations_are_slowed_down_for_their_source_alone() {
    let app = TestApp::start().await;
    let mut eve = stranger(&app, 1);
    eve.register("eve@example.com", "too short").await.refused(422, "validation_failed");
    for account in 0..REGISTRATION.free {
        eve.register(&format!("p{account}@example.com"), PASSWORD).await.expect(StatusCode::OK);
    }
    let told = wait(&eve.register("one-more@example.com", PASSWORD).await.refused(429, "rate_limited"));
    stranger(&app, 2).register(ADA, PASSWORD).await.expect(StatusCode::OK);
    app.pass(seconds(told));
    // A question whether an address is taken costs the same.
    eve.register(ADA, PASSWORD).await.refused(409, "email_taken");
    eve.register(ADA, PASSWORD).await.refused(429, "rate_limited");
}

#[tokio::test]
async fn a_session_allows_no_faster_guesses_and_no_stranger_slows_its_owner_down() {
    let app = TestApp::start().await;
    let mut ada = app.registered(ADA).await;
    for network in 0..30 {
        guesses(&mut stranger(&app, network), ADA).await;
    }
    let mut thief = ada.clone();
    let fields = |old: &'static str| [("current_password", old), ("new_password", "a new long password")];
    for _ in 0..5 {
        thief.post("/api/account/change_password", &fields(WRONG)).await.refused(422, "validation_failed");
    }
    wait(&thief.post("/api/account/change_password", &fields(PASSWORD)).await.refused(429, "rate_limited"));
    wait(&thief.post("/api/account/delete_account", &[("password", PASSWORD)]).await.refused(429, "rate_limited"));
    app.pass(seconds(1));
    ada.post("/api/account/change_password", &fields(PASSWORD)).await.expect(StatusCode::OK);
}

#[tokio::test]
async fn a_thief_of_an_access_token_keeps_the_owner_neither_from_reauthenticating_nor_from_a_new_session() {
    let app = TestApp::start().await;
    let mut ada = app.registered(ADA).await;
    let mut thief = Client { cookies: Cookies::default(), ..ada.clone() };
    let delete = [("password", PASSWORD)];
    let mut told = None;
    for _ in 0..20 {
        let answer = thief.post("/api/account/delete_account", &[("password", WRONG)]).await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            told = Some(answer);
        }
    }
    let told = told.unwrap().refused(429, "rate_limited").json();
    assert!(told["detail"].as_str().unwrap().ends_with("Signing out and in again works right away."), "{told}");
    ada.post("/api/auth/reauthenticate", &[("password", PASSWORD)]).await.expect(StatusCode::OK);
    ada.post("/api/account/delete_account", &delete).await.refused(429, "rate_limited");
    ada.logout().await.expect(StatusCode::NO_CONTENT);
    ada.login(ADA, PASSWORD).await.expect(StatusCode::OK);
    ada.post("/api/account/delete_account", &delete).await.expect(StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn all_sessions_of_a_member_are_counted_together() {
    let app = TestApp::start().await;
    app.registered(ADA).await;
    let mut made = 0;
    for network in 1..10 {
        let mut session = stranger(&app, network);
        session.login(ADA, PASSWORD).await.expect(StatusCode::OK);
        while session.post("/api/account/delete_account", &[("password", WRONG)]).await.status
            == StatusCode::UNPROCESSABLE_ENTITY
        {
            made += 1;
        }
    }
    assert_eq!(made, 20);
}

#[tokio::test]
async fn a_customer_of_many_ipv6_networks_has_no_more_attempts_than_the_network_around_them() {
    let app = TestApp::start().await;
    let at = |third: u16, fourth: u16| Client {
        from: std::net::Ipv6Addr::new(0x2001, 0xdb8, third, fourth, 0, 0, 0, 1).into(),
        ..app.client()
    };
    let guesses = async |client: &mut Client, account: u16| {
        // Passwords are work, too, and a network may have two verified a second.
        app.pass(seconds(10));
        for made in 0..20 {
            let answer = client.login(&format!("p{account}-{made}@example.com"), WRONG).await;
            if answer.status == StatusCode::TOO_MANY_REQUESTS {
                return made;
            }
            answer.refused(401, "invalid_credentials");
        }
        20
    };
    let mut of_56 = 0;
    for network in 0..6 {
        of_56 += guesses(&mut at(1, network), network).await;
    }
    // After the free ones the wait doubles, and is over before the next network's first attempt: three times.
    assert_eq!(of_56, 63);
    let mut of_48 = of_56;
    for network in 1..10 {
        of_48 += guesses(&mut at(1, network << 8), 100 + network).await;
    }
    // The same, and one is forgotten each minute.
    assert!((100..=108).contains(&of_48), "{of_48}");
    assert_eq!(guesses(&mut at(2, 0), 300).await, 20, "another customer");
    assert_eq!(guesses(&mut stranger(&app, 1), 301).await, 20);
}

#[tokio::test]
async fn probing_for_taken_addresses_by_changing_the_address_is_slowed_down() {
    const CHANGE: &str = "/api/account/change_email";
    let app = TestApp::start().await;
    app.registered(ADA).await;
    let mut eve = app.registered("eve@example.com").await;
    let asks = |email: &'static str| [("email", email), ("password", PASSWORD)];
    let mut waits = Vec::new();
    for question in 0..12 {
        let answer = eve.post(CHANGE, &asks(ADA)).await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            let digests = app.passwords.computed();
            let told = wait(&eve.post(CHANGE, &asks("free@example.com")).await.refused(429, "rate_limited"));
            assert_eq!(app.passwords.computed(), digests, "before the password is looked at");
            waits.push(told);
            app.pass(seconds(told));
            eve.post(CHANGE, &asks(ADA)).await.refused(409, "email_taken");
        } else {
            answer.refused(409, "email_taken");
            assert!(question < 5, "five are free");
        }
    }
    assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64]);
    // Her password opens everything else as before, and other people ask for themselves.
    let delete = [("password", PASSWORD)];
    eve.post("/api/account/delete_account", &delete).await.expect(StatusCode::NO_CONTENT);
    app.registered("bob@example.com").await.post(CHANGE, &asks(ADA)).await.refused(409, "email_taken");
}

#[tokio::test]
async fn guesses_at_a_step_up_are_slowed_down_and_the_session_lives_on() {
    const AGAIN: &str = "/api/auth/reauthenticate";
    let app = TestApp::start().await;
    let mut ada = app.registered(ADA).await;
    let token = ada.refresh_token();
    for _ in 0..5 {
        ada.post(AGAIN, &[("password", WRONG)]).await.refused(401, "invalid_credentials");
    }
    let digests = app.passwords.computed();
    assert_eq!(wait(&ada.post(AGAIN, &[("password", PASSWORD)]).await.refused(429, "rate_limited")), 1);
    assert_eq!(app.passwords.computed(), digests);
    assert_eq!(ada.refresh_token(), token);
    ada.me().await.expect(StatusCode::OK);
    ada.refresh().await.expect(StatusCode::OK);
    app.pass(seconds(1));
    ada.post(AGAIN, &[("password", PASSWORD)]).await.expect(StatusCode::OK);
    // And each rotates the token, so it counts as one of the session's refreshes.
    for _ in 0..40 {
        if ada.post(AGAIN, &[("password", PASSWORD)]).await.status == StatusCode::TOO_MANY_REQUESTS {
            break;
        }
    }
    wait(&ada.refresh().await.refused(429, "rate_limited"));
    ada.me().await.expect(StatusCode::OK);
    app.pass(seconds(1));
    ada.refresh().await.expect(StatusCode::OK);
}

#[tokio::test]
async fn a_session_that_refreshes_without_end_is_slowed_down_and_lives_on() {
    let app = TestApp::start().await;
    let mut ada = app.registered(ADA).await;
    let mut bob = app.registered("bob@example.com").await;
    for _ in 0..30 {
        ada.refresh().await.expect(StatusCode::OK);
    }
    let token = ada.refresh_token();
    assert_eq!(wait(&ada.refresh().await.refused(429, "rate_limited")), 1);
    assert_eq!(ada.refresh_token(), token);
    ada.me().await.expect(StatusCode::OK);
    bob.refresh().await.expect(StatusCode::OK);
    app.pass(seconds(1));
    ada.refresh().await.expect(StatusCode::OK);
    ada.refresh().await.refused(429, "rate_limited");
}

#[tokio::test]
async fn ten_tabs_that_come_back_together_meet_no_limit() {
    let app = TestApp::start().await;
    let ada = app.registered(ADA).await;
    let tabs = (0..10).map(|_| {
        let mut tab = ada.clone();
        async move { tab.refresh().await.expect(StatusCode::OK) }
    });
    join_all(tabs).await;
}

#[tokio::test]
async fn after_a_long_wait_attempts_begin_anew_and_no_row_is_left() {
    let app = TestApp::start().await;
    app.registered(ADA).await;
    let mut eve = stranger(&app, 1);
    guesses(&mut eve, ADA).await;
    app.pass(days(1));
    app.maintain().await;
    assert_eq!(app.store.purge_attempts(app.now(), 100).await.unwrap(), 0, "it was tidied already");
    assert_eq!(guesses(&mut eve, ADA).await, (10, 1));
}

async fn login_with(client: &mut Client, name: &str, value: &[u8]) -> Answer {
    let request = client
        .request(Method::POST, "/api/auth/login")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(name, value)
        .body(Body::from(form(&[("email", "nobody@example.com"), ("password", WRONG)])))
        .unwrap();
    client.send(request).await
}

/// Twenty guesses from a new claimed address each time: as many as one address has.
async fn twenty_with_claims(app: &TestApp, from: IpAddr) -> Answer {
    let mut client = Client { from, ..app.client() };
    for account in 0..20 {
        client.login(&format!("p{account}@example.com"), WRONG).await.refused(401, "invalid_credentials");
    }
    login_with(&mut client, "x-forwarded-for", b"203.0.113.7").await
}

#[tokio::test]
async fn a_claimed_address_is_believed_from_a_named_proxy_alone() {
    let proxy = IpAddr::from([10, 1, 2, 3]);
    let app = TestApp::with(&["--trusted-proxies", "10.0.0.0/8, 2001:db8::1"]).await;
    twenty_with_claims(&app, proxy).await.refused(401, "invalid_credentials");
    twenty_with_claims(&app, elsewhere(1)).await.refused(429, "rate_limited");
    let app = TestApp::start().await;
    twenty_with_claims(&app, proxy).await.refused(429, "rate_limited");
}

#[tokio::test]
async fn any_header_value_is_answered_with_a_code() {
    let app = TestApp::with(&["--trusted-proxies", "192.0.2.0/24"]).await;
    let long = "1.2.3.4,".repeat(4_000);
    let values: [&[u8]; 9] =
        [b"", b",", b"\xff\xfe", b"::::", b"[", b"999.1.1.1", b"192.0.2.9, \t,", b"unknown", long.as_bytes()];
    for value in values {
        for name in ["x-forwarded-for", "cookie"] {
            app.pass(days(1));
            let answer = login_with(&mut app.client(), name, value).await;
            answer.refused(401, "invalid_credentials");
        }
    }
    for known in
        ["", "ttb_", "ttb_%00", &"A".repeat(30_000), "ttb_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"]
    {
        let mut client = Client { from: elsewhere(1), ..app.client() };
        client.cookies = Cookies::of(DEVICE_COOKIE, known);
        app.pass(days(1));
        client.login("nobody@example.com", "\0").await.refused(401, "invalid_credentials");
    }
}

#[tokio::test]
async fn a_plain_form_gets_its_page_again_and_is_told_how_long_to_wait() {
    let app = TestApp::start().await;
    let mut eve = stranger(&app, 1);
    guesses(&mut eve, ADA).await;
    let answer = eve.post("/login", &[("email", ADA), ("password", WRONG)]).await;
    assert_eq!(
        (answer.status, &answer.headers[header::RETRY_AFTER]),
        (StatusCode::TOO_MANY_REQUESTS, &"1".parse().unwrap())
    );
    assert!(answer.body.contains("Too many attempts. Try again in 1 second."), "{}", answer.body);
    assert!(answer.body.contains(ADA) && !answer.body.contains(WRONG));
    let button = answer.body.split("type=\"submit\"").nth(1).unwrap().split('>').next().unwrap();
    assert!(!button.contains("disabled"), "without the program nothing would make it work again");
    // What it had verified is work of the same network.
    app.pass(seconds(30));
    for account in 0..REGISTRATION.free {
        eve.register(&format!("p{account}@example.com"), PASSWORD).await.expect(StatusCode::OK);
    }
    let answer = eve.post("/register", &[("email", "one-more@example.com"), ("password", PASSWORD)]).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(answer.body.contains("Too many attempts."));
}

#[tokio::test]
async fn the_throttle_can_be_off_where_nobody_else_comes() {
    let app = TestApp::with(&["--throttle", "off"]).await;
    let mut ada = app.registered(ADA).await;
    assert_eq!(ada.cookies.value(DEVICE_COOKIE), None, "a cookie without a use is not set");
    for _ in 0..40 {
        app.client().login(ADA, WRONG).await.refused(401, "invalid_credentials");
        ada.refresh().await.expect(StatusCode::OK);
    }
    use clap::Parser as _;
    let everywhere = ["two-tokens", "--addr", "0.0.0.0:3000", "--throttle", "off"];
    let refused = two_tokens::server::config::Config::parse_from(everywhere).check().unwrap_err();
    assert_eq!(refused.setting, "TWO_TOKENS_THROTTLE");
    config(&["--addr", "[::1]:3000", "--throttle", "off"]);
}
