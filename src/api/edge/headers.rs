//! Security headers (OWASP Secure Headers): HSTS, Content-Security-Policy and others. The CSP allows scripts by nonce only,
//! and WebAssembly; nothing inline, nothing from other origins, and no framing (clickjacking) except by this origin when the
//! app is served below a base path.

use std::mem;

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use leptos::nonce::use_nonce;
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;

use crate::api::edge::app_state::AppState;
use crate::request_id::REQUEST_ID;

/// On every response, whatever it says itself.
static ALWAYS: [(HeaderName, HeaderValue); 4] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ),
];

const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
/// No other site may load a response, as an image or a script, unless the response says so itself.
const SAME_ORIGIN: HeaderValue = HeaderValue::from_static("same-origin");

/// Of an image (SVG) whose style is inside: it runs nothing and loads nothing.
pub const SVG: [(HeaderName, HeaderValue); 2] = [
    (header::CONTENT_TYPE, HeaderValue::from_static("image/svg+xml")),
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'")),
];

/// What lets any site show a response that holds nothing of a visitor.
pub const FOR_ANY_SITE: (HeaderName, HeaderValue) = (RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));

/// The CSP of responses that are not pages: nothing may be loaded, run or framed. A page sets its own.
const NOT_A_PAGE: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// HSTS for two years (RFC 6797), for this host alone: its subdomains may be other people's sites.
pub const HSTS: HeaderValue = HeaderValue::from_static("max-age=63072000");
/// Where an operator has asked for more.
pub const HSTS_SUBDOMAINS: HeaderValue = HeaderValue::from_static("max-age=63072000; includeSubDomains");
pub const HSTS_PRELOAD: HeaderValue = HeaderValue::from_static("max-age=63072000; includeSubDomains; preload");

pub const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// What most responses say themselves.
const USUAL: [HeaderName; 3] = [header::CONTENT_TYPE, header::CONTENT_LENGTH, header::CACHE_CONTROL];

/// The headers of a server's responses. A response starts with a copy of them, which costs a quarter less than to insert them one by
/// one. A copy has no room for more, so the names of what most responses add are there already.
pub(super) struct SecurityHeaders(HeaderMap);

impl SecurityHeaders {
    pub fn new(hsts: Option<&HeaderValue>) -> Self {
        let mut headers = HeaderMap::from_iter(ALWAYS.iter().cloned());
        headers.insert(RESOURCE_POLICY, SAME_ORIGIN);
        headers.insert(header::CONTENT_SECURITY_POLICY, NOT_A_PAGE);
        headers.extend(hsts.map(|hsts| (header::STRICT_TRANSPORT_SECURITY, hsts.clone())));
        headers.extend(USUAL.into_iter().chain([REQUEST_ID]).map(|name| (name, HeaderValue::from_static(""))));
        Self(headers)
    }

    /// Adds them to the response to the request with this id. It has a policy of its own where it has one.
    pub fn add(&self, headers: &mut HeaderMap, id: Option<HeaderValue>) {
        let of_response = mem::replace(headers, self.0.clone());
        let mut given = USUAL.map(|_| false);
        let mut name = None;
        for (next, value) in of_response {
            // A further value of a header comes without its name.
            let is_first = next.is_some();
            name = next.or(name);
            match &name {
                Some(name) if self.is_fixed(name) => {}
                Some(name) if is_first => {
                    given.iter_mut().zip(&USUAL).for_each(|(given, usual)| *given |= usual == name);
                    headers.insert(name.clone(), value);
                }
                Some(name) => drop(headers.append(name.clone(), value)),
                None => {}
            }
        }
        for (usual, given) in USUAL.iter().zip(given) {
            if !given {
                headers.remove(usual);
            }
        }
        match id {
            Some(id) => headers.insert(REQUEST_ID, id),
            None => headers.remove(REQUEST_ID),
        };
    }

