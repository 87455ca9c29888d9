//! A page with somebody else's script in it: a comment that was not escaped. The attack is fixed, its tokens are decoys, and
//! the question is real: what can an injected script do with a token, by where it is kept? With the content policy on, the
//! browser does not run it at all.

use axum::{
    http::{HeaderMap, HeaderValue, header},
    response::{Html, IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use super::redacted::bearer;
use super::sandbox::Sandbox;
use super::who::says;
use crate::auth::random;
use crate::lab::event::{Defence, Probe};

const HTTP_ONLY: &str = "__Secure-lab-decoy";
pub const SCRIPT: &str = include_str!("injection.js");
const PAGE: &str = include_str!("injection.html");

#[derive(Deserialize)]
pub struct Asked {
    policy: Option<Switch>,
    /// The second load, which looks at what survived the first: it gets no new decoy.
    #[serde(default)]
    again: bool,
}

#[derive(Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Switch {
    On,
    Off,
}

/// What the page found out.
#[derive(Deserialize)]
pub struct Found {
    pub content_policy: bool,
    pub results: Vec<Probe>,
}

/// `GET /lab/{sandbox}/-/injection`. Without `policy` it is as the visitor has set the defence.
pub fn page(sandbox: &Sandbox, asked: &Asked) -> Response {
    let on = asked.policy.map_or(!sandbox.is_weak(Defence::ContentPolicy), |policy| policy == Switch::On);
    let nonce = URL_SAFE_NO_PAD.encode(random::bytes::<16>());
    let page = PAGE
        .replace("{mount}", sandbox.mount.as_str())
        .replace("{nonce}", &nonce)
        .replace("{policy}", if on { "on" } else { "off" });
    let scripts = if on { format!("'nonce-{nonce}'") } else { "'self' 'unsafe-inline'".to_owned() };
    let policy = format!(
        "default-src 'none'; script-src {scripts}; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    );
    let mut response = Html(page).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, value(policy));
    if !asked.again {
        headers.append(header::SET_COOKIE, value(decoy(sandbox)));
    }
    response
}

/// The cookie no script can read, unless that defence is weak.
fn decoy(sandbox: &Sandbox) -> String {
    let http_only = if sandbox.is_weak(Defence::HttpOnly) { "" } else { "HttpOnly; " };
    let decoy = URL_SAFE_NO_PAD.encode(random::bytes::<16>());
    format!("{HTTP_ONLY}=decoy-{decoy}; {http_only}Secure; SameSite=Strict; Path={}", sandbox.mount.at("/-/"))
}

fn value(text: String) -> HeaderValue {
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

pub async fn script() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], SCRIPT)
}

/// Which decoys came with a request: how the page knows that one was used.
#[derive(Serialize)]
pub struct Came {
    cookie: bool,
    bearer: bool,
}

pub fn came(headers: &HeaderMap) -> Came {
    let decoy = [HTTP_ONLY, "=decoy-"].concat();
    Came {
        cookie: says(headers, header::COOKIE.as_str(), &decoy),
        bearer: bearer(headers).is_some_and(|token| token.starts_with("decoy-")),
    }
}
