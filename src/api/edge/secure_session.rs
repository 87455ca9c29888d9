//! The words of device-bound session credentials (W3C DBSC, Working Draft): the names and forms of its headers and the session
//! instructions, all of them here, because the draft still moves. As in Chrome 148.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

use super::{app_state::AppState, cookies::bound, public_url};
use crate::auth::binding::Skipped;
use crate::auth::model::session::SessionId;

/// Of the answer to a sign-in: asks the browser to bind the session.
pub const REGISTRATION: HeaderName = HeaderName::from_static("secure-session-registration");
/// Of an answer: the challenge that a proof must answer.
const CHALLENGE: HeaderName = HeaderName::from_static("secure-session-challenge");
/// Of a request: the proof.
pub const RESPONSE: HeaderName = HeaderName::from_static("secure-session-response");
/// Of a request that renews: the session that the browser means.
const SESSION_ID: HeaderName = HeaderName::from_static("sec-secure-session-id");
/// Of a request in scope: the browser has not renewed its cookie, and why.
const SKIPPED: HeaderName = HeaderName::from_static("secure-session-skipped");

/// The endpoint that binds a session, and the one that renews the bound cookie.
pub const BIND: &str = "/api/auth/bind";
pub const RENEW: &str = "/api/auth/bound";
/// The requests that the browser holds until it has a bound cookie. No other is ever held.
const HELD: [&str; 2] = ["/api/auth/refresh", "/api/auth/reauthenticate"];

/// The offer to bind a session, for the answer to a sign-in from `origin`. None to another origin than the public one: a browser
/// refuses instructions for another origin than its page's, and would be left with a bound session without a key.
pub fn registration(state: &AppState, headers: &HeaderMap, challenge: &str) -> Option<(HeaderName, HeaderValue)> {
    let origin = headers.get(axum::http::header::ORIGIN)?;
    let line = format!(r#"(ES256 RS256);path="{}";challenge="{challenge}""#, state.base_path.at(BIND));
    (origin.as_bytes() == state.public_url.as_bytes()).then_some((REGISTRATION, secret(&line)))
}

/// A challenge to the browser of a session.
pub fn challenge(session_id: SessionId, challenge: &str) -> (HeaderName, HeaderValue) {
    (CHALLENGE, secret(&format!(r#""{challenge}";id="{session_id}""#)))
}

fn secret(line: &str) -> HeaderValue {
    let mut value = HeaderValue::try_from(line).unwrap_or_else(|_| HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}

/// The proof of a request.
pub fn proof(headers: &HeaderMap) -> Option<&str> {
    headers.get(RESPONSE).map(|value| string(value.to_str().unwrap_or_default()))
}

/// The session that a request means.
pub fn named(headers: &HeaderMap) -> Option<&str> {
    headers.get(SESSION_ID).map(|value| string(value.to_str().unwrap_or_default()))
}

/// Why the browser has not renewed its cookie before this request.
pub fn skipped(headers: &HeaderMap) -> Option<Skipped> {
    let text = headers.get(SKIPPED)?.to_str().unwrap_or_default();
    // A list, one entry for each session; the reason comes before the parameters.
    let reason = text.split([';', ',']).next().unwrap_or_default().trim();
    Some(match reason {
        "unreachable" => Skipped::Unreachable,
        "server_error" => Skipped::ServerError,
        "quota_exceeded" => Skipped::QuotaExceeded,
        _ => Skipped::Other,
    })
}

/// A string or a token of a structured field (RFC 9651), without its quotes. What is read here never has an escape in it.
fn string(text: &str) -> &str {
    let text = text.trim();
    text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text)
}

/// The session instructions: which requests need which cookie, and where it is renewed.
pub fn instructions(state: &AppState, session_id: SessionId) -> Value {
    let (base_path, origin) = (&state.base_path, &*state.public_url);
    let host = public_url::host(origin);
    let rule = |kind: &str, domain: &str, path: &str| json!({ "type": kind, "domain": domain, "path": path });
    let held = HELD.iter().map(|path| rule("include", &host, &base_path.at(path)));
    let scope: Vec<_> = std::iter::once(rule("exclude", "*", "/")).chain(held).collect();
    json!({
        "session_identifier": session_id.to_string(),
        "refresh_url": base_path.at(RENEW),
        "scope": { "origin": origin, "include_site": false, "scope_specification": scope },
        "credentials": [{ "type": "cookie", "name": bound::name(base_path), "attributes": bound::attributes(base_path) }],
    })
}

/// The instructions that end the browser's binding.
pub fn ended(named: Option<&str>) -> Value {
    json!({ "session_identifier": named.unwrap_or_default(), "continue": false })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn what_a_browser_says_is_read_with_and_without_quotes_and_parameters() {
        for (value, reason) in [
            ("unreachable", Skipped::Unreachable),
            (r#"server_error;session_identifier="abc""#, Skipped::ServerError),
            (r#"quota_exceeded;session_identifier="a", unreachable;session_identifier="b""#, Skipped::QuotaExceeded),
            ("of_tomorrow", Skipped::Other),
            ("", Skipped::Other),
        ] {
            assert_eq!(skipped(&with(SKIPPED, value)), Some(reason), "{value}");
        }
        assert_eq!(skipped(&HeaderMap::new()), None);
        for value in ["abc", r#""abc""#, r#" "abc" "#] {
            assert_eq!(named(&with(SESSION_ID, value)), Some("abc"), "{value}");
            assert_eq!(proof(&with(RESPONSE, value)), Some("abc"), "{value}");
        }
    }
}
