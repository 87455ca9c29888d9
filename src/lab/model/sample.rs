//! Test fixtures: sample logs as the recorder would write them. They are built here instead of recorded, so a test needs one line
//! for its scenario, and scenarios exist that no server produces on demand.

mod causes;

pub use causes::{asked_again, fifty, leaked, other_site, read_by_the_thief, reloaded, undetected};

use proptest::prelude::*;
use serde_json::json;

use super::event::*;
use crate::clock::Timestamp;
use crate::protocol::code::Code;
use crate::protocol::session::RevokeReason;

const BEGIN: i64 = 1_767_225_600;
const GRACE: u64 = 10;
const WORDS: [&str; 8] = [
    "amber-otter",
    "quiet-heron",
    "brisk-maple",
    "coral-finch",
    "dusty-comet",
    "early-tulip",
    "frosty-lynx",
    "gentle-reed",
];

/// A log under construction.
pub struct SampleLog {
    pub events: Vec<LogEvent>,
    at: Timestamp,
    elapsed: u64,
    exchanges: u64,
    tokens: usize,
    row: SessionRow,
}

pub fn fingerprint(number: usize) -> Fingerprint {
    Fingerprint {
        words: WORDS[number % WORDS.len()].to_owned(),
        hex: format!("{:06x}", number * 0x3f_a91c % 0xff_ffff),
    }
}

fn refresh(number: u32) -> RefreshSeen {
    RefreshSeen { fingerprint: fingerprint(number as usize + 2), generation: Some(number) }
}

impl SampleLog {
    fn new() -> Self {
        let at = Timestamp::from_secs(BEGIN);
        let row = SessionRow {
            id: "q3Vh0n1T8mJxkQ5bYw2Rtg".to_owned(),
            device: "Firefox on Linux".to_owned(),
            generation: 0,
            parent: None,
            ring: Vec::new(),
            salt: fingerprint(7),
            newest: refresh(0).fingerprint,
            created_at: at,
            authenticated_at: at,
            last_used_at: at,
            idle_expires_at: Timestamp::from_secs(BEGIN + 7 * 86_400),
            absolute_expires_at: Timestamp::from_secs(BEGIN + 30 * 86_400),
            revoked: None,
        };
        let mut log = Self { events: Vec::new(), at, elapsed: 0, exchanges: 0, tokens: 0, row };
        log.record(LogEventKind::Opened { email: "visitor@lab.example".to_owned(), mount: "/lab/k7".to_owned() });
        log.record(LogEventKind::Settings { settings: settings() });
        log.record(LogEventKind::Keys {
            keys: vec![
                KeyRow { kid: "n4bQgYhMfWWaL-qgxVrQ".to_owned(), state: "active".to_owned() },
                KeyRow { kid: "x9kPzR2cT0uVbE5d".to_owned(), state: "next".to_owned() },
            ],
        });
        log
    }

    pub fn record(&mut self, kind: LogEventKind) {
        self.add(None, kind);
    }

    fn add(&mut self, exchange: Option<u64>, kind: LogEventKind) {
        let seq = self.events.len() as u64 + 1;
        self.elapsed += 1_850;
        self.at = Timestamp(self.at.millis() + 2);
        self.events.push(LogEvent { seq, at: self.at, elapsed: self.elapsed, exchange, kind });
    }

    fn pass(&mut self, seconds: u64) {
        self.elapsed += 900_000;
        self.at = Timestamp(self.at.millis() + i64::try_from(seconds).unwrap() * 1000);
        self.record(LogEventKind::ClockJumped { seconds });
    }

    fn see(&mut self, tab: Lifeline, seen: TabEvent) {
        self.record(LogEventKind::Seen { tab, seen });
    }

    fn act(&mut self, action: Action) {
        self.elapsed += 2_300_000;
        self.record(LogEventKind::Acted { action });
    }

    pub fn since_action(&self) -> &[LogEvent] {
        let begin = self.events.iter().rposition(|event| matches!(event.kind, LogEventKind::Acted { .. })).unwrap_or(0);
        &self.events[begin..]
    }

