//! A browser with one tab, and the ways its requests travel.

use std::net::{IpAddr, Ipv4Addr};

use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    http::{Method, Request, StatusCode, header, request::Builder},
};
use hyper_util::{client::legacy::Client as HyperClient, rt::TokioExecutor};
use serde_json::Value;
use tower::ServiceExt as _;
use two_tokens::api::edge::client_address::Connection;

use super::tls::Connector;
use super::{Answer, Cookies, REFRESH_COOKIE, contract};

pub const PASSWORD: &str = "correct horse battery staple";
const HOME: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
pub const ORIGIN: &str = "http://localhost:3000";
const USER_AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64) Test/1.0";

/// How a request reaches the server.
#[derive(Clone)]
pub enum Transport {
    /// The router is called in this process.
    InProcess(Router),
    /// Over a socket, to this base URL. Clones share kept-alive connections; `https` is HTTP/2, on one connection.
    Socket { base: String, http: Box<HyperClient<Connector, Body>> },
}

impl From<Router> for Transport {
    fn from(router: Router) -> Self {
        Self::InProcess(router)
    }
}

impl From<&str> for Transport {
    fn from(base: &str) -> Self {
        Self::socket(base, &["h2"], usize::MAX)
    }
}

impl Transport {
    /// Over TLS with HTTP/1.1.
    pub fn http1(base: &str) -> Self {
        Self::socket(base, &["http/1.1"], usize::MAX)
    }

    /// Each request on a connection of its own.
    pub fn unpooled(base: &str) -> Self {
        Self::socket(base, &["http/1.1"], 0)
    }

    fn socket(base: &str, protocols: &'static [&'static str], idle_max: usize) -> Self {
        let mut http = HyperClient::builder(TokioExecutor::new());
        let http = http.pool_max_idle_per_host(idle_max).build(Connector(protocols));
        Self::Socket { base: base.into(), http: Box::new(http) }
    }

    pub fn request(&self, method: Method, path: &str) -> Builder {
        let builder = Request::builder().method(method);
        match self {
            Self::InProcess(_) => builder.uri(path).header(header::HOST, "localhost:3000"),
            Self::Socket { base, .. } => builder.uri(format!("{base}{path}")),
        }
    }

    /// `None` when the answer was lost on the way, whatever the server did.
    pub async fn send(&self, request: Request<Body>) -> Option<Answer> {
        match self {
            Self::InProcess(router) => Answer::read(router.clone().oneshot(request).await.unwrap()).await,
            Self::Socket { http, .. } => Answer::read(http.request(request).await.ok()?).await,
        }
    }
}

/// A cookie jar, and an access token in memory. A clone is a copy of both.
#[derive(Clone)]
pub struct Client {
    pub to: Transport,
    pub cookies: Cookies,
    pub access_token: Option<String>,
    pub user_agent: &'static str,
    /// The address it connects from, where the router is called in this process.
    pub from: IpAddr,
}

/// The one form encoder (`application/x-www-form-urlencoded`). It escapes more than it must, which every parser accepts.
pub fn form(fields: &[(&str, &str)]) -> String {
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

impl Client {
    pub fn of(to: impl Into<Transport>) -> Self {
        let cookies = Cookies::default();
        Self { to: to.into(), cookies, access_token: None, user_agent: USER_AGENT, from: HOME }
    }

    pub fn with_browser(self, user_agent: &'static str) -> Self {
        Self { user_agent, ..self }
    }

    /// The same browser, which sends to another server from now on.
    pub fn at(self, to: impl Into<Transport>) -> Self {
        Self { to: to.into(), ..self }
    }

    /// A new account, signed in here.
    pub async fn signed_up(mut self, email: &str) -> Self {
        self.register(email, PASSWORD).await.expect(StatusCode::OK);
        self
    }

    /// A request as the app's own client sends it: the access token to the API except its sign-in part.
    pub fn request(&self, method: Method, path: &str) -> Builder {
        let mut builder = self.to.request(method, path);
        builder = builder.header("sec-fetch-site", "same-origin").header(header::USER_AGENT, self.user_agent);
        if let Some(cookies) = self.cookies.header_for(path) {
            builder = builder.header(header::COOKIE, cookies);
        }
        let protected = path.starts_with("/api/") && !path.starts_with("/api/auth/");
        match &self.access_token {
            Some(token) if protected => builder.header(header::AUTHORIZATION, format!("Bearer {token}")),
            _ => builder,
        }
    }

    pub async fn send(&mut self, request: Request<Body>) -> Answer {
        let asked = format!("{} {}", request.method(), request.uri());
        self.try_send(request).await.unwrap_or_else(|| panic!("no answer to {asked}"))
    }

    /// Keeps the cookies and the access token of the answer; `None` when it was lost.
    pub async fn try_send(&mut self, mut request: Request<Body>) -> Option<Answer> {
        request.extensions_mut().insert(ConnectInfo(Connection::of((self.from, 50_000))));
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let answer = self.to.send(request).await?;
        contract::check(&method, &path, &answer);
        for line in answer.set_cookies() {
            self.cookies.keep(&line);
        }
        if let Ok(Value::Object(body)) = serde_json::from_str(&answer.body)
            && let Some(token) = body.get("access_token").and_then(Value::as_str)
        {
            self.access_token = Some(token.to_owned());
        }
        Some(answer)
    }

    pub async fn try_post(&mut self, path: &str, fields: &[(&str, &str)]) -> Option<Answer> {
        let request = self.form_request(path, &[], fields);
        self.try_send(request).await
    }

    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.post_with(path, &[], fields).await
    }

    pub async fn post_with(&mut self, path: &str, headers: &[(&str, &str)], fields: &[(&str, &str)]) -> Answer {
        let request = self.form_request(path, headers, fields);
        self.send(request).await
    }

    fn form_request(&self, path: &str, headers: &[(&str, &str)], fields: &[(&str, &str)]) -> Request<Body> {
        let builder = self.request(Method::POST, path);
        let builder = builder.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let builder = headers.iter().fold(builder, |builder, (name, value)| builder.header(*name, *value));
        builder.body(Body::from(form(fields))).unwrap()
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.get_with(path, &[]).await
    }

    pub async fn get_with(&mut self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let builder = self.request(Method::GET, path);
        let builder = headers.iter().fold(builder, |builder, (name, value)| builder.header(*name, *value));
        self.send(builder.body(Body::empty()).unwrap()).await
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

    pub async fn try_refresh(&mut self) -> Option<Answer> {
        self.try_post("/api/auth/refresh", &[]).await
    }

    pub async fn logout(&mut self) -> Answer {
        self.post("/api/auth/logout", &[]).await
    }

    /// All notes, page by page.
    pub async fn notes(&mut self) -> Vec<Value> {
        let (mut notes, mut path) = (Vec::new(), "/api/notes/list".to_owned());
        loop {
            let mut page = self.get(&path).await.expect(StatusCode::OK).json();
            notes.append(page["notes"].as_array_mut().unwrap());
            match page["next"].as_str() {
                Some(next) => path = format!("/api/notes/list?after={next}"),
                None => return notes,
            }
        }
    }

    pub async fn me(&mut self) -> Answer {
        self.get("/api/account/me").await
    }

    #[track_caller]
    pub fn refresh_token(&self) -> String {
        self.cookies.value(REFRESH_COOKIE).expect("no refresh cookie").to_owned()
    }

    /// A thief who copied this client's refresh token.
    pub fn thief(&self) -> Client {
        Client { access_token: None, ..self.clone() }
    }
}
