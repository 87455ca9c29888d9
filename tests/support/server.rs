//! The real program in its own process, and people who talk to it over HTTP. For what only a process can show: being
//! killed, two instances, a full disk.

use std::{
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use http_body_util::BodyExt as _;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};

pub const PASSWORD: &str = "correct horse battery staple";

pub struct Server {
    child: Child,
    pub base: String,
}

/// How to start the program: its settings, and what it inherits.
pub struct Start<'a> {
    pub database_url: &'a str,
    pub secret_file: &'a Path,
    pub port: u16,
    pub more: &'a [&'a str],
    /// A shell prelude, to start under a limit.
    pub prelude: &'a str,
}

impl Server {
    pub async fn start(start: Start<'_>) -> Self {
        let base = format!("http://127.0.0.1:{}", start.port);
        let program = env!("CARGO_BIN_EXE_two-tokens");
        let child = Command::new("bash")
            .arg("-c")
            .arg(format!("{} exec {program} \"$@\"", start.prelude))
            .arg("two-tokens")
            .args(["--addr", &format!("127.0.0.1:{}", start.port)])
            .args(["--database-url", start.database_url])
            .arg("--secret-file")
            .arg(start.secret_file)
            .args(["--log", "warn,security=error"])
            .args(start.more)
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut server = Self { child, base };
        server.ready().await;
        server
    }

    /// Asks until it says so.
    pub async fn ready(&mut self) {
        let http = Http::default();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("the program ended: {status}");
            }
            match http.send(Method::GET, &format!("{}/readyz", self.base), &[], "").await {
                Some(answer) if answer.status == StatusCode::OK => return,
                _ => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// SIGKILL, and gone.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    pub fn refresh_cookie(&self) -> Option<String> {
        self.headers.get_all(header::SET_COOKIE).iter().find_map(|line| {
            let line = line.to_str().ok()?.strip_prefix("__Secure-refresh=")?;
            line.split(';').next().map(str::to_owned)
        })
    }
}

#[derive(Clone)]
pub struct Http(Client<HttpConnector, Body>);

impl Default for Http {
    fn default() -> Self {
        Self(Client::builder(TokioExecutor::new()).build(HttpConnector::new()))
    }
}

impl Http {
    /// `None` when the answer was lost on the way, whatever the server did.
    pub async fn send(&self, method: Method, url: &str, headers: &[(&str, String)], body: &str) -> Option<Answer> {
        let mut request = Request::builder()
            .method(method)
            .uri(url)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let response = self.0.request(request.body(Body::from(body.to_owned())).unwrap()).await.ok()?;
        let (parts, body) = response.into_parts();
        let body = body.collect().await.ok()?.to_bytes();
        Some(Answer { status: parts.status, headers: parts.headers, body })
    }
}

/// Somebody signed in: what their browser holds.
#[derive(Clone)]
pub struct Person {
    http: Http,
    pub refresh_token: String,
    pub access_token: String,
}

impl Person {
    pub async fn register(base: &str, email: &str) -> Self {
        Self::enter(base, "register", email).await
    }

    async fn enter(base: &str, endpoint: &str, email: &str) -> Self {
        let http = Http::default();
        let form = format!("email={}&password={}", email.replace('@', "%40"), PASSWORD.replace(' ', "+"));
        let answer = http.send(Method::POST, &format!("{base}/api/auth/{endpoint}"), &[], &form).await.unwrap();
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        let mut person = Self { http, refresh_token: String::new(), access_token: String::new() };
        person.keep(&answer);
        person
    }

    fn keep(&mut self, answer: &Answer) {
        if let Some(cookie) = answer.refresh_cookie() {
            self.refresh_token = cookie;
        }
        if let Some(token) = answer.json()["access_token"].as_str() {
            self.access_token = token.to_owned();
        }
    }

    /// Keeps the new tokens when the answer arrives.
    pub async fn refresh(&mut self, base: &str) -> Option<Answer> {
        let cookie = [("cookie", format!("__Secure-refresh={}", self.refresh_token))];
        let answer = self.http.send(Method::POST, &format!("{base}/api/auth/refresh"), &cookie, "").await?;
        self.keep(&answer);
        Some(answer)
    }

    pub async fn logout(&self, base: &str) -> Option<Answer> {
        let cookie = [("cookie", format!("__Secure-refresh={}", self.refresh_token))];
        self.http.send(Method::POST, &format!("{base}/api/auth/logout"), &cookie, "").await
    }

    pub async fn me(&self, base: &str) -> Option<Answer> {
        let bearer = [("authorization", format!("Bearer {}", self.access_token))];
        self.http.send(Method::GET, &format!("{base}/api/account/me"), &bearer, "").await
    }

    pub async fn write_note(&self, base: &str, title: &str) -> Option<Answer> {
        let bearer = [("authorization", format!("Bearer {}", self.access_token))];
        let form = format!("title={title}&body=x");
        self.http.send(Method::POST, &format!("{base}/api/notes/create"), &bearer, &form).await
    }

    pub async fn notes(&self, base: &str) -> Option<Answer> {
        let bearer = [("authorization", format!("Bearer {}", self.access_token))];
        self.http.send(Method::GET, &format!("{base}/api/notes/list"), &bearer, "").await
    }
}
