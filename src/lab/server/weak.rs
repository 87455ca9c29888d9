//! The weak forms: what each defence is worth is seen by leaving it out, in one sandbox and nowhere else. A weak form is always
//! a smaller version of the real code around it (another rule, another number, a header that is taken away), never a copy.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::auth::rotation::{self, Decision, Ratchet, Rule, Standing};
use crate::clock::Timestamp;
use crate::lab::event::Defence;
use crate::server::refresh_cookie;

/// As if refresh tokens were not turned at all: one that was superseded for good still gets the next.
pub fn rule(ratchet: &Ratchet, standing: &Standing, presented: u32, now: Timestamp, grace: Duration) -> Decision {
    match rotation::decide(ratchet, standing, presented, now, grace) {
        Decision::Reuse => rotation::decide(ratchet, standing, ratchet.generation, now, grace),
        decision => decision,
    }
}

pub fn rule_of(weak: &[Defence]) -> Rule {
    if weak.contains(&Defence::ReuseDetection) { rule } else { rotation::decide }
}

/// Without the origin check the app does not see where a request comes from.
pub fn blindfold(weak: &[Defence], headers: &mut HeaderMap) {
    if weak.contains(&Defence::OriginCheck) {
        headers.remove(header::ORIGIN);
        for name in ["sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest", "sec-fetch-user"] {
            headers.remove(HeaderName::from_static(name));
        }
    }
}

/// The refresh cookie with the attributes that are left.
pub fn cookies(weak: &[Defence], headers: &mut HeaderMap) {
    let changes = [Defence::SameSite, Defence::HttpOnly].iter().any(|defence| weak.contains(defence));
    if !changes || !headers.contains_key(header::SET_COOKIE) {
        return;
    }
    let lines: Vec<_> = headers.get_all(header::SET_COOKIE).iter().cloned().collect();
    headers.remove(header::SET_COOKIE);
    for line in lines {
        let weaker = line.to_str().ok().filter(|text| text.starts_with(refresh_cookie::NAME));
        let weaker = weaker.and_then(|text| HeaderValue::try_from(weaken(weak, text)).ok());
        headers.append(header::SET_COOKIE, weaker.unwrap_or(line));
    }
}

fn weaken(weak: &[Defence], line: &str) -> String {
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
    fn a_weak_cookie_lacks_what_was_taken_and_nothing_else() {
        let line = "__Secure-refresh=x; HttpOnly; Secure; SameSite=Strict; Path=/lab/a/api/auth; Max-Age=9";
        for (weak, expected) in [
            (vec![], line.to_owned()),
            (vec![Defence::HttpOnly], line.replace(" HttpOnly;", "")),
            (vec![Defence::SameSite], line.replace("Strict", "None")),
        ] {
            let hint = HeaderValue::from_static("lab_signed_in=1; Secure; SameSite=Lax; Path=/lab/a/; Max-Age=9");
            let mut headers = HeaderMap::new();
            headers.append(header::SET_COOKIE, HeaderValue::from_static(line));
            headers.append(header::SET_COOKIE, hint.clone());
            cookies(&weak, &mut headers);
            let lines: Vec<_> = headers.get_all(header::SET_COOKIE).iter().collect();
            assert_eq!(lines, [&HeaderValue::try_from(expected).unwrap(), &hint], "{weak:?}");
        }
    }
}
