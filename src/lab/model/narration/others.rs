//! The facts of everything that is no refresh: sign-in and sign-out, calls of the API, forged tokens, other sites, injected scripts.

use super::causes::Log;
use super::fact::Fact;
use crate::lab::model::event::{
    Action, Defence, Lifeline, LogEvent, LogEventKind, RecordedRequest, TokenStorage, Verdict,
};
use crate::lab::model::exchange::Exchange;
use crate::lab::model::snapshot::REFRESH_COOKIE;
use crate::protocol::session::RevokeReason;

/// What an event tells that belongs to no request. `action` is the one of this story.
pub fn of_event(log: &Log<'_>, event: &LogEvent, action: Option<&Action>) -> Vec<Fact> {
    match &event.kind {
        LogEventKind::ClockJumped { seconds } if matches!(action, Some(Action::JumpClock { .. })) => {
            vec![Fact::ClockMoved { by: *seconds }]
        }
        LogEventKind::Restarted => {
            let empty = log.is_off(event.seq, Defence::StoredSessions);
            vec![if empty { Fact::RestartedEmpty } else { Fact::Restarted }]
        }
        LogEventKind::Keys { .. } => match action {
            Some(Action::RotateKeys) => vec![Fact::KeysRotated],
            Some(Action::RetireKeys) => vec![Fact::KeysRetired],
            _ => Vec::new(),
        },
        LogEventKind::StoleRefresh { token } => {
            token.generation.map(|number| Fact::StoleRefresh { number }).into_iter().collect()
        }
        LogEventKind::StoleAccess { token } => {
            let ends = token.claims.get("exp").and_then(serde_json::Value::as_i64).unwrap_or_default();
            let lives = u64::try_from(ends - event.at.secs()).unwrap_or(0);
            let whole = log.settings(event.seq).map_or(lives, |settings| settings.access_ttl);
            // What passed since the sign-in is chance: a story names the lifetime, unless the clock was moved.
            vec![Fact::StoleAccess { lives: if lives + 60 > whole { whole } else { lives } }]
        }
        LogEventKind::StoleRow { .. } => vec![Fact::StoleRow],
        LogEventKind::Probed { content_policy: true, .. } => vec![Fact::ScriptStopped],
        LogEventKind::Probed { content_policy: false, results } => {
            let read = results.iter().filter(|probe| probe.read).count();
            let cookie = results.iter().find(|probe| probe.storage == TokenStorage::HttpOnlyCookie);
            let cookie = cookie.map(|probe| if probe.read { Fact::CookieRead } else { Fact::CookieUnreadable });
            [Fact::ScriptRan { read, places: results.len() }].into_iter().chain(cookie).collect()
        }
        _ => Vec::new(),
    }
}

/// The facts of a request that is no refresh, each with the `seq` of its event. None for a call without a story of its own.
pub fn of_exchange(log: &Log<'_>, call: &Exchange<'_>, action: Option<&Action>) -> Vec<(u64, Fact)> {
    let end = call.last_seq;
    match (call.request.from, call.request.path.as_str()) {
        (_, _) if call.response.is_none() && call.lost => vec![(end, Fact::NotReached { who: call.request.from })],
        (_, _) if call.response.is_none() => Vec::new(),
        (Lifeline::Thief, _) => thief(log, call, action).map(|fact| (end, fact)).into_iter().collect(),
        (Lifeline::OtherDevice, "/api/auth/login") if call.password == Some(true) => {
            vec![(end, Fact::OtherDeviceSignedIn)]
        }
        (Lifeline::OtherSite, _) => Vec::new(),
        (_, "/api/auth/login" | "/api/auth/register" | "/sign-in" | "/register") => signed_in(log, call),
        (_, "/api/auth/logout") => {
            let ended = call.ended.is_some();
            ended.then_some((end, Fact::SignedOut)).into_iter().collect()
        }
        _ => own(log, call, action).into_iter().collect(),
    }
}

fn thief(log: &Log<'_>, call: &Exchange<'_>, action: Option<&Action>) -> Option<Fact> {
    let how = match action {
        Some(Action::Tamper { how }) => Some(*how),
        _ => None,
    };
    let status = call.status()?;
    Some(match (call.verdict?, how) {
        // The token was let through, and opened nothing: the server was busy, or failed.
        (Verdict::Valid, _) if status >= 300 => Fact::Answered { status },
        (Verdict::Valid, Some(how)) => Fact::ForgedAccepted { how },
        (Verdict::Invalid, Some(how)) => Fact::Forged { how },
        (Verdict::Valid, None) if has_ended(log, call) => Fact::ThiefReadAfterEnd,
        (Verdict::Valid, None) => Fact::ThiefRead,
        (Verdict::Revoked, _) => Fact::ThiefReadNothing,
        (Verdict::Expired, None) => Fact::ThiefTooLate,
        (Verdict::Invalid, None) | (Verdict::Expired, Some(_)) => Fact::Answered { status },
    })
}

