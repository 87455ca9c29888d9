//! Script injection (stored XSS): a page with an unescaped comment. The attack is fixed and its tokens are decoys (honeytokens),
//! but the measurement is real: what an injected script can do with a token, by where the token is kept. With the content
//! security policy (CSP) on, the browser does not run the script at all.

use axum::{
    http::{HeaderMap, HeaderValue, header},
    response::{Html, IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use super::event_log::redaction::bearer;
use super::sandbox::Sandbox;
use crate::api::edge::cookies;
use crate::auth::random;
use crate::lab::model::event::{Defence, Probe};

const HTTP_ONLY: &str = "__Secure-lab-decoy";
pub const SCRIPT: &str = include_str!("injection.js");
const PAGE: &str = include_str!("injection.html");

#[derive(Deserialize)]
pub struct InjectionQuery {
    policy: Option<PolicySwitch>,
    /// The second load, which checks what survived the first one: it gets no new decoy.
    #[serde(default)]
    again: bool,
}

#[derive(Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum PolicySwitch {
    On,
    Off,
}

/// The probe's results, as the page sends them.
#[derive(Deserialize)]
pub struct InjectionFindings {
    pub content_policy: bool,
    pub results: Vec<Probe>,
}

/// `GET /lab/{sandbox}/-/injection`. Without `policy` the visitor's setting of the defence applies.
pub fn page(sandbox: &Sandbox, query: &InjectionQuery) -> Response {
    let on = query.policy.map_or(!sandbox.is_weak(Defence::ContentPolicy), |policy| policy == PolicySwitch::On);
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
    if !query.again {
        headers.append(header::SET_COOKIE, value(decoy(sandbox)));
    }
    response
}

/// The cookie that scripts cannot read, unless that defence is weakened.
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

/// Which decoys came with a request: tells the page that one was used.
#[derive(Serialize)]
pub struct DecoysReceived {
    cookie: bool,
    bearer: bool,
}

pub fn decoys_received(headers: &HeaderMap) -> DecoysReceived {
    DecoysReceived {
        cookie: cookies::first(headers, HTTP_ONLY).is_some_and(|value| value.starts_with("decoy-")),
        bearer: bearer(headers).is_some_and(|token| token.starts_with("decoy-")),
    }
}
