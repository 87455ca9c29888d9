//! Who sends a request. A tab of the lab says so in a header; an actor of ours proves it with the sandbox's key; for all
//! others the browser tells whether the page that asks is this site's own.

use aws_lc_rs::constant_time;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri, request::Parts};

use super::sandbox::Sandbox;
use crate::lab::event::Lifeline;

/// Set by the client of a tab in the lab.
pub const TAB: HeaderName = HeaderName::from_static("lab-tab");
/// Set by the thief and the other device: the key, a dot and who it is.
pub const ACTOR: HeaderName = HeaderName::from_static("lab-actor");

/// Finds out, and takes away what says so: the app must not see it.
pub fn is_asking(sandbox: &Sandbox, parts: &mut Parts) -> Lifeline {
    let (actor, tab) = (parts.headers.remove(ACTOR), parts.headers.remove(TAB));
    let actor = actor.as_ref().and_then(|value| actor_of(sandbox, value));
    let elsewhere = ["cross-site", "same-site"].iter().any(|site| says(&parts.headers, "sec-fetch-site", site));
    match (actor, tab.as_ref().map(HeaderValue::as_bytes)) {
        (Some(actor), _) => actor,
        _ if elsewhere => Lifeline::OtherSite,
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

/// The value by which an actor shows who it is.
pub fn badge(sandbox: &Sandbox, actor: Lifeline) -> String {
    format!("{}.{}", sandbox.actor_key, name_of(actor))
}

fn name_of(actor: Lifeline) -> &'static str {
    if actor == Lifeline::Thief { "thief" } else { "other_device" }
}

/// The page of the second tab is loaded with a query that says so: a frame's own request can carry no header.
fn is_second_frame(uri: &Uri) -> bool {
    uri.query().is_some_and(|query| query.split('&').any(|pair| pair == "tab=2"))
}

pub fn is_navigation(headers: &HeaderMap) -> bool {
    says(headers, "sec-fetch-mode", "navigate")
}

/// Whether a header's value holds a word.
pub fn says(headers: &HeaderMap, name: &str, word: &str) -> bool {
    headers.get(name).and_then(|value| value.to_str().ok()).is_some_and(|value| value.contains(word))
}