/// Whether the session of the access token had ended before the call.
fn has_ended(log: &Log<'_>, call: &Exchange<'_>) -> bool {
    let of = call.request.bearer.as_ref().and_then(|token| token.claims.get("sid")?.as_str());
    log.before(call.seq).any(|event| match &event.kind {
        LogEventKind::SessionEnded { session, .. } => Some(session.as_str()) == of,
        _ => false,
    })
}

fn signed_in(log: &Log<'_>, login: &Exchange<'_>) -> Vec<(u64, Fact)> {
    let end = login.last_seq;
    let Some(answer) = login.response else { return Vec::new() };
    if login.password == Some(false) {
        return vec![(end, Fact::PasswordWrong)];
    }
    let mut facts = Vec::new();
    if let Some(reason) = login.ended {
        facts.push((end, Fact::SessionEnded { reason }));
    }
    let cookie = answer.cookies.iter().find(|cookie| cookie.name == REFRESH_COOKIE);
    let cookie = cookie.and_then(|cookie| Some((cookie, cookie.refresh.as_ref()?.generation?)));
    let lives = log.settings(login.seq).map_or(0, |settings| settings.access_ttl);
    if cookie.is_some() || answer.access.is_some() {
        facts.push((end, Fact::SignedIn));
    }
    if answer.access.is_some() {
        facts.push((end, Fact::AccessInBody { lives }));
    }
    if let Some((cookie, number)) = cookie {
        let http_only = cookie.attributes.iter().any(|attribute| attribute.eq_ignore_ascii_case("HttpOnly"));
        facts.push((end, Fact::RefreshInCookie { number, http_only }));
    }
    facts
}

/// A call of the owner's own tab.
fn own(log: &Log<'_>, call: &Exchange<'_>, action: Option<&Action>) -> Option<(u64, Fact)> {
    let status = call.status()?;
    let fact = match (call.verdict, call.ended) {
        (_, Some(reason)) => Fact::SessionEnded { reason },
        (Some(Verdict::Revoked), _) => Fact::CallOfEndedSession,
        (Some(Verdict::Valid), _)
            if status < 300 && matches!(action, Some(Action::Call)) && !log.is_sent_again(call) =>
        {
            Fact::Called
        }
        (None, _) if status == 503 || status == 429 => Fact::Busy { status },
        _ => return None,
    };
    Some((call.last_seq, fact))
}

/// What another site's page made the browser send, told as one.
pub fn of_other_site(log: &Log<'_>, since: u64) -> Vec<(u64, Fact)> {
    let from_there = |call: &&Exchange<'_>| call.request.from == Lifeline::OtherSite && call.seq >= since;
    let all: Vec<_> = log.all.iter().filter(from_there).collect();
    let calls: Vec<_> = all.iter().filter(|call| call.request.path.starts_with("/api/auth/")).collect();
    let mut facts = Vec::new();
    if let Some(call) = calls.first() {
        facts.extend(cookie_of(call.request).map(|fact| (call.seq, fact)));
    }
    let refused: Vec<_> = calls.iter().filter(|call| call.status() == Some(403)).collect();
    if let Some(last) = refused.last() {
        facts.push((last.last_seq, Fact::OriginRefused { calls: refused.len() }));
    }
    let done = calls.iter().find(|call| call.ended == Some(RevokeReason::Logout) || call.issued().is_some());
    if let Some(done) = done {
        facts.push((done.last_seq, Fact::OriginNotChecked));
    }
    if let Some(link) = all.iter().find(|call| call.request.navigation && !call.request.path.starts_with("/api/")) {
        facts.push((link.seq, Fact::FollowedLink));
    }
    facts
}

/// What became of the refresh cookie, which is in the cookie jar, when another site's page made the browser ask.
fn cookie_of(request: &RecordedRequest) -> Option<Fact> {
    use crate::lab::model::event::CookieReason::{Fits, OtherSite};
    let cookie = request.cookies.iter().find(|cookie| cookie.name == REFRESH_COOKIE)?;
    let same_site = request.headers.iter().any(|line| line.name == "sec-fetch-site" && line.value == "same-site");
    match (cookie.sent, cookie.why) {
        (true, Fits) if same_site => Some(Fact::CookieSentAlong),
        (true, _) => Some(Fact::CookieSentFromOtherSite),
        (false, OtherSite) => Some(Fact::CookieKeptBack),
        _ => None,
    }
}

/// The fact of a call that was answered while nothing else happened.
pub fn routine(log: &Log<'_>, since: u64) -> Option<(u64, Fact)> {
    let routine = |call: &&Exchange<'_>| {
        call.seq >= since
            && [Lifeline::Tab, Lifeline::Tab2].contains(&call.request.from)
            && call.verdict == Some(Verdict::Valid)
            && call.status().is_some_and(|status| status < 300)
    };
    log.all.iter().rev().find(routine).map(|call| (call.last_seq, Fact::Called))
}