    fn access(&mut self, expires: u64) -> AccessSeen {
        self.tokens += 1;
        let now = self.at.secs();
        let header = json!({"typ": "at+jwt", "alg": "EdDSA", "kid": "n4bQgYhMfWWaL-qgxVrQ"});
        let claims = json!({
            "iss": "http://localhost:3000", "aud": "http://localhost:3000/api", "sub": "01980a5e-77c1-7b1e-9d35-20f1c3a8e6d4",
            "sid": self.row.id, "jti": "Zt8cQ1v0W3pL5aXn", "iat": now, "exp": now + i64::try_from(expires).unwrap(),
            "auth_time": BEGIN, "client_id": "two-tokens-web", "session_epoch": 0,
        });
        let map = |value: serde_json::Value| value.as_object().cloned().unwrap();
        AccessSeen {
            fingerprint: fingerprint(self.tokens * 5),
            header: map(header),
            claims: map(claims),
            signature: fingerprint(self.tokens * 5 + 1),
        }
    }

    fn request(&mut self, from: Lifeline, path: &str, bearer: Option<AccessSeen>, cookie: Option<RefreshSeen>) -> u64 {
        self.exchanges += 1;
        let exchange = self.exchanges;
        let browser = from != Lifeline::Thief;
        let auth = path.starts_with("/api/auth");
        let why = match (browser, auth, cookie.is_some()) {
            (false, ..) => CookieReason::NoBrowser,
            (_, false, _) => CookieReason::OtherPath,
            (_, true, false) => CookieReason::NotInJar,
            (_, true, true) => CookieReason::Fits,
        };
        let line = |name: &str, value: &str| HeaderLine { name: name.to_owned(), value: value.to_owned() };
        let mut headers = vec![line("content-type", "application/x-www-form-urlencoded")];
        if browser {
            headers.extend([line("origin", "http://localhost:3000"), line("sec-fetch-site", "same-origin")]);
        }
        if let Some(token) = &bearer {
            headers.push(line("authorization", &format!("Bearer <access token: {}>", token.fingerprint.words)));
        }
        if let Some(seen) = &cookie {
            headers.push(line("cookie", &format!("__Secure-refresh=<refresh token: {}>", seen.fingerprint.words)));
        }
        let get = path == "/api/notes/list";
        let login = path == "/api/auth/login";
        let field =
            |name: &str, value: Option<&str>| FormField { name: name.to_owned(), value: value.map(str::to_owned) };
        let fields =
            if login { vec![field("email", Some("visitor@lab.example")), field("password", None)] } else { vec![] };
        let cookies = [
            ("__Secure-refresh", cookie.is_some(), why),
            ("lab_signed_in", browser, if browser { CookieReason::Fits } else { CookieReason::NoBrowser }),
        ]
        .map(|(name, sent, why)| CookieSent { name: name.to_owned(), sent, why });
        let request = RecordedRequest {
            from,
            method: if get { "GET" } else { "POST" }.to_owned(),
            path: path.to_owned(),
            headers,
            fields,
            bearer,
            refresh: cookie,
            cookies: cookies.into(),
            navigation: false,
        };
        self.add(Some(exchange), LogEventKind::Request(request));
        exchange
    }

    fn reply(&mut self, exchange: u64, to: Lifeline, code: Option<Code>, gives: Option<(AccessSeen, u32)>) {
        let line = |name: &str, value: &str| HeaderLine { name: name.to_owned(), value: value.to_owned() };
        let mut headers = vec![line("cache-control", "no-store")];
        headers.extend(code.and_then(Code::challenge).map(|challenge| line("www-authenticate", challenge)));
        let cookies = gives.as_ref().map(|(_, number)| {
            let cookie = |name: &str, refresh, attributes: &[&str]| CookieSet {
                name: name.to_owned(),
                refresh,
                cleared: false,
                attributes: attributes.iter().map(|text| (*text).to_owned()).collect(),
            };
            let strict = ["HttpOnly", "Secure", "SameSite=Strict", "Path=/lab/k7/api/auth", "Max-Age=604800"];
            vec![
                cookie("__Secure-refresh", Some(refresh(*number)), &strict),
                cookie("lab_signed_in", None, &["Secure", "SameSite=Lax", "Path=/lab/k7/", "Max-Age=604800"]),
            ]
        });
        let hop = |name, micros| Hop { name, micros };
        let response = RecordedResponse {
            to,
            status: code.map_or(200, Code::status),
            code,
            headers,
            cookies: cookies.unwrap_or_default(),
            access: gives.map(|(token, _)| token),
            hops: vec![
                hop(HopName::Read, 310),
                hop(HopName::Rotate, 1_960),
                hop(HopName::Sign, 95),
                hop(HopName::Answer, 60),
            ],
            micros: 2_425,
        };
        self.add(Some(exchange), LogEventKind::Response(response));
    }

