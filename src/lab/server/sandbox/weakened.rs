//! Weakened defences (ablation): leaving a defence out, in one sandbox only, shows what it protects against. Each is a small change
//! around the real code (another rule, another number, a removed header), never a copy of it.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use super::super::event_log::redaction;
use crate::api::edge::cookies::refresh;
use crate::api::edge::secure_session;
use crate::auth::service::AuthService;
use crate::auth::token::policy::RotationPolicy;
use crate::auth::token::rotation::{self, Decision, RotationState, Standing};
use crate::clock::Timestamp;
use crate::lab::model::event::Defence;
use crate::lab::model::exchange::is_refresh_path;

/// The rotation rule without replay detection: a token that was superseded long ago still rotates.
pub fn without_reuse_detection(
    state: &RotationState,
    standing: &Standing,
    presented: u32,
    now: Timestamp,
    grace: Duration,
) -> Decision {
    match rotation::decide(state, standing, presented, now, grace) {
        Decision::Reuse => rotation::decide(state, standing, state.generation, now, grace),
        decision => decision,
    }
}

pub fn policy_of(weak: &[Defence]) -> RotationPolicy {
    if weak.contains(&Defence::ReuseDetection) {
        RotationPolicy::new(without_reuse_detection)
    } else {
        RotationPolicy::default()
    }
}

/// Disables the origin check (CSRF defence) by hiding the request's origin from the app.
pub fn hide_origin(weak: &[Defence], headers: &mut HeaderMap) {
    if weak.contains(&Defence::OriginCheck) {
        headers.remove(header::ORIGIN);
        for name in ["sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest", "sec-fetch-user"] {
            headers.remove(HeaderName::from_static(name));
        }
    }
}

/// Keeps the visitor's own browser from binding its session, which some do by themselves: then the lessons about copied tokens would
/// show something else in it.
pub fn hide_offer(headers: &mut HeaderMap) {
    headers.remove(secure_session::REGISTRATION);
}

/// Replaces the signature of an access token by the server's own, whoever made the token: the app behind believes its claims.
pub fn believe_claims(weak: &[Defence], auth: &AuthService, headers: &mut HeaderMap) {
    let token = redaction::bearer(headers).filter(|_| weak.contains(&Defence::SignatureCheck));
    let signed = token.and_then(|token| auth.sign_again(token));
    let value = signed.and_then(|token| HeaderValue::try_from(["Bearer ", token.reveal()].concat()).ok());
    if let Some(mut value) = value {
        value.set_sensitive(true);
        headers.insert(header::AUTHORIZATION, value);
    }
}

/// Removes the weakened attributes from the refresh cookie, or the cookie of a session that begins. One that was there before goes
/// on with its own.
pub fn weaken_cookies(weak: &[Defence], path: &str, headers: &mut HeaderMap) {
    let changes = [Defence::SameSite, Defence::HttpOnly, Defence::RefreshToken].map(|defence| weak.contains(&defence));
    if !changes.contains(&true) || !headers.contains_key(header::SET_COOKIE) {
        return;
    }
    let lines: Vec<_> = headers.get_all(header::SET_COOKIE).iter().cloned().collect();
    headers.remove(header::SET_COOKIE);
    for line in lines {
        let token = line.to_str().ok().filter(|text| text.starts_with(refresh::NAME));
        let begins = token.is_some_and(|text| !text.contains("Max-Age=0")) && !is_refresh_path(path);
        if begins && weak.contains(&Defence::RefreshToken) {
            continue;
        }
        let weaker = token.and_then(|text| HeaderValue::try_from(weakened(weak, text)).ok());
        headers.append(header::SET_COOKIE, weaker.unwrap_or(line));
    }
}

fn weakened(weak: &[Defence], line: &str) -> String {
    let attributes = line.split("; ").filter_map(|attribute| match attribute {
        "HttpOnly" if weak.contains(&Defence::HttpOnly) => None,
        "SameSite=Strict" if weak.contains(&Defence::SameSite) => Some("SameSite=None"),
        attribute => Some(attribute),
    });
    attributes.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weakened_cookie_lacks_only_the_weakened_attributes() {
        let line = "__Secure-refresh=x; HttpOnly; Secure; SameSite=Strict; Path=/lab/a/api/auth; Max-Age=9";
        let cleared = "__Secure-refresh=; HttpOnly; Secure; SameSite=Strict; Path=/lab/a/api/auth; Max-Age=0";
        let (login, rotates, logout) = ("/api/auth/login", "/api/auth/refresh", "/api/auth/logout");
        for (weak, path, line, expected) in [
            (vec![], login, line, line.to_owned()),
            (vec![Defence::HttpOnly], login, line, line.replace(" HttpOnly;", "")),
            (vec![Defence::SameSite], login, line, line.replace("Strict", "None")),
            (vec![Defence::SameSite, Defence::RefreshToken], login, line, String::new()),
            (vec![Defence::RefreshToken], rotates, line, line.to_owned()),
            (vec![Defence::RefreshToken], logout, cleared, cleared.to_owned()),
        ] {
            let hint = HeaderValue::from_static("lab_signed_in=1; Secure; SameSite=Lax; Path=/lab/a/; Max-Age=9");
            let mut headers = HeaderMap::new();
            headers.append(header::SET_COOKIE, HeaderValue::from_static(line));
            headers.append(header::SET_COOKIE, hint.clone());
            weaken_cookies(&weak, path, &mut headers);
            let lines: Vec<_> = headers.get_all(header::SET_COOKIE).iter().collect();
            let expected = (!expected.is_empty()).then(|| HeaderValue::try_from(expected).unwrap());
            assert_eq!(lines, expected.iter().chain([&hint]).collect::<Vec<_>>(), "{weak:?}");
        }
    }
}
