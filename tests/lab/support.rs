//! The lab on a real port, and a visitor: a browser with a jar and two tabs that do what they are asked, as the app's client
//! does it, and one that reads the stream.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use clap::Parser as _;
use http_body_util::BodyExt as _;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::watch};
use two_tokens::{
    clock::ShiftedClock,
    lab::{
        self,
        event::{Action, Ask, Credentials, Deed, Event, Lifeline, Opened, Ruling, What},
        server::rooms::Rooms,
    },
    server::{config::Cli, serve},
};

pub struct Lab {
    pub base: String,
    pub rooms: Arc<Rooms>,
    /// By which sandboxes grow idle.
    pub clock: Arc<ShiftedClock>,
    _folder: tempfile::TempDir,
}

impl Lab {
    pub async fn start() -> Self {
        Self::with("local").await
    }

    pub async fn with(mode: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let database = format!("sqlite://{}/app.db", folder.path().display());
        let arguments = ["two-tokens", "--public-url", &base, "--database-url", &database, "--lab", mode];
        let config = Cli::parse_from(arguments).config.check().unwrap();
        let state = serve::assemble(&config).await.unwrap();
        let (tell, told) = tokio::sync::oneshot::channel();
        let clock = Arc::<ShiftedClock>::default();
        let idle_clock = clock.clone();
        tokio::spawn(async move {
            let beside = async |place: serve::Beside| {
                let rooms = lab::server::open::rooms(&config, &place, idle_clock).await?.unwrap();
                let _ = tell.send(rooms.clone());
                Ok(lab::server::routes::router(rooms, place.state)?)
            };
            serve::serve_with(listener, state, std::future::pending(), beside).await.unwrap();
        });
        Self { base, rooms: told.await.unwrap(), clock, _folder: folder }
    }

    /// The real app, as a browser without any sandbox.
    pub fn browser(&self) -> Browser {
        Browser::new(&self.base)
    }

    /// A visitor with the lab's page and its first tab.
    pub async fn visitor(&self) -> Visitor {
        let browser = Browser::new(&self.base);
        let opened: Opened = browser.post("/lab/open", "null", &[]).await.read();
        let visitor = Visitor {
            tab: Tab::new(Lifeline::Tab, &browser, &opened.mount),
            tab2: Tab::new(Lifeline::Tab2, &browser, &opened.mount),
            stream: Stream::default(),
            rooms: self.rooms.clone(),
            browser,
            opened,
        };
        visitor.follow(0).await;
        visitor
    }

    /// The same, signed in.
    pub async fn signed_in(&self) -> Visitor {
        let visitor = self.visitor().await;
        visitor.act(Action::SignIn { tab2: false }).await;
        visitor
    }

    /// The same in both tabs.
    pub async fn in_two_tabs(&self) -> Visitor {
        let visitor = self.signed_in().await;
        visitor.tab2.refresh().await;
        visitor
    }
}

/// What a browser shares between its tabs.
#[derive(Clone)]
pub struct Browser {
    base: String,
    client: Client<HttpConnector, Body>,
    /// By name and path.
    pub jar: Arc<Mutex<BTreeMap<(String, String), String>>>,
    lock: Arc<tokio::sync::Mutex<()>>,
    /// Every secret that passed here.
    pub secrets: Arc<Mutex<Vec<String>>>,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    #[track_caller]
    pub fn read<T: serde::de::DeserializeOwned>(&self) -> T {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {} {:?}", self.status, self.body))
    }

    pub fn code(&self) -> String {
        let problem: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        problem["code"].as_str().unwrap_or_default().to_owned()
    }
}

impl Browser {
    pub fn new(base: &str) -> Self {
        Self {
            base: base.into(),
            client: Client::builder(TokioExecutor::new()).build_http(),
            jar: Arc::default(),
            lock: Arc::default(),
            secrets: Arc::default(),
        }
    }

    pub fn secret(&self, text: &str) {
        self.secrets.lock().unwrap().push(text.to_owned());
    }

    /// The value of the cookie of that name.
    pub fn cookie(&self, sought: &str) -> Option<String> {
        let jar = self.jar.lock().unwrap();
        jar.iter().find(|((name, _), _)| name == sought).map(|(_, value)| value.clone())
    }

    fn request(&self, method: Method, path: &str, headers: &[(&str, &str)]) -> axum::http::request::Builder {
        let jar = self.jar.lock().unwrap();
        let cookies = jar.iter().filter(|((_, scope), _)| path.starts_with(&**scope));
        let cookies: Vec<_> = cookies.map(|((name, _), value)| format!("{name}={value}")).collect();
        let own = [("sec-fetch-site", "same-origin")];
        let own = own.iter().filter(|(name, _)| headers.iter().all(|(other, _)| other != name));
        let mut builder = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header(header::USER_AGENT, "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0");
        if !cookies.is_empty() {
            builder = builder.header(header::COOKIE, cookies.join("; "));
        }
        own.chain(headers).fold(builder, |builder, (name, value)| builder.header(*name, *value))
    }

