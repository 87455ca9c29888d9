//! Each button of the lab, event by event.

use axum::http::{Method, StatusCode};
use serde_json::Value;
use two_tokens::lab::model::event::{
    Action, Defence, Lifeline, LogEvent, LogEventKind, RefreshFault, SandboxSettings, Tamper,
};
use two_tokens::lab::model::narration;
use two_tokens::lang::Lang;

use super::support::{Lab, Visitor, rulings, story};

const CALL: [&str; 3] = ["Tab GET /api/notes/list", "access Valid", "200"];
const WEEK: u32 = 7 * 24 * 3600;

fn settings(events: &[LogEvent]) -> SandboxSettings {
    let last = events.iter().rev().find_map(|event| match &event.kind {
        LogEventKind::Settings { settings } => Some(settings.clone()),
        _ => None,
    });
    last.expect("no settings")
}

async fn call(visitor: &Visitor) -> StatusCode {
    visitor.tab.send(Method::GET, "/api/notes/list", &[]).await.unwrap().status
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in() {
    let visitor = Lab::start().await.visitor().await;
    let events = visitor.act(Action::SignIn { tab2: false }).await;
    assert_eq!(story(&events), ["Tab POST /api/auth/login", "password true", "row 0 12", "200"]);
    let events = visitor.act(Action::SignIn { tab2: true }).await;
    // The browser's cookie came along, so the new sign-in takes the old one's place.
    let expected = ["Tab2 POST /api/auth/login", "password true", "ended replaced", "row 0 1", "row 0 12", "200"];
    let mut told = story(&events);
    told[3..5].sort();
    assert_eq!(told, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_access_token_is_refreshed_and_the_call_repeated() {
    let visitor = Lab::start().await.signed_in().await;
    let events = visitor.act(Action::ExpireAccessToken).await;
    let refreshed = ["Tab POST /api/auth/refresh", "Rotate 0", "rotated", "row 1 5", "200"];
    let refused = ["jump 901", "Tab GET /api/notes/list", "access Expired", "401 access_token_expired"];
    assert_eq!(story(&events), [&refused[..], &refreshed, &CALL].concat());
    let exchanges: Vec<_> = events.iter().filter_map(|event| event.exchange).collect();
    assert!(exchanges.is_sorted(), "{exchanges:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_clock_jumps_and_an_idle_session_is_over() {
    let visitor = Lab::start().await.signed_in().await;
    assert_eq!(story(&visitor.act(Action::JumpClock { seconds: WEEK }).await), [format!("jump {WEEK}")]);
    let events = visitor.act(Action::ExpireAccessToken).await;
    let end = ["Tab POST /api/auth/refresh", "Ended 0", "401 refresh_token_expired"];
    assert_eq!(story(&events)[4..], end);
    let refused = visitor.try_act(Action::JumpClock { seconds: u32::MAX }).await;
    assert_eq!((refused.status.as_u16(), &*refused.code()), (422, "validation_failed"));
}

#[tokio::test(flavor = "multi_thread")]
async fn short_lifetimes_begin_with_the_next_token() {
    let visitor = Lab::start().await.signed_in().await;
    let events = visitor.act(Action::ShortLifetimes { on: true }).await;
    assert_eq!((settings(&events).access_ttl, call(&visitor).await), (20, StatusCode::OK));
    visitor.tab.refresh().await;
    let log = visitor.log().await;
    let access = log.iter().rev().find_map(|event| match &event.kind {
        LogEventKind::Response(response) => response.access.clone(),
        _ => None,
    });
    let claims = access.unwrap().claims;
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 20);
    assert_eq!(settings(&visitor.act(Action::ShortLifetimes { on: false }).await).access_ttl, 900);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tampered_token_is_invalid_whatever_was_changed() {
    let visitor = Lab::start().await.signed_in().await;
    for how in Tamper::ALL {
        let events = visitor.act(Action::Tamper { how }).await;
        let refused = ["Thief GET /api/account/me", "access Invalid", "401 access_token_invalid"];
        assert_eq!(story(&events), refused, "{how:?}");
        let LogEventKind::Request(request) = &events[1].kind else { panic!("{events:?}") };
        let bearer = request.bearer.as_ref().unwrap();
        let alg = if how == Tamper::AlgNone { "none" } else { "EdDSA" };
        assert_eq!(bearer.header["alg"], alg, "{how:?}");
    }
    assert_eq!(call(&visitor).await, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_calls_with_a_dead_token_make_one_refresh() {
    let visitor = Lab::start().await.signed_in().await;
    let events = visitor.act(Action::FiftyCalls).await;
    let told = story(&events);
    let count = |word: &str| told.iter().filter(|told| *told == word).count();
    assert_eq!((count("Tab POST /api/auth/refresh"), count("rotated")), (1, 1));
    assert_eq!((count("401 access_token_expired"), count("access Valid")), (50, 50));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_single_flight_and_without_the_grace_fifty_calls_end_the_session() {
    let visitor = Lab::start().await.visitor().await;
    for defence in [Defence::SingleFlight, Defence::Grace] {
        visitor.act(Action::Weaken { defence, weak: true }).await;
    }
    visitor.act(Action::SignIn { tab2: false }).await;
    let told = story(&visitor.act(Action::FiftyCalls).await);
    assert!(told.contains(&"401 refresh_token_reused".to_owned()), "{told:?}");
    assert_eq!(visitor.tab.token(), None);
    let words = narration::story(&visitor.log().await).unwrap().words(Lang::En);
    for sentence in [
        "Nobody stole refresh token 0. But without the grace, a second use counts as theft: the session ended.",
        "The tab signs out and says why.",
    ] {
        assert!(words.contains(&sentence.to_owned()), "{words:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_told_as_such_without_single_flight_as_well() {
    let visitor = Lab::start().await.signed_in().await;
    visitor.act(Action::Weaken { defence: Defence::SingleFlight, weak: true }).await;
    visitor.act(Action::NextRefresh { fault: RefreshFault::DropAnswer }).await;
    visitor.act(Action::ExpireAccessToken).await;
    let words = narration::story(&visitor.log().await).unwrap().words(Lang::En);
    assert!(words.contains(&"The tab had no new token yet, so it asked again.".to_owned()), "{words:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_rotated_and_old_ones_are_forgotten() {
    let visitor = Lab::start().await.signed_in().await;
    assert_eq!(story(&visitor.act(Action::RotateKeys).await), ["3 keys"]);
    assert_eq!(call(&visitor).await, StatusCode::OK);
    assert_eq!(story(&visitor.act(Action::RetireKeys).await), ["2 keys"]);
    assert_eq!(call(&visitor).await, StatusCode::UNAUTHORIZED);
    let healed = visitor.tab.call(Method::GET, "/api/notes/list", &[]).await.unwrap();
    assert_eq!(healed.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_forgets_nothing_that_matters() {
    let visitor = Lab::start().await.signed_in().await;
    visitor.act(Action::SignInOtherDevice).await;
    visitor.act(Action::StealAccessToken).await;
    assert_eq!(story(&visitor.act(Action::Restart).await), ["restarted"]);
    assert_eq!(call(&visitor).await, StatusCode::OK);
    visitor.act(Action::SignOutHere).await;
    visitor.act(Action::Restart).await;
    let events = visitor.act(Action::ThiefCalls).await;
    assert_eq!(story(&events), ["Thief GET /api/notes/list", "access Revoked", "401 session_revoked"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tabs_clock_is_its_own() {
    let visitor = Lab::start().await.signed_in().await;
    assert!(story(&visitor.act(Action::ClientClock { minutes: -10 }).await).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_here_and_of_the_other_device_and_everywhere() {
    let visitor = Lab::start().await.signed_in().await;
    let events = visitor.act(Action::SignInOtherDevice).await;
    assert_eq!(story(&events), ["OtherDevice POST /api/auth/login", "password true", "row 0 12", "200"]);
    let events = visitor.act(Action::SignOutOtherDevice).await;
    let end = ["Tab POST /api/account/revoke_session", "access Valid", "ended signed_out_elsewhere", "row 0 1", "204"];
    assert_eq!(story(&events)[3..], end);
    visitor.act(Action::SignInOtherDevice).await;
    let events = visitor.act(Action::SignOutEverywhere).await;
    let told = story(&events);
    assert_eq!(
        told.iter().filter(|word| word.starts_with("ended")).collect::<Vec<_>>(),
        ["ended signed_out_elsewhere", "ended logout"]
    );
    visitor.act(Action::SignIn { tab2: false }).await;
    let events = visitor.act(Action::SignOutHere).await;
    assert_eq!(story(&events), ["Tab POST /api/auth/logout", "ended logout", "row 0 1", "204"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_password_ends_the_other_device_and_is_the_one_that_signs_in() {
    let visitor = Lab::start().await.signed_in().await;
    visitor.act(Action::SignInOtherDevice).await;
    let told = story(&visitor.act(Action::ChangePassword).await);
    assert!(told.contains(&"ended password_changed".to_owned()), "{told:?}");
    visitor.act(Action::SignOutHere).await;
    assert_eq!(story(&visitor.act(Action::SignIn { tab2: false }).await)[1], "password true");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_ends_the_sandbox_and_its_stream() {
    let lab = Lab::start().await;
    let visitor = lab.signed_in().await;
    let answer = visitor.try_act(Action::Reset).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    visitor.stream.gone.subscribe().wait_for(|gone| *gone).await.unwrap();
    assert_eq!(visitor.try_act(Action::Step).await.code(), "not_found");
    let again: Value = visitor.browser.post("/lab/open", "null", &[]).await.parsed();
    assert_ne!(again["mount"], visitor.opened.mount);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_waits_for_the_visitors_step() {
    let visitor = Lab::start().await.signed_in().await;
    assert!(settings(&visitor.act(Action::Stepping { on: true }).await).stepping);
    assert_eq!(visitor.try_act(Action::Step).await.code(), "validation_failed", "nothing waits");
    let tab = visitor.tab.clone();
    let waiting = tokio::spawn(async move { tab.send(Method::GET, "/api/notes/list", &[]).await.unwrap().status });
    visitor.until("held Visitor from here").await;
    visitor.act(Action::Step).await;
    assert_eq!(waiting.await.unwrap(), StatusCode::OK);
    visitor.act(Action::Stepping { on: false }).await;
    assert_eq!(call(&visitor).await, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_motion_holds_each_hop() {
    let visitor = Lab::start().await.signed_in().await;
    visitor.act(Action::SlowMotion { factor: 2 }).await;
    call(&visitor).await;
    let told = story(&visitor.log().await);
    let expected = ["Tab GET /api/notes/list", "held SlowMotion", "access Valid", "held SlowMotion", "200"];
    assert_eq!(told[told.len() - 5..], expected);
    assert_eq!(visitor.try_act(Action::SlowMotion { factor: 0 }).await.code(), "validation_failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tabs_race_again_and_again_and_it_always_ends_the_same() {
    race(2).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "make soak"]
async fn soak_races_of_two_tabs() {
    race(10).await;
}

/// Twenty races in each of so many sandboxes.
async fn race(sandboxes: usize) {
    let lab = Lab::start().await;
    for _ in 0..sandboxes {
        let visitor = lab.in_two_tabs().await;
        for _ in 0..20 {
            one_race(&visitor).await;
        }
    }
}

async fn one_race(visitor: &Visitor) {
    let events = visitor.act(Action::RaceTwoTabs).await;
    let told = story(&events);
    let count = |word: &str| told.iter().filter(|told| told.starts_with(word)).count();
    assert_eq!((count("rotated"), count("Replay"), count("row")), (1, 1, 1), "{told:?}");
    assert_eq!((count("held Barrier from here"), count("access Valid")), (2, 2), "{told:?}");
    let given: Vec<_> = events.iter().filter_map(given).collect();
    assert_eq!((given.len(), &given[0].0), (2, &given[1].0), "the same successor: {told:?}");
    assert_ne!(given[0].1, given[1].1, "to both tabs");
    assert!(rulings(&events).len() <= 3, "{told:?}");
}

/// The refresh token of an answer, and to whom it went.
fn given(event: &LogEvent) -> Option<(String, Lifeline)> {
    let LogEventKind::Response(response) = &event.kind else { return None };
    let refresh = response.cookies.iter().find_map(|cookie| cookie.refresh.clone())?;
    Some((refresh.fingerprint.words + &refresh.fingerprint.hex, response.to))
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_tab_the_visitor_is_told_what_to_do() {
    let lab = Lab::start().await;
    let visitor = lab.visitor().await;
    let answer = visitor.try_act(Action::StealRefreshToken).await;
    assert_eq!(answer.code(), "validation_failed");
    let answer = visitor.try_act(Action::ExpireAccessToken).await;
    assert!(answer.body.contains("Nobody is signed in here."), "{:?}", answer.body);
}
