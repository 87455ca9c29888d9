//! `TestApp` is the whole server on a temporary database; a `Visitor` is a browser with a cookie jar, or somebody who holds
//! what a browser held.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::ConnectInfo,
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use clap::Parser as _;
use serde_json::Value;
use tower::ServiceExt as _;
use two_tokens::{
    api::error::Code,
    auth::{secret::ServerSecret, user::UserId},
    clock::{Clock as _, ManualClock, Timestamp},
    server::{
        app_state::AppState,
        config::{Cli, Config},
        router::router,
        serve::leptos_options,
    },
    store::{Store, sqlite::SqliteStore},
};

pub const PASSWORD: &str = "correct horse battery staple";
pub const HOME: [u8; 4] = [192, 0, 2, 1];
pub const ORIGIN: &str = "http://localhost:3000";

pub struct TestApp {
    pub router: Router,
    pub state: AppState,
    pub clock: Arc<ManualClock>,
    pub store: Arc<dyn Store>,
    _folder: tempfile::TempDir,
}

pub fn config(arguments: &[&str]) -> Config {
    let arguments = std::iter::once("two-tokens").chain(arguments.iter().copied());
    Cli::try_parse_from(arguments).unwrap().config.check().unwrap()
}

impl TestApp {
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// Where nobody waits, however often they try: for tests that send very many things, all from one place.
    pub async fn unthrottled() -> Self {
        Self::with(&["--throttle", "off"]).await
    }

    pub async fn with(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/test.db", folder.path().display());
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&url).await.unwrap());
        let clock = Arc::new(ManualClock::at(Timestamp::from_secs(1_800_000_000)));
        let config = config(arguments);
        let state = assemble(&config, &store, &clock).await;
        let router = router(state.clone()).unwrap();
        Self { router, state, clock, store, _folder: folder }
    }

    pub fn visitor(&self) -> Visitor {
        Visitor::of(self.router.clone())
    }

    /// Another instance on the same database.
    pub async fn beside(&self) -> Router {
        router(assemble(&config(&[]), &self.store, &self.clock).await).unwrap()
    }

    /// A new person, signed in.
    pub async fn registered(&self, email: &str) -> Visitor {
        let mut visitor = self.visitor();
        visitor.register(email, PASSWORD).await.expect(StatusCode::OK);
        visitor
    }

    /// The same, with a hash that costs next to nothing: for tests that ask for the password thousands of times.
    pub async fn registered_cheaply(&self, email: &str) -> Visitor {
        let mut visitor = self.registered(email).await;
        self.make_cheap(&mut visitor).await;
        visitor
    }

    pub async fn make_cheap(&self, visitor: &mut Visitor) {
        let id = visitor.me().await.json()["id"].as_str().and_then(UserId::parse).unwrap();
        self.store.set_password(id, &cheap_hash(PASSWORD)).await.unwrap();
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub fn pass(&self, time: Duration) {
        self.clock.advance(time);
    }
}

fn cheap_hash(password: &str) -> String {
    use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
    let params = argon2::Params::new(8, 1, 1, Some(32)).unwrap();
    let mut digest = [0; 32];
    argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params)
        .hash_password_into(password.as_bytes(), &[7; 16], &mut digest)
        .unwrap();
    let [salt, digest] = [&[7; 16][..], &digest].map(|bytes| STANDARD_NO_PAD.encode(bytes));
    format!("$argon2id$v=19$m=8,t=1,p=1${salt}${digest}")
}

async fn assemble(config: &Config, store: &Arc<dyn Store>, clock: &Arc<ManualClock>) -> AppState {
    let (secret, options) = (ServerSecret::new([7; 32]), leptos_options(config).unwrap());
    AppState::assemble(config, &secret, store.clone(), clock.clone(), options).await.unwrap()
}

pub fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub fn days(days: u64) -> Duration {
    Duration::from_secs(days * 24 * 3600)
}