    /// `None` when the connection was cut.
    pub async fn send(&self, method: Method, path: &str, body: &str, headers: &[(&str, &str)]) -> Option<Answer> {
        let request = self.request(method, path, headers).body(Body::from(body.to_owned())).unwrap();
        let (parts, body) = self.client.request(request).await.ok()?.into_parts();
        let body = body.collect().await.ok()?.to_bytes();
        for line in parts.headers.get_all(header::SET_COOKIE) {
            self.keep(line.to_str().unwrap());
        }
        Some(Answer { status: parts.status, headers: parts.headers, body })
    }

    pub async fn post(&self, path: &str, body: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(Method::POST, path, body, headers).await.unwrap_or_else(|| panic!("no answer from {path}"))
    }

    /// As `headers` say, whatever they say.
    pub async fn send_as(&self, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(method, path, "", headers).await.unwrap_or_else(|| panic!("no answer from {path}"))
    }

    /// An answer that has begun.
    pub async fn stream(&self, path: &str, headers: &[(&str, &str)]) -> Body {
        let request = self.request(Method::GET, path, headers).body(Body::empty()).unwrap();
        let answer = self.client.request(request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        Body::new(answer.into_body())
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, "", &[]).await.unwrap_or_else(|| panic!("no answer from {path}"))
    }

    fn keep(&self, line: &str) {
        let (name, rest) = line.split_once('=').unwrap();
        let value = rest.split(';').next().unwrap();
        let path = rest.split("; Path=").nth(1).unwrap().split(';').next().unwrap();
        let key = (name.to_owned(), path.to_owned());
        let mut jar = self.jar.lock().unwrap();
        if rest.contains("Max-Age=0") {
            jar.remove(&key);
        } else {
            jar.insert(key, value.to_owned());
            if name == "__Secure-refresh" {
                self.secret(value);
            }
        }
    }
}

/// The app's client in one tab: attaches, refreshes, repeats.
#[derive(Clone)]
pub struct Tab {
    pub who: Lifeline,
    browser: Browser,
    mount: String,
    token: Arc<Mutex<Option<String>>>,
    flight: Arc<tokio::sync::Mutex<()>>,
    locks: Arc<AtomicBool>,
}

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

pub fn form(fields: &[(&str, &str)]) -> String {
    let escaped = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    fields.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect::<Vec<_>>().join("&")
}

impl Tab {
    fn new(who: Lifeline, browser: &Browser, mount: &str) -> Self {
        Self {
            who,
            browser: browser.clone(),
            mount: mount.into(),
            token: Arc::default(),
            flight: Arc::default(),
            locks: Arc::new(AtomicBool::new(true)),
        }
    }

    pub fn token(&self) -> Option<String> {
        self.token.lock().unwrap().clone()
    }

    pub async fn send(&self, method: Method, path: &str, fields: &[(&str, &str)]) -> Option<Answer> {
        let name = if self.who == Lifeline::Tab2 { "tab2" } else { "tab" };
        let bearer = self.token().filter(|_| !path.starts_with("/api/auth/")).map(|token| format!("Bearer {token}"));
        let mut headers = vec![("lab-tab", name), FORM];
        headers.extend(bearer.as_deref().map(|bearer| ("authorization", bearer)));
        let answer = self.browser.send(method, &format!("{}{path}", self.mount), &form(fields), &headers).await?;
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        if let Some(token) = body["access_token"].as_str() {
            self.browser.secret(token);
            *self.token.lock().unwrap() = Some(token.to_owned());
        }
        Some(answer)
    }

    pub async fn refresh(&self) -> Option<Answer> {
        let lock = self.locks.load(Ordering::SeqCst).then(|| self.browser.lock.clone());
        let _held = match &lock {
            Some(lock) => Some(lock.lock().await),
            None => None,
        };
        self.send(Method::POST, "/api/auth/refresh", &[]).await
    }

    /// A protected call, repeated once when a new token may mend it.
    pub async fn call(&self, method: Method, path: &str, fields: &[(&str, &str)]) -> Option<Answer> {
        let before = self.token();
        let answer = self.send(method.clone(), path, fields).await?;
        if !answer.code().starts_with("access_token_") {
            return Some(answer);
        }
        let flight = self.flight.lock().await;
        if self.token() == before && self.refresh().await?.status != StatusCode::OK {
            *self.token.lock().unwrap() = None;
            return None;
        }
        drop(flight);
        self.send(method, path, fields).await
    }