    fn write(&mut self, exchange: u64, changed: &[&str]) {
        let changed = changed.iter().map(|name| (*name).to_owned()).collect();
        let row = self.row.clone();
        self.add(Some(exchange), LogEventKind::Row { row, changed });
    }

    fn list(&mut self, from: Lifeline, token: &AccessSeen, verdict: Verdict, code: Option<Code>) {
        let exchange = self.request(from, "/api/notes/list", Some(token.clone()), None);
        self.add(Some(exchange), LogEventKind::AccessChecked { verdict });
        self.reply(exchange, from, code, None);
    }

    /// A refresh that rotates the token, up to the written row.
    fn rotate(&mut self, exchange: u64, ruling: Ruling, presented: u32) -> u32 {
        let (newest, parent) = (self.row.generation, self.row.parent);
        self.add(Some(exchange), LogEventKind::Decided { ruling, presented, newest, parent });
        self.add(Some(exchange), LogEventKind::Rotated);
        self.row.generation = newest + 1;
        self.row.parent = Some(presented);
        self.row.ring.retain(|(number, _)| *number != presented);
        self.row.ring.push((presented, self.at));
        self.row.newest = refresh(newest + 1).fingerprint;
        self.row.last_used_at = self.at;
        self.row.idle_expires_at = Timestamp(self.at.millis() + 7 * 86_400_000);
        self.write(exchange, &["generation", "parent", "ring", "last_used_at", "idle_expires_at"]);
        newest + 1
    }

    fn refreshes(&mut self, client: Lifeline, ruling: Ruling, presented: u32) -> AccessSeen {
        let exchange = self.request(client, "/api/auth/refresh", None, Some(refresh(presented)));
        let next = self.rotate(exchange, ruling, presented);
        let token = self.access(900);
        self.reply(exchange, client, None, Some((token.clone(), next)));
        token
    }
}

pub fn settings() -> SandboxSettings {
    SandboxSettings {
        access_ttl: 900,
        refresh_idle: 7 * 86_400,
        refresh_absolute: 30 * 86_400,
        grace: GRACE,
        weak: Vec::new(),
        network: Network::Up,
        next_refresh: None,
        slow_motion: 1,
        stepping: false,
    }
}

/// Signed in, and the notes were read once.
fn signed_in() -> (SampleLog, AccessSeen) {
    let mut log = SampleLog::new();
    log.see(Lifeline::Tab, TabEvent::AuthState { state: "anonymous".to_owned() });
    log.act(Action::SignIn { tab2: false });
    let exchange = log.request(Lifeline::Tab, "/api/auth/login", None, None);
    log.add(Some(exchange), LogEventKind::PasswordChecked { right: true });
    log.write(exchange, &["id", "device", "generation", "salt", "created_at"]);
    let token = log.access(900);
    log.reply(exchange, Lifeline::Tab, None, Some((token.clone(), 0)));
    log.see(Lifeline::Tab, TabEvent::TokenHeld { version: 1, expires_in: 900 });
    log.see(Lifeline::Tab, TabEvent::AuthState { state: "signed-in".to_owned() });
    log.list(Lifeline::Tab, &token, Verdict::Valid, None);
    (log, token)
}

/// The access token expired and was renewed silently.
pub fn expired() -> SampleLog {
    let (mut log, token) = signed_in();
    log.see(Lifeline::Tab, TabEvent::Draft { characters: 42 });
    log.act(Action::ExpireAccessToken);
    log.pass(901);
    log.list(Lifeline::Tab, &token, Verdict::Expired, Some(Code::AccessTokenExpired));
    log.see(Lifeline::Tab, TabEvent::Refused { code: Code::AccessTokenExpired });
    log.see(Lifeline::Tab, TabEvent::RefreshBegins);
    let token = log.refreshes(Lifeline::Tab, Ruling::Rotate, 0);
    log.see(Lifeline::Tab, TabEvent::TokenHeld { version: 2, expires_in: 900 });
    log.see(Lifeline::Tab, TabEvent::Retries { path: "/api/notes/list".to_owned() });
    log.list(Lifeline::Tab, &token, Verdict::Valid, None);
    log
}

