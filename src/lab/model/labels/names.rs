//! The names of participants, rulings, states and tokens. One name each, so that every view says the same.

use super::super::event::{Fingerprint, HoldReason, Lifeline, RefreshSeen, Ruling, TokenStorage, Verdict};
use super::super::snapshot::GenerationState;

pub const fn lifeline(lifeline: Lifeline) -> &'static str {
    match lifeline {
        Lifeline::You => "You",
        Lifeline::Tab => "Tab",
        Lifeline::Tab2 => "Tab 2",
        Lifeline::CookieJar => "Cookie jar",
        Lifeline::Server => "Server",
        Lifeline::Database => "Database",
        Lifeline::Thief => "Thief",
        Lifeline::OtherDevice => "Other device",
        Lifeline::OtherSite => "Other site",
    }
}

/// The participant's name within a sentence.
pub const fn the(lifeline: Lifeline) -> &'static str {
    match lifeline {
        Lifeline::You => "you",
        Lifeline::Tab => "the tab",
        Lifeline::Tab2 => "tab 2",
        Lifeline::CookieJar => "the cookie jar",
        Lifeline::Server => "the server",
        Lifeline::Database => "the database",
        Lifeline::Thief => "the thief",
        Lifeline::OtherDevice => "the other device",
        Lifeline::OtherSite => "the other site",
    }
}

/// Capitalizes the first letter.
pub fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The ruling's name, as in `docs/flow.md`.
pub const fn ruling_name(ruling: Ruling) -> &'static str {
    match ruling {
        Ruling::Rotate => "rotate",
        Ruling::Replay => "replay",
        Ruling::ReKey => "re-key",
        Ruling::Reuse => "reuse",
        Ruling::Unbound => "not the device",
        Ruling::Ahead => "ahead",
        Ruling::Ended => "ended",
    }
}

/// The rule's observation and its consequence.
pub const fn ruling(ruling: Ruling) -> &'static str {
    match ruling {
        Ruling::Rotate => "It is the newest: it turns, and the next one is made.",
        Ruling::Replay => "It was used a moment ago: within the grace the newest is handed out again.",
        Ruling::ReKey => {
            "The newest was never used, as if its answer had been lost: another one is made, and it is a tripwire now."
        }
        Ruling::Reuse => "It was used up before: two hold copies, so the session ends.",
        Ruling::Unbound => {
            "Its session is bound to a device, and the caller is not there: refused, and nothing changes."
        }
        Ruling::Ahead => "It is newer than anything this server remembers: refused.",
        Ruling::Ended => "Its session is over: refused.",
    }
}

pub const fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Valid => "valid",
        Verdict::Expired => "expired",
        Verdict::Invalid => "not genuine",
        Verdict::Revoked => "genuine, but its session is over",
    }
}

pub const fn state(state: GenerationState) -> &'static str {
    match state {
        GenerationState::Newest => "newest",
        GenerationState::InGrace => "used a moment ago, still in grace",
        GenerationState::Superseded => "used up",
        GenerationState::Tripwire => "taken for lost: a tripwire",
        GenerationState::Reused => "came back: alarm",
        GenerationState::Dead => "dead with its session",
    }
}

pub const fn held_by(why: HoldReason) -> &'static str {
    match why {
        HoldReason::Barrier => "waits for the other request, so that both go at once",
        HoldReason::Visitor => "waits for you to press Step",
        HoldReason::SlowMotion => "waits, in slow motion",
        HoldReason::SlowNetwork => "waits on the slow network",
    }
}

pub const fn storage(storage: TokenStorage) -> &'static str {
    match storage {
        TokenStorage::LocalStorage => "localStorage",
        TokenStorage::ReadableCookie => "a cookie that scripts can read",
        TokenStorage::Memory => "the page's memory",
        TokenStorage::HttpOnlyCookie => "an HttpOnly cookie",
    }
}

/// A tab's auth state in words.
pub fn auth_state(state: &str) -> &'static str {
    match state {
        "anonymous" => "signed out",
        "signed-in" => "signed in",
        "offline" => "signed in, but the server cannot be reached",
        _ => "not known yet",
    }
}

pub fn fingerprint(fingerprint: &Fingerprint) -> String {
    [&fingerprint.words, " ", &fingerprint.hex].concat()
}

/// `refresh token 4`, or without a number if its tag is forged.
pub fn refresh(seen: &RefreshSeen) -> String {
    match seen.generation {
        Some(number) => ["refresh token ", &number.to_string()].concat(),
        None => "a forged refresh token".to_owned(),
    }
}
