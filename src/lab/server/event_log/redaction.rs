//! Redaction by allow-list: a header or a form field enters an event only if its name is listed here, and every token enters as its
//! fingerprint. An unrecognised secret therefore cannot leak.

use axum::{
    body::Body,
    extract::{Form, FromRequest as _},
    http::{HeaderMap, HeaderName, HeaderValue, Uri, header},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::actor_tokens::ActorTokens;
use super::bounded::shortened;
use super::token_fingerprints::TokenFingerprints;
use crate::api::edge::app_state::AppState;
use crate::api::edge::cookies::{self, refresh, session_hint};
use crate::base_path::BasePath;
use crate::lab::model::event::{
    AccessSeen, CookieReason, CookieSent, CookieSet, FormField, HeaderLine, Lifeline, RefreshSeen,
};
use crate::protocol::session::hint_cookie_name;

const REQUEST_HEADERS: [&str; 14] = [
    "host",
    "origin",
    "referer",
    "user-agent",
    "accept",
    "content-type",
    "content-length",
    "cache-control",
    "sec-fetch-site",
    "sec-fetch-mode",
    "sec-fetch-dest",
    "sec-fetch-user",
    "authorization",
    "cookie",
];
const RESPONSE_HEADERS: [&str; 11] = [
    "content-type",
    "content-length",
    "cache-control",
    "location",
    "retry-after",
    "www-authenticate",
    "set-cookie",
    "content-security-policy",
    "referrer-policy",
    "x-content-type-options",
    "cross-origin-resource-policy",
];
/// Form fields whose value is shown. Passwords are listed without their value.
const FIELDS: [&str; 6] = ["email", "title", "body", "id", "next", "keep_other_sessions"];
const PASSWORDS: [&str; 3] = ["password", "current_password", "new_password"];
/// The maximum length of a shown value in characters, so that one note cannot fill the log.
const VALUE_MAX: usize = 400;
/// The header lines of a request, and the cookies of a line, that are shown.
const LINES_MAX: usize = 32;
/// A longer token is not decoded: the server refuses it unread as well. Bytes.
const TOKEN_MAX: usize = 4096;

/// A form's fields as they were received.
pub type FormFields = Vec<(String, Zeroizing<String>)>;

/// Redacts with one sandbox's fingerprint key and token keys.
pub struct Redactor<'a> {
    pub fingerprints: &'a TokenFingerprints,
    pub state: &'a AppState,
}

impl Redactor<'_> {
    pub fn refresh(&self, token: &str) -> RefreshSeen {
        let generation = self.state.auth.open_refresh_token(token).ok().map(|presented| presented.generation);
        RefreshSeen { fingerprint: self.fingerprints.of(token.as_bytes()), generation }
    }

    pub fn access(&self, token: &str) -> AccessSeen {
        let mut parts = token.split('.');
        let mut decoded = || -> Map<String, Value> {
            let part = parts.next().filter(|_| token.len() <= TOKEN_MAX).unwrap_or_default();
            let bytes = URL_SAFE_NO_PAD.decode(part).unwrap_or_default();
            serde_json::from_slice(&bytes).unwrap_or_default()
        };
        let (header, claims) = (decoded(), decoded());
        let signature = self.fingerprints.of(parts.next().unwrap_or_default().as_bytes());
        AccessSeen { fingerprint: self.fingerprints.of(token.as_bytes()), header, claims, signature }
    }

    pub fn request_headers(&self, headers: &HeaderMap) -> Vec<HeaderLine> {
        self.shown(&REQUEST_HEADERS, headers)
    }

    pub fn response_headers(&self, headers: &HeaderMap) -> Vec<HeaderLine> {
        self.shown(&RESPONSE_HEADERS, headers)
    }

    fn shown(&self, names: &[&str], headers: &HeaderMap) -> Vec<HeaderLine> {
        let listed = headers.iter().filter(|(name, _)| names.contains(&name.as_str()));
        let listed = listed.take(LINES_MAX);
        listed.map(|(name, value)| HeaderLine { name: name.to_string(), value: self.value(name, value) }).collect()
    }

    fn value(&self, name: &HeaderName, value: &HeaderValue) -> String {
        let text = value.to_str().unwrap_or_default();
        match *name {
            header::AUTHORIZATION => match text.split_once(' ') {
                Some((scheme, token)) => {
                    format!("{} {}", truncated(scheme), self.fingerprints.of(token.as_bytes()).words)
                }
                None => self.fingerprints.of(text.as_bytes()).words,
            },
            header::COOKIE => self.cookie_line(value),
            header::SET_COOKIE => match text.split_once('=') {
                Some((name, rest)) => {
                    let (value, attributes) = rest.split_once(';').unwrap_or((rest, ""));
                    format!("{name}={};{attributes}", self.cookie_value(name, value))
                }
                None => String::new(),
            },
            header::CONTENT_SECURITY_POLICY => without_nonce(text),
            header::REFERER => truncated(text.split('?').next().unwrap_or_default()),
            _ => truncated(text),
        }
    }

    /// The sandbox's own cookies only; others of this host are left out.
    fn cookie_line(&self, line: &HeaderValue) -> String {
        let ours = cookies::pairs_of(line)
            .filter(|(name, _)| *name == refresh::NAME || *name == hint_cookie_name(&self.state.base_path));
        let ours = ours.take(LINES_MAX).map(|(name, value)| format!("{name}={}", self.cookie_value(name, value)));
        truncated(&ours.collect::<Vec<_>>().join("; "))
    }

    fn cookie_value(&self, name: &str, value: &str) -> String {
        if value.is_empty() || name == hint_cookie_name(&self.state.base_path) {
            value.chars().take(8).collect()
        } else {
            self.fingerprints.of(value.as_bytes()).words
        }
    }

    /// The `Set-Cookie` lines, parsed.
    pub fn cookies_set(&self, headers: &HeaderMap) -> Vec<CookieSet> {
        let lines = headers.get_all(header::SET_COOKIE).iter().filter_map(|line| line.to_str().ok());
        lines.filter_map(|line| self.cookie_set(line)).collect()
    }

    fn cookie_set(&self, line: &str) -> Option<CookieSet> {
        let mut parts = line.split(';').map(str::trim);
        let (name, value) = parts.next()?.split_once('=')?;
        let attributes: Vec<_> = parts.map(str::to_owned).collect();
        Some(CookieSet {
            name: name.to_owned(),
            refresh: (name == refresh::NAME && !value.is_empty()).then(|| self.refresh(value)),
            cleared: attributes.iter().any(|attribute| attribute == "Max-Age=0"),
            attributes,
        })
    }
}