/// The same; then a thief copies the refresh token and uses it first.
pub fn theft() -> SampleLog {
    let mut log = expired();
    log.act(Action::StealAndReplay { thief_first: true, within_grace: false });
    log.record(LogEventKind::StoleRefresh { token: refresh(1) });
    log.refreshes(Lifeline::Thief, Ruling::Rotate, 1);
    log.pass(11);
    log.refreshes(Lifeline::Tab, Ruling::ReKey, 1);
    log.see(Lifeline::Tab, TabEvent::TokenHeld { version: 3, expires_in: 900 });
    log.act(Action::ThiefRefreshes);
    let exchange = log.request(Lifeline::Thief, "/api/auth/refresh", None, Some(refresh(2)));
    log.add(Some(exchange), LogEventKind::Decided { ruling: Ruling::Reuse, presented: 2, newest: 3, parent: Some(1) });
    log.row.revoked = Some((log.at, RevokeReason::Reuse));
    log.write(exchange, &["revoked"]);
    let session = log.row.id.clone();
    log.add(Some(exchange), LogEventKind::SessionEnded { session, reason: RevokeReason::Reuse });
    log.reply(exchange, Lifeline::Thief, Some(Code::RefreshTokenReused), None);
    log.see(Lifeline::Tab, TabEvent::TokenForgotten);
    log.see(Lifeline::Tab, TabEvent::AuthState { state: "anonymous".to_owned() });
    log
}

/// A script was injected, without the content policy and with it.
pub fn probed() -> SampleLog {
    let mut log = expired();
    let probe = |storage, read, used, survives| Probe { storage, read, used, survives };
    let results = vec![
        probe(TokenStorage::LocalStorage, true, true, true),
        probe(TokenStorage::ReadableCookie, true, true, true),
        probe(TokenStorage::Memory, false, true, false),
        probe(TokenStorage::HttpOnlyCookie, false, true, true),
    ];
    let stopped = results.iter().map(|one| probe(one.storage, false, false, one.survives)).collect();
    log.record(LogEventKind::Probed { content_policy: false, results });
    log.record(LogEventKind::Probed { content_policy: true, results: stopped });
    log
}

/// The server rotated the token, and the response was lost.
pub fn lost_answer() -> SampleLog {
    let (mut log, _) = signed_in();
    log.act(Action::NextRefresh { fault: RefreshFault::DropAnswer });
    let exchange = log.request(Lifeline::Tab, "/api/auth/refresh", None, Some(refresh(0)));
    let next = log.rotate(exchange, Ruling::Rotate, 0);
    let token = log.access(900);
    log.reply(exchange, Lifeline::Tab, None, Some((token, next)));
    log.add(Some(exchange), LogEventKind::Lost { to: Lifeline::Tab });
    log
}

/// Two tabs presented the same token at once.
pub fn race() -> SampleLog {
    let (mut log, _) = signed_in();
    log.act(Action::RaceTwoTabs);
    let first = log.request(Lifeline::Tab, "/api/auth/refresh", None, Some(refresh(0)));
    log.add(Some(first), LogEventKind::Held { why: HoldReason::Barrier, micros: 0 });
    let second = log.request(Lifeline::Tab2, "/api/auth/refresh", None, Some(refresh(0)));
    let next = log.rotate(first, Ruling::Rotate, 0);
    log.add(Some(second), LogEventKind::Decided { ruling: Ruling::Replay, presented: 0, newest: 1, parent: Some(0) });
    for (exchange, tab) in [(first, Lifeline::Tab), (second, Lifeline::Tab2)] {
        let token = log.access(900);
        log.reply(exchange, tab, None, Some((token, next)));
    }
    log
}

/// The owner signed in on another machine as well.
pub fn other_device() -> SampleLog {
    let (mut log, _) = signed_in();
    log.act(Action::SignInOtherDevice);
    let exchange = log.request(Lifeline::OtherDevice, "/api/auth/login", None, None);
    let token = log.access(900);
    log.reply(exchange, Lifeline::OtherDevice, None, Some((token, 1)));
    log
}

pub fn all() -> Vec<SampleLog> {
    vec![expired(), theft(), probed(), lost_answer(), race(), other_device()]
}

/// Events of all samples in any order: an imported log may be cut, mixed or written by hand.
pub fn mixed() -> impl Strategy<Value = Vec<LogEvent>> {
    let logs: Vec<Vec<LogEvent>> = all().into_iter().map(|log| log.events).collect();
    prop::collection::vec((0usize..6, 0usize..80), 0..60).prop_map(move |picked| {
        picked.into_iter().map(|(log, index)| logs[log][index % logs[log].len()].clone()).collect()
    })
}
