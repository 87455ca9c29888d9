//! A browser with two tabs, and the app's client in each.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use axum::{
    body::Body,
    http::{Method, Response, StatusCode, header, request::Builder},
};
use serde_json::{Value, json};
use two_tokens::lab::model::event::{Lifeline, SandboxCredentials, TabTask};

use crate::support::{Answer, Cookies, Transport, form};

/// In a sandbox, which has a path of its own and no port.
const SANDBOX_REFRESH_COOKIE: &str = "__Secure-refresh";
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/// LogEventKind a browser shares between its tabs.
#[derive(Clone)]
pub struct Browser {
    to: Transport,
    pub cookies: Arc<Mutex<Cookies>>,
    lock: Arc<tokio::sync::Mutex<()>>,
    /// Every secret that passed here.
    pub secrets: Arc<Mutex<Vec<String>>>,
}

/// Whether another site asks: a browser neither sends nor takes `SameSite=Strict` cookies then.
fn is_cross_site(headers: &[(&str, &str)]) -> bool {
    headers.contains(&("sec-fetch-site", "cross-site"))
}

impl Browser {
    pub fn new(base: &str) -> Self {
        Self { to: base.into(), cookies: Arc::default(), lock: Arc::default(), secrets: Arc::default() }
    }

    pub fn secret(&self, text: &str) {
        self.secrets.lock().unwrap().push(text.to_owned());
    }