/// Somebody with a cookie jar and an access token in memory.
#[derive(Clone)]
pub struct Visitor {
    pub router: Router,
    pub cookies: Vec<(String, String)>,
    pub access_token: Option<String>,
    pub user_agent: &'static str,
    /// The address they connect from.
    pub from: [u8; 4],
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {} {}", self.status, self.body))
    }

    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    #[track_caller]
    pub fn expect(self, status: StatusCode) -> Self {
        assert_eq!(self.status, status, "{}", self.body);
        self
    }

    /// A refusal in the one form refusals have.
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Self {
        assert_eq!((self.status.as_u16(), self.code().as_str()), (status, code), "{}", self.body);
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/problem+json");
        assert_eq!(self.headers[header::CACHE_CONTROL], "no-store");
        let problem = self.json();
        assert_eq!(problem["status"], status);
        assert!(!problem["title"].as_str().unwrap().is_empty() && !problem["detail"].as_str().unwrap().is_empty());
        self
    }

    /// Any refusal of the closed set.
    #[track_caller]
    pub fn refused_somehow(self) -> Self {
        let code = Code::ALL.into_iter().find(|code| code.as_str() == self.code());
        let code = code.unwrap_or_else(|| panic!("no code: {} {}", self.status, self.body));
        self.refused(code.status(), code.as_str())
    }

    pub fn set_cookies(&self) -> Vec<String> {
        self.headers.get_all(header::SET_COOKIE).iter().map(|value| value.to_str().unwrap().to_owned()).collect()
    }
}

pub fn form(fields: &[(&str, &str)]) -> String {
    serde_urlencoded(fields)
}

fn serde_urlencoded(fields: &[(&str, &str)]) -> String {
    let escaped = |text: &str| {
        text.bytes().fold(String::new(), |mut out, byte| {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => out.push(byte as char),
                _ => out.push_str(&format!("%{byte:02X}")),
            }
            out
        })
    };
    fields.iter().map(|(name, value)| format!("{}={}", escaped(name), escaped(value))).collect::<Vec<_>>().join("&")
}

impl Visitor {
    pub fn of(router: Router) -> Self {
        let user_agent = "Mozilla/5.0 (X11; Linux x86_64) Test/1.0";
        Self { router, cookies: Vec::new(), access_token: None, user_agent, from: HOME }
    }

    pub fn with_browser(self, user_agent: &'static str) -> Self {
        Self { user_agent, ..self }
    }

    pub async fn send(&mut self, mut request: Request<Body>) -> Answer {
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from((self.from, 50_000))));
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        let answer =
            Answer { status: parts.status, headers: parts.headers, body: String::from_utf8_lossy(&body).into_owned() };
        for line in answer.set_cookies() {
            self.keep(&line);
        }
        answer
    }

    fn keep(&mut self, line: &str) {
        let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
        self.cookies.retain(|(kept, _)| kept != name);
        if !line.contains("Max-Age=0") {
            self.cookies.push((name.to_owned(), value.to_owned()));
        }
    }

    pub fn request(&self, method: Method, path: &str) -> axum::http::request::Builder {
        let mut builder = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "localhost:3000")
            .header("sec-fetch-site", "same-origin")
            .header(header::USER_AGENT, self.user_agent);
        if path.starts_with("/api/auth/") {
            if !self.cookies.is_empty() {
                let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
                builder = builder.header(header::COOKIE, cookies.join("; "));
            }
        } else if let Some((name, known)) = self.cookies.iter().find(|(name, _)| name == "__Secure-known")
            && !path.starts_with("/api/")
        {
            builder = builder.header(header::COOKIE, format!("{name}={known}"));
        } else if let Some(token) = &self.access_token {
            builder = builder.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        builder
    }

    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let request = self
            .request(Method::POST, path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form(fields)))
            .unwrap();
        let answer = self.send(request).await;
        if let Ok(Value::Object(body)) = serde_json::from_str(&answer.body)
            && let Some(token) = body.get("access_token").and_then(Value::as_str)
        {
            self.access_token = Some(token.to_owned());
        }
        answer
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        let request = self.request(Method::GET, path).body(Body::empty()).unwrap();
        self.send(request).await
    }

    pub async fn register(&mut self, email: &str, password: &str) -> Answer {
        self.post("/api/auth/register", &[("email", email), ("password", password)]).await
    }

    pub async fn login(&mut self, email: &str, password: &str) -> Answer {
        self.post("/api/auth/login", &[("email", email), ("password", password)]).await
    }

    pub async fn refresh(&mut self) -> Answer {
        self.post("/api/auth/refresh", &[]).await
    }

    pub async fn logout(&mut self) -> Answer {
        self.post("/api/auth/logout", &[]).await
    }

    pub async fn me(&mut self) -> Answer {
        self.get("/api/account/me").await
    }

    pub fn refresh_token(&self) -> String {
        let found = self.cookies.iter().find(|(name, _)| name == "__Secure-refresh");
        found.expect("no refresh cookie").1.clone()
    }

    /// Somebody who copied this visitor's refresh token.
    pub fn thief(&self) -> Visitor {
        Visitor { access_token: None, ..self.clone() }
    }
}
