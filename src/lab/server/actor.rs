//! Identifies the participant that sent a request. A tab of the lab names itself in a header, the lab's own actors prove their
//! name with the sandbox's key, and for everything else Fetch Metadata tells whether the requesting page is same-origin.

use aws_lc_rs::constant_time;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri, request::Parts};

use super::sandbox::Sandbox;
use crate::lab::model::event::Lifeline;

/// Set by the app's client in a tab of the lab.
pub const TAB: HeaderName = HeaderName::from_static("lab-tab");
/// Set by the thief and the other device: the key, a dot and the actor's name.
pub const ACTOR: HeaderName = HeaderName::from_static("lab-actor");

/// Identifies the sender and removes the headers that name it: the app must not see them.
pub fn identify(sandbox: &Sandbox, parts: &mut Parts) -> Lifeline {
    let (actor, tab) = (parts.headers.remove(ACTOR), parts.headers.remove(TAB));
    let actor = actor.as_ref().and_then(|value| actor_of(sandbox, value));
    let foreign =
        ["cross-site", "same-site"].iter().any(|site| header_contains(&parts.headers, "sec-fetch-site", site));
    match (actor, tab.as_ref().map(HeaderValue::as_bytes)) {
        (Some(actor), _) => actor,
        _ if foreign => Lifeline::OtherSite,
        (None, Some(b"tab2")) => Lifeline::Tab2,
        (None, Some(_)) => Lifeline::Tab,
        (None, None) if is_second_frame(&parts.uri) => Lifeline::Tab2,
        (None, None) => Lifeline::Tab,
    }
}

fn actor_of(sandbox: &Sandbox, value: &HeaderValue) -> Option<Lifeline> {
    let (key, name) = value.to_str().ok()?.split_once('.')?;
    constant_time::verify_slices_are_equal(key.as_bytes(), sandbox.actor_key.as_bytes()).ok()?;
    [Lifeline::Thief, Lifeline::OtherDevice].into_iter().find(|actor| name_of(*actor) == name)
}

/// The value of [`ACTOR`] that proves an actor's name.
pub fn credential(sandbox: &Sandbox, actor: Lifeline) -> String {
    format!("{}.{}", sandbox.actor_key, name_of(actor))
}

fn name_of(actor: Lifeline) -> &'static str {
    if actor == Lifeline::Thief { "thief" } else { "other_device" }
}

/// The second tab's page is loaded with a query that names it: the request of a frame cannot carry a custom header.
fn is_second_frame(uri: &Uri) -> bool {
    uri.query().is_some_and(|query| query.split('&').any(|pair| pair == "tab=2"))
}

pub fn is_navigation(headers: &HeaderMap) -> bool {
    header_contains(headers, "sec-fetch-mode", "navigate")
}

/// Whether a header's value contains `word`.
pub fn header_contains(headers: &HeaderMap, name: &str, word: &str) -> bool {
    headers.get(name).and_then(|value| value.to_str().ok()).is_some_and(|value| value.contains(word))
}