    /// The value of the cookie of that name.
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().unwrap().value(name).map(str::to_owned)
    }

    fn request(&self, method: Method, path: &str, headers: &[(&str, &str)]) -> Builder {
        let own = [("sec-fetch-site", "same-origin")];
        let own = own.iter().filter(|(name, _)| headers.iter().all(|(other, _)| other != name));
        let mut builder = self.to.request(method, path).header(header::USER_AGENT, FIREFOX);
        if let Some(cookies) = self.cookies.lock().unwrap().header_for(path).filter(|_| !is_cross_site(headers)) {
            builder = builder.header(header::COOKIE, cookies);
        }
        own.chain(headers).fold(builder, |builder, (name, value)| builder.header(*name, *value))
    }

    /// `None` when the connection was cut.
    pub async fn send(&self, method: Method, path: &str, body: &str, headers: &[(&str, &str)]) -> Option<Answer> {
        let request = self.request(method, path, headers).body(Body::from(body.to_owned())).unwrap();
        let answer = self.to.send(request).await?;
        for line in answer.set_cookies().into_iter().filter(|_| !is_cross_site(headers)) {
            let mut cookies = self.cookies.lock().unwrap();
            cookies.keep(&line);
            if let Some(token) =
                cookies.value(SANDBOX_REFRESH_COOKIE).filter(|_| line.starts_with(SANDBOX_REFRESH_COOKIE))
            {
                self.secret(token);
            }
        }
        Some(answer)
    }

    pub async fn post(&self, path: &str, body: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(Method::POST, path, body, headers).await.unwrap_or_else(|| panic!("no answer from {path}"))
    }

    /// As `headers` say, whatever they say.
    pub async fn send_as(&self, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(method, path, "", headers).await.unwrap_or_else(|| panic!("no answer from {path}"))
    }

    /// A response whose body is not read yet.
    pub async fn begin(&self, path: &str) -> Response<Body> {
        let Transport::Socket { http, .. } = &self.to else { panic!("a stream needs a socket") };
        let request = self.request(Method::GET, path, &[]).body(Body::empty()).unwrap();
        http.request(request).await.unwrap().map(Body::new)
    }

    /// An answer that has begun.
    pub async fn stream(&self, path: &str, headers: &[(&str, &str)]) -> Body {
        let Transport::Socket { http, .. } = &self.to else { panic!("a stream needs a socket") };
        let request = self.request(Method::GET, path, headers).body(Body::empty()).unwrap();
        let response = http.request(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        Body::new(response.into_body())
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, "", &[]).await.unwrap_or_else(|| panic!("no answer from {path}"))
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

impl Tab {
    pub(super) fn new(who: Lifeline, browser: &Browser, mount: &str) -> Self {
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
        let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
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
        if self.token() == before && self.refresh_until_answered().await?.status != StatusCode::OK {
            *self.token.lock().unwrap() = None;
            return None;
        }
        drop(flight);
        self.send(method, path, fields).await
    }

    /// A protected call of a page without single-flight.
    async fn call_alone(&self) -> Option<Answer> {
        let answer = self.send(Method::GET, "/api/notes/list", &[]).await?;
        if !answer.code().starts_with("access_token_") {
            return Some(answer);
        }
        if self.send(Method::POST, "/api/auth/refresh", &[]).await?.status != StatusCode::OK {
            *self.token.lock().unwrap() = None;
            return None;
        }
        self.send(Method::GET, "/api/notes/list", &[]).await
    }

    /// As the client: after a lost answer it asks again. The lab takes a request within half a second for one that the browser
    /// repeats by itself, and loses its answer as well.
    async fn refresh_until_answered(&self) -> Option<Answer> {
        for _ in 0..3 {
            if let Some(answer) = self.refresh().await {
                return Some(answer);
            }
            tokio::time::sleep(std::time::Duration::from_millis(600)).await;
        }
        None
    }

    pub async fn credentials(&self) -> SandboxCredentials {
        let credentials: SandboxCredentials =
            self.browser.post(&format!("{}/-/credentials", self.mount), "null", &[]).await.parsed();
        self.browser.secret(&credentials.password);
        self.browser.secret(&credentials.next_password);
        credentials
    }

    async fn tell(&self, seen: Value) {
        let told = json!({ "tab": self.who, "seen": [seen] });
        let answer = self.browser.post(&format!("{}/-/seen", self.mount), &told.to_string(), &[]).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT);
    }

    pub async fn obey(self, deed: TabTask) {
        match deed {
            TabTask::Call { times } => {
                if self.token().is_none() {
                    return self.tell(json!({ "saw": "could_not", "why": "Nobody is signed in here." })).await;
                }
                let calls = (0..times).map(|_| self.call(Method::GET, "/api/notes/list", &[]));
                futures::future::join_all(calls).await;
            }
            TabTask::CallAlone { times } => {
                let (token, calls) = (self.token(), (0..times).map(|_| self.call_alone()));
                assert!(token.is_some(), "nobody is signed in here");
                futures::future::join_all(calls).await;
            }
            TabTask::Refresh => drop(self.refresh().await),
            TabTask::Locks { on } => self.locks.store(on, Ordering::SeqCst),
            TabTask::ClientClock { .. } => {}
            TabTask::Type { text } => self.tell(json!({ "saw": "draft", "characters": text.chars().count() })).await,
            TabTask::SignIn => {
                let SandboxCredentials { email, password, .. } = self.credentials().await;
                self.send(Method::POST, "/api/auth/login", &[("email", &email), ("password", &password)]).await;
            }
            TabTask::SignOut => self.sign_out().await,
            TabTask::SignOutEverywhere => {
                self.call(Method::POST, "/api/account/revoke_other_sessions", &[]).await;
                self.sign_out().await;
            }
            TabTask::SignOutOtherDevice => {
                let sessions: Value = self.call(Method::GET, "/api/account/sessions", &[]).await.unwrap().parsed();
                let id = sessions[1]["id"].as_str().unwrap();
                self.call(Method::POST, "/api/account/revoke_session", &[("id", id)]).await;
            }
            TabTask::ChangePassword => {
                let SandboxCredentials { password, next_password, .. } = self.credentials().await;
                let fields = [("current_password", &*password), ("new_password", &*next_password)];
                self.call(Method::POST, "/api/account/change_password", &fields).await;
            }
            TabTask::Reload => {
                let headers = [("sec-fetch-mode", "navigate"), ("accept", "text/html")];
                self.browser.send(Method::GET, &format!("{}/notes", self.mount), "", &headers).await;
                *self.token.lock().unwrap() = None;
                self.refresh().await;
            }
        }
    }

    async fn sign_out(&self) {
        self.send(Method::POST, "/api/auth/logout", &[]).await;
        *self.token.lock().unwrap() = None;
    }
}
