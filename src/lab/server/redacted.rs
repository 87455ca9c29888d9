//! Requests and answers as they may be shown. Nothing gets into an event because it was not recognised as a secret: a header
//! or field is shown because its name is on a list here, and every token goes in as its chip.

use axum::{
    body::Body,
    extract::{Form, FromRequest as _},
    http::{HeaderMap, HeaderName, HeaderValue, Uri, header},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::chips::Chips;
use super::jar::Jar;
use crate::lab::event::{AccessSeen, CookieSent, CookieSet, CookieWhy, Field, Header, Lifeline, RefreshSeen};
use crate::mount::Mount;
use crate::server::{app_state::AppState, refresh_cookie};

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
/// Fields that people may see. Passwords are named too, without their value.
const FIELDS: [&str; 6] = ["email", "title", "body", "id", "next", "keep_other_sessions"];
const PASSWORDS: [&str; 3] = ["password", "current_password", "new_password"];
/// Characters of a value, so that nobody fills the log with one note.
const SHOWN: usize = 400;
/// A longer token is not decoded: the server does not look at it either.
const TOKEN_MAX: usize = 4096;

/// A form's fields as they came.
pub type Fields = Vec<(String, Zeroizing<String>)>;

/// What redacting needs to know of a sandbox.
pub struct Redactor<'a> {
    pub chips: &'a Chips,
    pub state: &'a AppState,
}

impl Redactor<'_> {
    pub fn refresh(&self, token: &str) -> RefreshSeen {
        let generation = self.state.auth.refresh_tokens.open(token).ok().map(|presented| presented.generation);
        RefreshSeen { chip: self.chips.of(token.as_bytes()), generation }
    }

    pub fn access(&self, token: &str) -> AccessSeen {
        let mut parts = token.split('.');
        let mut decoded = || -> Map<String, Value> {
            let part = parts.next().filter(|_| token.len() <= TOKEN_MAX).unwrap_or_default();
            let bytes = URL_SAFE_NO_PAD.decode(part).unwrap_or_default();
            serde_json::from_slice(&bytes).unwrap_or_default()
        };
        let (header, claims) = (decoded(), decoded());
        let signature = self.chips.of(parts.next().unwrap_or_default().as_bytes());
        AccessSeen { chip: self.chips.of(token.as_bytes()), header, claims, signature }
    }

    pub fn request_headers(&self, headers: &HeaderMap) -> Vec<Header> {
        self.shown(&REQUEST_HEADERS, headers)
    }

    pub fn response_headers(&self, headers: &HeaderMap) -> Vec<Header> {
        self.shown(&RESPONSE_HEADERS, headers)
    }

    fn shown(&self, names: &[&str], headers: &HeaderMap) -> Vec<Header> {
        let listed = headers.iter().filter(|(name, _)| names.contains(&name.as_str()));
        listed.map(|(name, value)| Header { name: name.to_string(), value: self.value(name, value) }).collect()
    }

    fn value(&self, name: &HeaderName, value: &HeaderValue) -> String {
        let text = value.to_str().unwrap_or_default();
        match *name {
            header::AUTHORIZATION => match text.split_once(' ') {
                Some((scheme, token)) => format!("{} {}", short(scheme), self.chips.of(token.as_bytes()).words),
                None => self.chips.of(text.as_bytes()).words,
            },
            header::COOKIE => self.cookie_line(text),
            header::SET_COOKIE => match text.split_once('=') {
                Some((name, rest)) => {
                    let (value, attributes) = rest.split_once(';').unwrap_or((rest, ""));
                    format!("{name}={};{attributes}", self.cookie_value(name, value))
                }
                None => String::new(),
            },
            header::CONTENT_SECURITY_POLICY => without_nonce(text),
            header::REFERER => short(text.split('?').next().unwrap_or_default()),
            _ => short(text),
        }
    }

    /// The sandbox's own cookies; others of this host are nobody's business here.
    fn cookie_line(&self, line: &str) -> String {
        let pairs = line.split(';').filter_map(|pair| pair.trim().split_once('='));
        let ours = pairs.filter(|(name, _)| *name == refresh_cookie::NAME || *name == self.state.mount.hint_name());
        ours.map(|(name, value)| format!("{name}={}", self.cookie_value(name, value))).collect::<Vec<_>>().join("; ")
    }

    fn cookie_value(&self, name: &str, value: &str) -> String {
        if value.is_empty() || name == self.state.mount.hint_name() {
            value.chars().take(8).collect()
        } else {
            self.chips.of(value.as_bytes()).words
        }
    }

    /// The lines of the sandbox's two cookies.
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
            refresh: (name == refresh_cookie::NAME && !value.is_empty()).then(|| self.refresh(value)),
            cleared: attributes.iter().any(|attribute| attribute == "Max-Age=0"),
            attributes,
        })
    }
}

pub fn short(text: &str) -> String {
    text.chars().take(SHOWN).collect()
}

fn without_nonce(policy: &str) -> String {
    let word = |word: &str| if word.starts_with("'nonce-") { "'nonce-…'".to_owned() } else { word.to_owned() };
    short(&policy.split(' ').map(word).collect::<Vec<_>>().join(" "))
}

/// The fields of a form, for whoever has to know them all.
pub async fn fields(headers: &HeaderMap, body: &[u8]) -> Fields {
    let mut request = axum::extract::Request::new(Body::from(body.to_vec()));
    *request.method_mut() = axum::http::Method::POST;
    if let Some(kind) = headers.get(header::CONTENT_TYPE) {
        request.headers_mut().insert(header::CONTENT_TYPE, kind.clone());
    }
    let form = Form::<Vec<(String, String)>>::from_request(request, &()).await;
    let fields = form.map(|Form(fields)| fields).unwrap_or_default();
    fields.into_iter().map(|(name, value)| (name, Zeroizing::new(value))).collect()
}

pub fn shown_fields(fields: &Fields) -> Vec<Field> {
    let known = fields.iter().filter(|(name, _)| FIELDS.contains(&&**name) || PASSWORDS.contains(&&**name));
    let field = |(name, value): &(String, Zeroizing<String>)| Field {
        name: name.clone(),
        value: FIELDS.contains(&&**name).then(|| short(value)),
    };
    known.map(field).take(16).collect()
}

/// The text of the bearer token.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

/// Whether the sandbox's two cookies came with a request, and why.
pub fn cookies_sent(mount: &Mount, from: Lifeline, path: &str, headers: &HeaderMap, jar: &Jar) -> Vec<CookieSent> {
    let refresh = refresh_cookie::read(headers).is_ok();
    let hint = refresh_cookie::hint(mount, headers);
    let fits = path.starts_with("/api/auth/");
    vec![
        CookieSent {
            name: refresh_cookie::NAME.into(),
            sent: refresh,
            why: why(from, refresh, fits, jar.refresh.is_some()),
        },
        CookieSent { name: mount.hint_name().into(), sent: hint, why: why(from, hint, true, jar.hint) },
    ]
}

fn why(from: Lifeline, sent: bool, path_fits: bool, in_jar: bool) -> CookieWhy {
    match from {
        Lifeline::Thief | Lifeline::OtherDevice => CookieWhy::NoBrowser,
        _ if sent => CookieWhy::Fits,
        _ if !in_jar => CookieWhy::NotInJar,
        _ if !path_fits => CookieWhy::OtherPath,
        Lifeline::OtherSite => CookieWhy::OtherSite,
        _ => CookieWhy::NotInJar,
    }
}

/// A path as it is shown: no query, where anybody could put anything.
pub fn path(uri: &Uri) -> String {
    short(uri.path())
}
