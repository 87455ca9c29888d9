//! Many visitors: sandboxes are isolated from each other, bounded in number, and removed when idle.

use axum::http::{Method, StatusCode};
use futures::future::join_all;
use serde_json::Value;
use std::time::Duration;
use two_tokens::lab::model::event::{Action, Lifeline, LogEvent};
use two_tokens::lab::server::Audience;
use two_tokens::lab::server::sandboxes::SANDBOXES_PER_SOURCE;

use super::support::{Browser, Lab, Stream, Visitor, story};
use crate::support::{Client, PASSWORD};

const MINUTE: Duration = Duration::from_secs(60);

async fn open(browser: &Browser) -> Value {
    browser.post("/lab/open", "null", &[]).await.parsed()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_comes_back_to_the_same_sandbox() {
    let lab = Lab::start().await;
    let visitor = lab.visitor().await;
    assert_eq!(open(&visitor.browser).await["mount"], visitor.opened.mount);
    let answer = visitor.browser.post("/lab/open", "null", &[]).await;
    let cookie = answer.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.ends_with("; HttpOnly; Secure; SameSite=Strict; Path=/lab"), "{cookie}");
    assert_ne!(open(&lab.browser()).await["mount"], visitor.opened.mount);
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_one_app_are_nothing_in_another() {
    let lab = Lab::start().await;
    let (alice, bob) = (lab.signed_in().await, lab.signed_in().await);
    let cookie = alice.browser.cookie("__Secure-refresh").unwrap();
    let bearer = format!("Bearer {}", alice.tab.token().unwrap());
    // The app's own cookie has its port in the name.
    let name = format!("__Secure-refresh-{}", lab.base.rsplit(':').next().unwrap());
    for (mount, name) in [(&*bob.opened.mount, "__Secure-refresh"), ("", &*name)] {
        let cookie = format!("{name}={cookie}");
        let answer = lab.browser().post(&format!("{mount}/api/auth/refresh"), "", &[("cookie", &cookie)]).await;
        assert_eq!(answer.code(), "refresh_token_invalid", "{mount}");
        let path = format!("{mount}/api/account/me");
        let answer = lab.browser().send(Method::GET, &path, "", &[("authorization", &bearer)]).await.unwrap();
        assert_eq!(answer.code(), "access_token_invalid", "{mount}");
    }
    let mut real = Client::of(&*lab.base);
    let answer = real.register("ada@example.com", PASSWORD).await;
    let lines = answer.set_cookies();
    let token = lines.iter().find_map(|line| line.strip_prefix(&*name)?.strip_prefix('=')?.split(';').next()).unwrap();
    let bearer = format!("Bearer {}", real.access_token.as_deref().unwrap());
    let path = format!("{}/api/account/me", bob.opened.mount);
    let answer = lab.browser().send(Method::GET, &path, "", &[("authorization", &bearer)]).await.unwrap();
    assert_eq!(answer.code(), "access_token_invalid");
    let cookie = format!("__Secure-refresh={token}");
    let path = format!("{}/api/auth/refresh", bob.opened.mount);
    assert_eq!(lab.browser().post(&path, "", &[("cookie", &cookie)]).await.code(), "refresh_token_invalid");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_holds_the_actions_of_its_own_visitor_only() {
    let lab = Lab::start().await;
    let (alice, bob) = (lab.signed_in().await, lab.visitor().await);
    let before = bob.log().await;
    alice.act(Action::StealAndReplay { thief_first: true, within_grace: false }).await;
    assert_eq!(bob.log().await, before);
    // Alice's cookie does not open another's door: the name alone does, and it is not to be guessed.
    let path = format!("/lab/{}/-/export.json", "A".repeat(22));
    assert_eq!(alice.browser.get(&path).await.code(), "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_actors_badge_is_of_its_sandbox_alone() {
    let visitor = Lab::start().await.signed_in().await;
    let path = format!("{}/api/auth/logout", visitor.opened.mount);
    visitor.browser.post(&path, "", &[("lab-actor", "AAAAAAAAAAAAAAAAAAAAAA.thief")]).await;
    let told = story(&visitor.log().await);
    assert!(told.iter().any(|word| word == "Tab POST /api/auth/logout"), "{told:?}");
    assert!(!told.iter().any(|word| word.starts_with("Thief")), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_longest_idle_sandbox_is_evicted_and_none_in_use() {
    let lab = Lab::start().await;
    let visitors: Vec<Browser> = (0..10).map(|_| lab.browser()).collect();
    let mut mounts = Vec::new();
    for visitor in &visitors {
        mounts.push(open(visitor).await["mount"].as_str().unwrap().to_owned());
        lab.clock.advance(Duration::from_secs(1));
    }
    // In these tests all come from one address, so the own limit decides: the oldest of it goes.
    open(&lab.browser()).await;
    assert_eq!(lab.sandboxes.len(), 10);
    assert_eq!(visitors[0].get(&format!("{}/-/export.json", mounts[0])).await.code(), "not_found");
    assert_eq!(visitors[1].get(&format!("{}/-/export.json", mounts[1])).await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_sandbox_is_wiped() {
    let lab = Lab::start().await;
    let (idle, busy) = (lab.visitor().await, lab.visitor().await);
    lab.clock.advance(29 * MINUTE);
    busy.log().await;
    lab.clock.advance(MINUTE);
    lab.sandboxes.purge_idle();
    idle.stream.gone.subscribe().wait_for(|gone| *gone).await.unwrap();
    assert_eq!(lab.sandboxes.len(), 1);
    busy.act(Action::SignIn { tab2: false }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_class_behind_one_address_has_a_sandbox_each_and_nobody_loses_one_in_use() {
    let lab = Lab::with(Audience::Public).await;
    let class: Vec<Browser> = (0..40).map(|_| lab.browser()).collect();
    let opened = join_all(class.iter().map(open)).await;
    let alive = async |of: &Browser, opened: &Value| {
        let path = format!("{}/-/export.json", opened["mount"].as_str().unwrap());
        of.get(&path).await.status == StatusCode::OK
    };
    // The teacher shows how it is done again and again, until the network has all its places.
    let others: Vec<Browser> = (40..SANDBOXES_PER_SOURCE).map(|_| lab.browser()).collect();
    for other in &others {
        open(other).await;
    }
    let late = lab.browser();
    let refused = late.post("/lab/open", "null", &[]).await;
    assert_eq!(refused.code(), "temporarily_unavailable");
    assert!(refused.headers.contains_key("retry-after"), "a page tries again by itself");
    for (browser, opened) in class.iter().zip(&opened) {
        assert!(alive(browser, opened).await);
    }
    // A visitor who left makes room.
    lab.clock.advance(4 * MINUTE);
    for (browser, opened) in class.iter().zip(&opened).skip(1) {
        assert!(alive(browser, opened).await);
    }
    lab.clock.advance(MINUTE);
    open(&late).await;
    assert_eq!(lab.sandboxes.len(), SANDBOXES_PER_SOURCE);
    for (browser, opened) in class.iter().zip(&opened).skip(1) {
        assert!(alive(browser, opened).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_resets_again_and_again_opens_slowly() {
    let lab = Lab::with(Audience::Public).await;
    let browser = lab.browser();
    let mut opened = 0;
    let refused = loop {
        let answer = browser.post("/lab/open", "null", &[]).await;
        if answer.status != StatusCode::OK {
            break answer;
        }
        opened += 1;
        let mount = answer.parsed::<Value>()["mount"].as_str().unwrap().to_owned();
        lab.sandboxes.wipe(&lab.sandboxes.find(&mount["/lab/".len()..]).unwrap());
    };
    // One more for each three seconds that this takes.
    assert!((48..70).contains(&opened), "{opened}");
    assert_eq!(refused.code(), "rate_limited");
    lab.clock.advance(Duration::from_secs(3));
    open(&browser).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cookies_of_a_wiped_sandbox_go() {
    let lab = Lab::start().await;
    let visitor = lab.signed_in().await;
    assert!(visitor.browser.cookie("__Secure-refresh").is_some());
    visitor.try_act(Action::Reset).await;
    let answer = visitor.browser.post("/lab/open", "null", &[]).await;
    let paths = [("__Secure-refresh=; ", "/api/auth"), ("lab_signed_in=; ", "/")];
    for (name, path) in paths {
        let path = format!("; Path={}{path}; Max-Age=0", visitor.opened.mount);
        assert!(answer.set_cookies().iter().any(|line| line.starts_with(name) && line.ends_with(&path)), "{name}");
    }
    // What a stranger planted under the name is no path.
    let name = answer.set_cookies()[0].split('=').next().unwrap().to_owned();
    for planted in ["x", "../..", "a; Path=/", &"A".repeat(23)] {
        let cookie = format!("{name}={planted}");
        let answer = lab.browser().post("/lab/open", "null", &[("cookie", &cookie)]).await;
        assert_eq!(answer.set_cookies().len(), 1, "{planted}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sandbox_that_ends_says_why() {
    let lab = Lab::start().await;
    let (reset, idle) = (lab.visitor().await, lab.visitor().await);
    let said = |visitor: &Visitor| String::from_utf8(visitor.stream.bytes.lock().unwrap().clone()).unwrap();
    reset.try_act(Action::Reset).await;
    reset.stream.gone.subscribe().wait_for(|gone| *gone).await.unwrap();
    assert!(said(&reset).contains("event: gone\ndata: \"reset\""));
    lab.clock.advance(30 * MINUTE);
    lab.sandboxes.purge_idle();
    idle.stream.gone.subscribe().wait_for(|gone| *gone).await.unwrap();
    assert!(said(&idle).contains("event: gone\ndata: \"idle\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn buttons_are_not_pressed_a_hundred_times_a_second() {
    let visitor = Lab::start().await.visitor().await;
    let mut refused = 0;
    for _ in 0..100 {
        refused += u32::from(visitor.try_act(Action::SlowMotion { factor: 1 }).await.code() == "rate_limited");
    }
    assert!(refused > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stream_goes_on_where_it_was() {
    let lab = Lab::start().await;
    let mut visitor = lab.signed_in().await;
    let all = visitor.log().await;
    for (seq, header) in [(3, false), (4, true)] {
        visitor.stream = Stream::default();
        visitor.follow_from(seq, header).await;
        visitor.log().await;
        assert_eq!(*visitor.stream.events.lock().unwrap(), all[usize::try_from(seq).unwrap()..]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_newest_page_is_asked() {
    let lab = Lab::start().await;
    let mut visitor = lab.visitor().await;
    visitor.stream = Stream::default();
    visitor.follow(0).await;
    visitor.log().await;
    let events = visitor.act(Action::SignIn { tab2: false }).await;
    let told = story(&events);
    assert_eq!(told.iter().filter(|word| *word == "Tab POST /api/auth/login").count(), 1, "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_of_a_tab_are_in_the_log_and_only_a_tab_can_report() {
    let visitor = Lab::start().await.visitor().await;
    let path = format!("{}/-/seen", visitor.opened.mount);
    let told = r#"{"tab":"tab2","seen":[{"saw":"joins_refresh"},{"saw":"draft","characters":7}]}"#;
    assert_eq!(visitor.browser.post(&path, told, &[]).await.status, StatusCode::NO_CONTENT);
    let log: Vec<LogEvent> = visitor.log().await;
    assert_eq!(serde_json::to_value(log.last().unwrap()).unwrap()["seen"]["characters"], 7);
    for bad in [r#"{"tab":"thief","seen":[]}"#, r#"{"tab":"tab","seen":[{"saw":"anything"}]}"#, "", "{"] {
        assert_eq!(visitor.browser.post(&path, bad, &[]).await.code(), "validation_failed", "{bad}");
    }
    let elsewhere = [("sec-fetch-site", "cross-site")];
    for desk in ["seen", "act", "credentials", "probed"] {
        let path = format!("{}/-/{desk}", visitor.opened.mount);
        assert_eq!(
            visitor.browser.send_as(Method::POST, &path, &elsewhere).await.code(),
            "cross_site_request",
            "{desk}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_a_sandbox_is_the_app_below_its_mount_and_the_lab_may_frame_it() {
    let visitor = Lab::start().await.visitor().await;
    let headers = [("sec-fetch-mode", "navigate"), ("accept", "text/html")];
    for (path, who) in [("/notes", Lifeline::Tab), ("/notes?tab=2", Lifeline::Tab2), ("", Lifeline::Tab)] {
        let path = format!("{}{path}", visitor.opened.mount);
        let page = visitor.browser.send(Method::GET, &path, "", &headers).await.unwrap();
        let text = page.body;
        assert!(text.contains(&format!("data-mount=\"{}\"", visitor.opened.mount)), "{path}: {text}");
        assert!(page.headers["content-security-policy"].to_str().unwrap().ends_with("frame-ancestors 'self'"));
        assert_eq!((page.status.as_u16(), &page.headers["cache-control"]), (200, &"no-store".parse().unwrap()));
        let told = story(&visitor.log().await);
        assert!(told[told.len() - 2].starts_with(&format!("{who:?} GET /")), "{told:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_labs_page_has_the_chosen_theme() {
    let browser = Lab::start().await.browser();
    let dark = browser.send(Method::GET, "/lab", "", &[("cookie", "theme=dark")]).await.unwrap();
    assert!(dark.body.contains("data-theme=\"dark\""));
    assert!(!browser.get("/lab").await.body.contains("data-theme"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sandbox_that_is_gone_says_so() {
    let lab = Lab::start().await;
    let browser = lab.browser();
    for path in ["/lab/AAAAAAAAAAAAAAAAAAAAAA/notes", "/lab/AAAAAAAAAAAAAAAAAAAAAA", "/lab/x/"] {
        let page = browser.send(Method::GET, path, "", &[("accept", "text/html")]).await.unwrap();
        assert_eq!(page.status, StatusCode::NOT_FOUND);
        assert!(page.body.contains("href=\"/lab\""), "{path}");
        assert_eq!(browser.get(path).await.code(), "not_found", "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_site_serves_one_page_and_takes_nothing_else() {
    let lab = Lab::start().await;
    let visitor = lab.visitor().await;
    let (site, port) = (visitor.opened.other_site.clone().unwrap(), visitor.opened.other_port.clone().unwrap());
    assert!(site.starts_with("http://127.0.0.1:") && port.starts_with("http://localhost:"), "{site} {port}");
    let other = Browser::new(&site);
    let attack = async |mount: &str, origin: &str| other.get(&format!("/attack?mount={mount}&origin={origin}")).await;
    let page = attack(&visitor.opened.mount, &lab.base).await;
    assert_eq!(page.status, StatusCode::OK);
    let victim = format!("{}{}", lab.base, visitor.opened.mount);
    let text = page.body;
    for target in ["/api/auth/logout", "/api/account/me", "/api/auth/refresh", "/notes"] {
        assert!(text.contains(&format!("{victim}{target}\"")), "{target}");
    }
    assert!(text.contains("<html lang=\"en\">") && !text.contains("{title}"), "{text}");
    for (lang, title) in [("de", "<h1>Eine fremde Seite</h1>"), ("\"><script>", "<h1>Somebody else's page</h1>")] {
        let lang = lang.replace('"', "%22").replace('<', "%3C").replace('>', "%3E");
        let page = attack(&visitor.opened.mount, &format!("{}&lang={lang}", lab.base)).await;
        assert!(page.body.contains(title), "{}", page.body);
    }
    for (mount, origin) in [("/lab/x", &*lab.base), (&*visitor.opened.mount, "http://evil.example")] {
        assert_eq!(attack(mount, origin).await.status, StatusCode::NOT_FOUND);
    }
    assert_eq!(Lab::with(Audience::Public).await.visitor().await.opened.other_site, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_with_the_injected_script_runs_it_only_without_a_policy() {
    let visitor = Lab::start().await.visitor().await;
    let at = |rest: &str| format!("{}/-/{rest}", visitor.opened.mount);
    for (policy, scripts) in [("on", "script-src 'nonce-"), ("off", "script-src 'self' 'unsafe-inline'")] {
        let page = visitor.browser.get(&at(&format!("injection?policy={policy}"))).await;
        assert!(page.headers["content-security-policy"].to_str().unwrap().contains(scripts), "{policy}");
        assert!(page.headers["set-cookie"].to_str().unwrap().contains("HttpOnly"));
        let again = visitor.browser.get(&at(&format!("injection?policy={policy}&again=true"))).await;
        assert!(!again.headers.contains_key("set-cookie"), "a decoy that is made anew did not survive");
    }
    let came: Value = visitor.browser.post(&at("decoy"), "", &[("authorization", "Bearer decoy-1")]).await.parsed();
    assert_eq!(came, serde_json::json!({ "cookie": true, "bearer": true }));
    let found =
        r#"{"content_policy":true,"results":[{"storage":"memory","read":false,"used":false,"survives":false}]}"#;
    assert_eq!(visitor.browser.post(&at("probed"), found, &[]).await.status, StatusCode::NO_CONTENT);
    assert_eq!(story(&visitor.log().await).last().unwrap(), "probed");
}