    async fn credentials(&self) -> Credentials {
        let credentials: Credentials =
            self.browser.post(&format!("{}/-/credentials", self.mount), "null", &[]).await.read();
        self.browser.secret(&credentials.password);
        self.browser.secret(&credentials.next_password);
        credentials
    }

    async fn tell(&self, seen: Value) {
        let told = json!({ "tab": self.who, "seen": [seen] });
        let answer = self.browser.post(&format!("{}/-/seen", self.mount), &told.to_string(), &[]).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT);
    }

    pub async fn obey(self, deed: Deed) {
        match deed {
            Deed::Call { times } => {
                if self.token().is_none() {
                    return self.tell(json!({ "saw": "could_not", "why": "Nobody is signed in here." })).await;
                }
                let calls = (0..times).map(|_| self.call(Method::GET, "/api/notes/list", &[]));
                futures::future::join_all(calls).await;
            }
            Deed::Refresh => drop(self.refresh().await),
            Deed::Locks { on } => self.locks.store(on, Ordering::SeqCst),
            Deed::ClientClock { .. } => {}
            Deed::SignIn => {
                let Credentials { email, password, .. } = self.credentials().await;
                self.send(Method::POST, "/api/auth/login", &[("email", &email), ("password", &password)]).await;
            }
            Deed::SignOut => self.sign_out().await,
            Deed::SignOutEverywhere => {
                self.call(Method::POST, "/api/account/revoke_other_sessions", &[]).await;
                self.sign_out().await;
            }
            Deed::SignOutOtherDevice => {
                let sessions: Value = self.call(Method::GET, "/api/account/sessions", &[]).await.unwrap().read();
                let id = sessions[1]["id"].as_str().unwrap();
                self.call(Method::POST, "/api/account/revoke_session", &[("id", id)]).await;
            }
            Deed::ChangePassword => {
                let Credentials { password, next_password, .. } = self.credentials().await;
                let fields = [("current_password", &*password), ("new_password", &*next_password)];
                self.call(Method::POST, "/api/account/change_password", &fields).await;
            }
            Deed::Reload => {
                let headers = [("sec-fetch-mode", "navigate"), ("accept", "text/html")];
                self.browser.send(Method::GET, &format!("{}/notes", self.mount), "", &headers).await;
            }
        }
    }

    async fn sign_out(&self) {
        self.send(Method::POST, "/api/auth/logout", &[]).await;
        *self.token.lock().unwrap() = None;
    }
}

/// What came over the stream.
#[derive(Clone)]
pub struct Stream {
    pub events: Arc<Mutex<Vec<Event>>>,
    pub bytes: Arc<Mutex<Vec<u8>>>,
    pub gone: watch::Sender<bool>,
    grew: watch::Sender<u64>,
    /// Deeds under way in the tabs.
    busy: watch::Sender<u32>,
}

impl Default for Stream {
    fn default() -> Self {
        let (events, bytes) = Default::default();
        Self {
            events,
            bytes,
            gone: watch::Sender::new(false),
            grew: watch::Sender::new(0),
            busy: watch::Sender::new(0),
        }
    }
}

pub struct Visitor {
    pub browser: Browser,
    pub opened: Opened,
    pub tab: Tab,
    pub tab2: Tab,
    pub stream: Stream,
    rooms: Arc<Rooms>,
}

impl Visitor {
    /// Reads the stream from after `seq` on, and has the tabs do what is asked.
    pub async fn follow(&self, seq: u64) {
        self.follow_from(seq, false).await;
    }

    /// The same; with `header`, as a browser that comes back says where it was.
    pub async fn follow_from(&self, seq: u64, header: bool) {
        let (after, last) = if header { ("0".to_owned(), seq.to_string()) } else { (seq.to_string(), String::new()) };
        let path = format!("{}/-/events?after={after}", self.opened.mount);
        let headers = [("last-event-id", &*last)];
        let headers = if header { &headers[..] } else { &[] };
        let (stream, tabs) = (self.stream.clone(), [self.tab.clone(), self.tab2.clone()]);
        let mut body = self.browser.stream(&path, headers).await;
        tokio::spawn(async move {
            let mut read = String::new();
            while let Some(Ok(frame)) = body.frame().await {
                let data = frame.into_data().unwrap_or_default();
                stream.bytes.lock().unwrap().extend_from_slice(&data);
                read.push_str(std::str::from_utf8(&data).unwrap());
                while let Some((block, rest)) = read.split_once("\n\n") {
                    take(block, &stream, &tabs);
                    read = rest.to_owned();
                }
            }
        });
    }

    pub async fn try_act(&self, action: Action) -> Answer {
        let path = format!("{}/-/act", self.opened.mount);
        self.browser.post(&path, &serde_json::to_string(&action).unwrap(), &[]).await
    }