pub fn truncated(text: &str) -> String {
    shortened(text, VALUE_MAX)
}

fn without_nonce(policy: &str) -> String {
    let word = |word: &str| if word.starts_with("'nonce-") { "'nonce-…'".to_owned() } else { word.to_owned() };
    truncated(&policy.split(' ').map(word).collect::<Vec<_>>().join(" "))
}

/// All fields of a form; no field if the body is not a form.
pub async fn fields(headers: &HeaderMap, body: &[u8]) -> FormFields {
    let mut request = axum::extract::Request::new(Body::from(body.to_vec()));
    *request.method_mut() = axum::http::Method::POST;
    if let Some(kind) = headers.get(header::CONTENT_TYPE) {
        request.headers_mut().insert(header::CONTENT_TYPE, kind.clone());
    }
    let form = Form::<Vec<(String, String)>>::from_request(request, &()).await;
    let fields = form.map(|Form(fields)| fields).unwrap_or_default();
    fields.into_iter().map(|(name, value)| (name, Zeroizing::new(value))).collect()
}

pub fn shown_fields(fields: &FormFields) -> Vec<FormField> {
    let known = fields.iter().filter(|(name, _)| FIELDS.contains(&&**name) || PASSWORDS.contains(&&**name));
    let field = |(name, value): &(String, Zeroizing<String>)| FormField {
        name: name.clone(),
        value: FIELDS.contains(&&**name).then(|| truncated(value)),
    };
    known.map(field).take(16).collect()
}

/// The bearer token's text (RFC 6750 section 2.1).
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

/// Whether the sandbox's two cookies came with a request, and why.
pub fn cookies_sent(
    mount: &BasePath,
    from: Lifeline,
    path: &str,
    headers: &HeaderMap,
    jar: &ActorTokens,
) -> Vec<CookieSent> {
    let refresh = refresh::read(mount, headers).is_ok();
    let hint = session_hint::is_set(mount, headers);
    let fits = path.starts_with("/api/auth/");
    vec![
        CookieSent {
            name: refresh::NAME.into(),
            sent: refresh,
            why: reason(from, refresh, fits, jar.refresh.is_some()),
        },
        CookieSent { name: hint_cookie_name(mount), sent: hint, why: reason(from, hint, true, jar.hint) },
    ]
}

fn reason(from: Lifeline, sent: bool, path_fits: bool, in_jar: bool) -> CookieReason {
    match from {
        Lifeline::Thief | Lifeline::OtherDevice => CookieReason::NoBrowser,
        _ if sent => CookieReason::Fits,
        _ if !in_jar => CookieReason::NotInJar,
        _ if !path_fits => CookieReason::OtherPath,
        Lifeline::OtherSite => CookieReason::OtherSite,
        _ => CookieReason::NotInJar,
    }
}

/// The path without its query, which may contain anything.
pub fn path(uri: &Uri) -> String {
    truncated(uri.path())
}