    /// Whether no response can have another value.
    fn is_fixed(&self, name: &HeaderName) -> bool {
        let hsts = || *name == header::STRICT_TRANSPORT_SECURITY && self.0.contains_key(name);
        ALWAYS.iter().any(|(fixed, _)| fixed == name) || hsts()
    }
}

/// Adds `Cache-Control: no-store`, for responses with a token, a cookie or personal data (RFC 6749 section 5.1).
pub async fn no_store(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().insert(header::CACHE_CONTROL, NO_STORE);
    response
}

/// Adds a long `Cache-Control`, for files whose name contains a hash of the content (cache busting).
pub async fn immutable(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if response.status().is_success() {
        let value = HeaderValue::from_static("public, max-age=31536000, immutable");
        response.headers_mut().insert(header::CACHE_CONTROL, value);
    }
    response
}

/// Sets the CSP of the page being rendered, with the nonce of its script tags. Such a page is never stored, whatever its route
/// or status: a nonce that is used twice allows an injected script that has seen it.
pub fn content_security_policy() {
    let (Some(nonce), Some(response)) = (use_nonce(), use_context::<ResponseOptions>()) else { return };
    let reload = if std::env::var_os("LEPTOS_WATCH").is_some() { " ws:" } else { "" };
    let embedded = use_context::<AppState>().is_some_and(|state| state.embedded);
    let framed_by = if embedded { "'self'" } else { "'none'" };
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self'; connect-src 'self'{reload}; form-action 'self'; base-uri 'none'; frame-ancestors {framed_by}"
    );
    if let Ok(value) = HeaderValue::try_from(policy) {
        response.insert_header(header::CONTENT_SECURITY_POLICY, value);
    }
    response.insert_header(header::CACHE_CONTROL, NO_STORE);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_keeps_its_headers_and_its_own_policy_and_nothing_else() {
        let response = [
            (header::CONTENT_SECURITY_POLICY, "own"),
            (header::SET_COOKIE, "a=1"),
            (header::X_CONTENT_TYPE_OPTIONS, "own"),
            (header::SET_COOKIE, "b=2"),
            (header::STRICT_TRANSPORT_SECURITY, "own"),
        ];
        let with = |hsts: Option<&HeaderValue>| {
            let values = response.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value)));
            let mut headers = values.fold(HeaderMap::new(), |mut headers, (name, value)| {
                headers.append(name, value);
                headers
            });
            SecurityHeaders::new(hsts).add(&mut headers, Some(HeaderValue::from_static("7d-1")));
            headers
        };
        let headers = with(Some(&HSTS));
        let all = |name: HeaderName| headers.get_all(name).iter().cloned().collect::<Vec<_>>();
        assert_eq!(all(header::SET_COOKIE), ["a=1", "b=2"]);
        assert_eq!(all(header::CONTENT_SECURITY_POLICY), ["own"]);
        assert_eq!(all(header::X_CONTENT_TYPE_OPTIONS), ["nosniff"]);
        assert_eq!(all(header::STRICT_TRANSPORT_SECURITY), [HSTS]);
        assert_eq!(all(RESOURCE_POLICY), [SAME_ORIGIN]);
        assert_eq!(all(REQUEST_ID), ["7d-1"]);
        assert_eq!(headers.len(), ALWAYS.len() + 6);
        assert_eq!(with(None)[header::STRICT_TRANSPORT_SECURITY], "own");
    }

    #[test]
    fn what_most_responses_say_is_said_by_the_response_alone() {
        let with = |given: &[(HeaderName, &'static str)]| {
            let mut headers: HeaderMap =
                given.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect();
            SecurityHeaders::new(None).add(&mut headers, None);
            USUAL.into_iter().chain([REQUEST_ID]).map(|name| headers.get(name).cloned()).collect::<Vec<_>>()
        };
        assert_eq!(with(&[]), [None, None, None, None]);
        for (at, name) in USUAL.into_iter().enumerate() {
            let alone = with(&[(name, "own")]);
            assert!(alone.iter().enumerate().all(|(other, value)| value.is_some() == (other == at)), "{alone:?}");
        }
    }
}
