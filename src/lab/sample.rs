//! Stories for tests and for looking at the panels: what a recorder would have written. They are built here and not recorded,
//! so that a test says in a line what happened, and so that a story exists that no server can be brought to on demand.

use serde_json::json;

use super::event::*;
use crate::api::error::{Code, RevokeReason};
use crate::clock::Timestamp;

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

/// A log that is being written.
pub struct Log {
    pub events: Vec<Event>,
    at: Timestamp,
    elapsed: u64,
    exchanges: u64,
    tokens: usize,
    row: SessionRow,
}

pub fn chip(number: usize) -> Chip {
    Chip { words: WORDS[number % WORDS.len()].to_owned(), hex: format!("{:06x}", number * 0x3f_a91c % 0xff_ffff) }
}

fn refresh(number: u32) -> RefreshSeen {
    RefreshSeen { chip: chip(number as usize + 2), generation: Some(number) }
}

impl Log {
    fn new() -> Self {
        let at = Timestamp::from_secs(BEGIN);
        let row = SessionRow {
            id: "q3Vh0n1T8mJxkQ5bYw2Rtg".to_owned(),
            device: "Firefox on Linux".to_owned(),
            generation: 0,
            parent: None,
            ring: Vec::new(),
            salt: chip(7),
            newest: refresh(0).chip,
            created_at: at,
            authenticated_at: at,
            last_used_at: at,
            idle_expires_at: Timestamp::from_secs(BEGIN + 7 * 86_400),
            absolute_expires_at: Timestamp::from_secs(BEGIN + 30 * 86_400),
            revoked: None,
        };
        let mut log = Self { events: Vec::new(), at, elapsed: 0, exchanges: 0, tokens: 0, row };
        log.say(What::Opened { email: "visitor@lab.example".to_owned(), mount: "/lab/k7".to_owned() });
        log.say(What::Settings { settings: settings() });
        log.say(What::Keys {
            keys: vec![
                KeyRow { kid: "n4bQgYhMfWWaL-qgxVrQ".to_owned(), state: "active".to_owned() },
                KeyRow { kid: "x9kPzR2cT0uVbE5d".to_owned(), state: "next".to_owned() },
            ],
        });
        log
    }

    pub fn say(&mut self, what: What) {
        self.tell(None, what);
    }

    fn tell(&mut self, exchange: Option<u64>, what: What) {
        let seq = self.events.len() as u64 + 1;
        self.elapsed += 1_850;
        self.at = Timestamp(self.at.millis() + 2);
        self.events.push(Event { seq, at: self.at, elapsed: self.elapsed, exchange, what });
    }

    fn pass(&mut self, seconds: u64) {
        self.elapsed += 900_000;
        self.at = Timestamp(self.at.millis() + i64::try_from(seconds).unwrap() * 1000);
        self.say(What::ClockJumped { seconds });
    }

    fn see(&mut self, tab: Lifeline, seen: Seen) {
        self.say(What::Seen { tab, seen });
    }

    fn act(&mut self, action: Action) {
        self.elapsed += 2_300_000;
        self.say(What::Acted { action });
    }

    pub fn since_action(&self) -> &[Event] {
        let begin = self.events.iter().rposition(|event| matches!(event.what, What::Acted { .. })).unwrap_or(0);
        &self.events[begin..]
    }

    fn access(&mut self, expires: u64) -> AccessSeen {
        self.tokens += 1;
        let now = self.at.secs();
        let header = json!({"typ": "at+jwt", "alg": "EdDSA", "kid": "n4bQgYhMfWWaL-qgxVrQ"});
        let claims = json!({
            "iss": "http://localhost:3000", "aud": "http://localhost:3000/api", "sub": "01980a5e-77c1-7b1e-9d35-20f1c3a8e6d4",
            "sid": self.row.id, "jti": "Zt8cQ1v0W3pL5aXn", "iat": now, "exp": now + i64::try_from(expires).unwrap(),
            "auth_time": BEGIN, "client_id": "two-tokens-web",
        });
        let map = |value: serde_json::Value| value.as_object().cloned().unwrap();
        AccessSeen {
            chip: chip(self.tokens * 5),
            header: map(header),
            claims: map(claims),
            signature: chip(self.tokens * 5 + 1),
        }
    }