    #[track_caller]
    pub fn act(&self, action: Action) -> impl Future<Output = Vec<Event>> {
        let caller = std::panic::Location::caller();
        async move {
            let before = self.latest();
            let answer = self.try_act(action.clone()).await;
            assert_eq!(answer.status, StatusCode::NO_CONTENT, "{caller} {action:?}: {:?}", answer.body);
            self.stream_has(self.latest()).await;
            let mut busy = self.stream.busy.subscribe();
            let idle = busy.wait_for(|deeds| *deeds == 0);
            tokio::time::timeout(Duration::from_secs(10), idle).await.expect("a tab is not done").unwrap();
            self.stream.events.lock().unwrap()[usize::try_from(before).unwrap()..].to_vec()
        }
    }

    fn latest(&self) -> u64 {
        self.rooms.find(&self.opened.mount["/lab/".len()..]).unwrap().log.latest()
    }

    async fn stream_has(&self, seq: u64) {
        let mut grew = self.stream.grew.subscribe();
        let all = grew.wait_for(|brought| *brought >= seq);
        tokio::time::timeout(Duration::from_secs(10), all).await.expect("the stream is behind").unwrap();
    }

    /// Waits until the log tells this.
    pub async fn until(&self, word: &str) {
        let mut grew = self.stream.grew.subscribe();
        let told = grew.wait_for(|_| story(&self.stream.events.lock().unwrap()).iter().any(|told| told == word));
        tokio::time::timeout(Duration::from_secs(10), told).await.expect(word).unwrap();
    }

    /// The whole log, as exported; the stream has brought all of it when this returns.
    pub async fn log(&self) -> Vec<Event> {
        let log: Vec<Event> = self.browser.get(&format!("{}/-/export.json", self.opened.mount)).await.read();
        self.stream_has(log.len() as u64).await;
        log
    }
}

fn take(block: &str, stream: &Stream, tabs: &[Tab; 2]) {
    let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    match field("event") {
        Some("event") => {
            let event: Event = serde_json::from_str(field("data").unwrap()).unwrap();
            assert_eq!(field("id").unwrap(), event.seq.to_string());
            let seq = event.seq;
            stream.events.lock().unwrap().push(event);
            stream.grew.send_replace(seq);
        }
        Some("ask") => {
            let ask: Ask = serde_json::from_str(field("data").unwrap()).unwrap();
            let tab = tabs.iter().find(|tab| tab.who == ask.tab).unwrap().clone();
            let busy = stream.busy.clone();
            busy.send_modify(|deeds| *deeds += 1);
            tokio::spawn(async move {
                tab.obey(ask.deed).await;
                busy.send_modify(|deeds| *deeds -= 1);
            });
        }
        Some("gone") => drop(stream.gone.send_replace(true)),
        _ => {}
    }
}

/// A log in short: one word per event, with who for requests.
pub fn story(events: &[Event]) -> Vec<String> {
    events.iter().filter_map(|event| word(&event.what)).collect()
}

fn word(what: &What) -> Option<String> {
    Some(match what {
        What::Request(request) => format!("{:?} {} {}", request.from, request.method, request.path),
        What::Response(response) => match response.code {
            Some(code) => format!("{} {code}", response.status),
            None => response.status.to_string(),
        },
        What::Lost { .. } => "lost".into(),
        What::Held { why, micros } => format!("held {why:?}{}", if *micros == 0 { " from here" } else { "" }),
        What::AccessChecked { verdict } => format!("access {verdict:?}"),
        What::Decided { ruling, presented, .. } => format!("{ruling:?} {presented}"),
        What::Swapped { won } => format!("swapped {won}"),
        What::SessionEnded { reason, .. } => format!("ended {}", reason.as_str()),
        What::PasswordChecked { right } => format!("password {right}"),
        What::Row { row, changed } => format!("row {} {}", row.generation, changed.len()),
        What::RowGone { .. } => "row gone".into(),
        What::Keys { keys } => format!("{} keys", keys.len()),
        What::ClockJumped { seconds } => format!("jump {seconds}"),
        What::Restarted => "restarted".into(),
        What::StoleRefresh { token } => format!("stole {}", token.generation.unwrap()),
        What::StoleAccess { .. } => "stole access".into(),
        What::StoleRow { .. } => "stole row".into(),
        What::Probed { .. } => "probed".into(),
        What::Opened { .. } | What::Acted { .. } | What::Settings { .. } | What::Seen { .. } => return None,
    })
}

pub fn rulings(events: &[Event]) -> Vec<Ruling> {
    let ruling = |event: &Event| match event.what {
        What::Decided { ruling, .. } => Some(ruling),
        _ => None,
    };
    events.iter().filter_map(ruling).collect()
}