    fn ask(&mut self, from: Lifeline, path: &str, bearer: Option<AccessSeen>, cookie: Option<RefreshSeen>) -> u64 {
        self.exchanges += 1;
        let exchange = self.exchanges;
        let browser = from != Lifeline::Thief;
        let auth = path.starts_with("/api/auth");
        let why = match (browser, auth, cookie.is_some()) {
            (false, ..) => CookieWhy::NoBrowser,
            (_, false, _) => CookieWhy::OtherPath,
            (_, true, false) => CookieWhy::NotInJar,
            (_, true, true) => CookieWhy::Fits,
        };
        let line = |name: &str, value: &str| Header { name: name.to_owned(), value: value.to_owned() };
        let mut headers = vec![line("content-type", "application/x-www-form-urlencoded")];
        if browser {
            headers.extend([line("origin", "http://localhost:3000"), line("sec-fetch-site", "same-origin")]);
        }
        if let Some(token) = &bearer {
            headers.push(line("authorization", &format!("Bearer <access token: {}>", token.chip.words)));
        }
        if let Some(seen) = &cookie {
            headers.push(line("cookie", &format!("__Secure-refresh=<refresh token: {}>", seen.chip.words)));
        }
        let get = path == "/api/notes/list";
        let login = path == "/api/auth/login";
        let field = |name: &str, value: Option<&str>| Field { name: name.to_owned(), value: value.map(str::to_owned) };
        let fields =
            if login { vec![field("email", Some("visitor@lab.example")), field("password", None)] } else { vec![] };
        let cookies = [
            ("__Secure-refresh", cookie.is_some(), why),
            ("lab_signed_in", browser, if browser { CookieWhy::Fits } else { CookieWhy::NoBrowser }),
        ]
        .map(|(name, sent, why)| CookieSent { name: name.to_owned(), sent, why });
        let request = Request {
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
        self.tell(Some(exchange), What::Request(request));
        exchange
    }

    fn reply(&mut self, exchange: u64, to: Lifeline, code: Option<Code>, gives: Option<(AccessSeen, u32)>) {
        let line = |name: &str, value: &str| Header { name: name.to_owned(), value: value.to_owned() };
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
        let response = Response {
            to,
            status: code.map_or(200, Code::status),
            code,
            headers,
            cookies: cookies.unwrap_or_default(),
            access: gives.map(|(token, _)| token),
            hops: vec![
                hop(HopName::Read, 310),
                hop(HopName::Decide, 120),
                hop(HopName::Write, 1_840),
                hop(HopName::Sign, 95),
                hop(HopName::Answer, 60),
            ],
            micros: 2_425,
        };
        self.tell(Some(exchange), What::Response(response));
    }

    fn write(&mut self, exchange: u64, changed: &[&str]) {
        let changed = changed.iter().map(|name| (*name).to_owned()).collect();
        let row = self.row.clone();
        self.tell(Some(exchange), What::Row { row, changed });
    }

    fn list(&mut self, token: &AccessSeen, verdict: Verdict, code: Option<Code>) {
        let exchange = self.ask(Lifeline::Tab, "/api/notes/list", Some(token.clone()), None);
        self.tell(Some(exchange), What::AccessChecked { verdict });
        self.reply(exchange, Lifeline::Tab, code, None);
    }

    /// A refresh that turns the token, up to the row.
    fn turn(&mut self, exchange: u64, ruling: Ruling, presented: u32) -> u32 {
        let (newest, parent) = (self.row.generation, self.row.parent);
        self.tell(Some(exchange), What::Decided { ruling, presented, newest, parent });
        self.tell(Some(exchange), What::Swapped { won: true });
        self.row.generation = newest + 1;
        self.row.parent = Some(presented);
        self.row.ring.retain(|(number, _)| *number != presented);
        self.row.ring.push((presented, self.at));
        self.row.newest = refresh(newest + 1).chip;
        self.row.last_used_at = self.at;
        self.row.idle_expires_at = Timestamp(self.at.millis() + 7 * 86_400_000);
        self.write(exchange, &["generation", "parent", "ring", "last_used_at", "idle_expires_at"]);
        newest + 1
    }

    fn refreshes(&mut self, who: Lifeline, ruling: Ruling, presented: u32) -> AccessSeen {
        let exchange = self.ask(who, "/api/auth/refresh", None, Some(refresh(presented)));
        let next = self.turn(exchange, ruling, presented);
        let token = self.access(900);
        self.reply(exchange, who, None, Some((token.clone(), next)));
        token
    }
}

pub fn settings() -> Settings {
    Settings {
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

/// Signed in, with the notes read once.
fn signed_in() -> (Log, AccessSeen) {
    let mut log = Log::new();
    log.see(Lifeline::Tab, Seen::AuthState { state: "anonymous".to_owned() });
    log.act(Action::SignIn { tab2: false });
    let exchange = log.ask(Lifeline::Tab, "/api/auth/login", None, None);
    log.tell(Some(exchange), What::PasswordChecked { right: true });
    log.write(exchange, &["id", "device", "generation", "salt", "created_at"]);
    let token = log.access(900);
    log.reply(exchange, Lifeline::Tab, None, Some((token.clone(), 0)));
    log.see(Lifeline::Tab, Seen::TokenHeld { version: 1, expires_in: 900 });
    log.see(Lifeline::Tab, Seen::AuthState { state: "signed-in".to_owned() });
    log.list(&token, Verdict::Valid, None);
    (log, token)
}

/// The access token ran out, and nobody noticed.
pub fn expired() -> Log {
    let (mut log, token) = signed_in();
    log.see(Lifeline::Tab, Seen::Draft { characters: 42 });
    log.act(Action::ExpireAccessToken);
    log.pass(901);
    log.list(&token, Verdict::Expired, Some(Code::AccessTokenExpired));
    log.see(Lifeline::Tab, Seen::Refused { code: Code::AccessTokenExpired });
    log.see(Lifeline::Tab, Seen::RefreshBegins);
    let token = log.refreshes(Lifeline::Tab, Ruling::Rotate, 0);
    log.see(Lifeline::Tab, Seen::TokenHeld { version: 2, expires_in: 900 });
    log.see(Lifeline::Tab, Seen::Retries { path: "/api/notes/list".to_owned() });
    log.list(&token, Verdict::Valid, None);
    log
}

/// Then a thief copied the refresh token and used it first.
pub fn theft() -> Log {
    let mut log = expired();
    log.act(Action::StealAndReplay { thief_first: true, within_grace: false });
    log.say(What::StoleRefresh { token: refresh(1) });
    log.refreshes(Lifeline::Thief, Ruling::Rotate, 1);
    log.pass(11);
    log.refreshes(Lifeline::Tab, Ruling::ReKey, 1);
    log.see(Lifeline::Tab, Seen::TokenHeld { version: 3, expires_in: 900 });
    log.act(Action::ThiefRefreshes);
    let exchange = log.ask(Lifeline::Thief, "/api/auth/refresh", None, Some(refresh(2)));
    log.tell(Some(exchange), What::Decided { ruling: Ruling::Reuse, presented: 2, newest: 3, parent: Some(1) });
    log.row.revoked = Some((log.at, RevokeReason::Reuse));
    log.write(exchange, &["revoked"]);
    let session = log.row.id.clone();
    log.tell(Some(exchange), What::SessionEnded { session, reason: RevokeReason::Reuse });
    log.reply(exchange, Lifeline::Thief, Some(Code::RefreshTokenReused), None);
    log.see(Lifeline::Tab, Seen::TokenForgotten);
    log.see(Lifeline::Tab, Seen::AuthState { state: "anonymous".to_owned() });
    log
}

/// A script was injected, without the page's policy and with it.
pub fn probed() -> Log {
    let mut log = expired();
    let probe = |storage, read, used, survives| Probe { storage, read, used, survives };
    let results = vec![
        probe(Storage::LocalStorage, true, true, true),
        probe(Storage::ReadableCookie, true, true, true),
        probe(Storage::Memory, false, true, false),
        probe(Storage::HttpOnlyCookie, false, true, true),
    ];
    let stopped = results.iter().map(|one| probe(one.storage, false, false, one.survives)).collect();
    log.say(What::Probed { content_policy: false, results });
    log.say(What::Probed { content_policy: true, results: stopped });
    log
}

/// The server turned the token, and the answer was lost.
pub fn lost_answer() -> Log {
    let (mut log, _) = signed_in();
    log.act(Action::NextRefresh { fault: RefreshFault::DropAnswer });
    let exchange = log.ask(Lifeline::Tab, "/api/auth/refresh", None, Some(refresh(0)));
    let next = log.turn(exchange, Ruling::Rotate, 0);
    let token = log.access(900);
    log.reply(exchange, Lifeline::Tab, None, Some((token, next)));
    log.tell(Some(exchange), What::Lost { to: Lifeline::Tab });
    log
}

/// Two tabs sent the same token at once.
pub fn race() -> Log {
    let (mut log, _) = signed_in();
    log.act(Action::RaceTwoTabs);
    let first = log.ask(Lifeline::Tab, "/api/auth/refresh", None, Some(refresh(0)));
    log.tell(Some(first), What::Held { why: HeldBy::Barrier, micros: 0 });
    let second = log.ask(Lifeline::Tab2, "/api/auth/refresh", None, Some(refresh(0)));
    let next = log.turn(first, Ruling::Rotate, 0);
    log.tell(Some(second), What::Decided { ruling: Ruling::Rotate, presented: 0, newest: 0, parent: None });
    log.tell(Some(second), What::Swapped { won: false });
    log.tell(Some(second), What::Decided { ruling: Ruling::Replay, presented: 0, newest: 1, parent: Some(0) });
    for (exchange, tab) in [(first, Lifeline::Tab), (second, Lifeline::Tab2)] {
        let token = log.access(900);
        log.reply(exchange, tab, None, Some((token, next)));
    }
    log
}

/// The owner signed in on another machine as well.
pub fn other_device() -> Log {
    let (mut log, _) = signed_in();
    log.act(Action::SignInOtherDevice);
    let exchange = log.ask(Lifeline::OtherDevice, "/api/auth/login", None, None);
    let token = log.access(900);
    log.reply(exchange, Lifeline::OtherDevice, None, Some((token, 1)));
    log
}

pub fn all() -> Vec<Log> {
    vec![expired(), theft(), probed(), lost_answer(), race(), other_device()]
}
