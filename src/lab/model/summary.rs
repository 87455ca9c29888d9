//! Summarizes an action's result in one or two sentences, from the events since. The text is announced to screen readers (a live
//! region) and read from a distance, so it counts requests instead of listing them.

use super::event::{HoldReason, KeyRow, Lifeline, LogEvent, LogEventKind, RecordedRequest, Ruling, TabEvent};
use super::exchange::{Exchange, exchanges};
use super::labels;
use crate::protocol::session::RevokeReason;

/// Equal requests with equal results.
struct RequestGroup {
    words: String,
    count: usize,
}

/// `since` begins with the event of the action itself, or after it. `None` while nothing has happened.
pub fn summarize(since: &[LogEvent]) -> Option<String> {
    let (before, after): (Vec<_>, Vec<_>) = facts(since).into_iter().partition(|fact| fact.is_cause);
    let words = |facts: Vec<Sentence>| facts.into_iter().map(|fact| fact.words);
    let sentences: Vec<_> = words(before).chain(requests(since)).chain(words(after)).collect();
    (!sentences.is_empty()).then(|| sentences.join(" "))
}

fn requests(since: &[LogEvent]) -> Option<String> {
    let mut groups: Vec<RequestGroup> = Vec::new();
    let mut calls = Calls::default();
    let mut total = 0;
    for exchange in exchanges(since) {
        let request = exchange.request;
        // A page load is not a call, but a form of an attacker's page is meant as one.
        if request.navigation && request.from != Lifeline::OtherSite {
            continue;
        }
        total += 1;
        let end = end_of(&exchange);
        let what = if calls.is_retry(request, &end) { "retry" } else { endpoint_name(&request.path) };
        let words = format!("{}{what} {end}", owner_prefix(request.from));
        match groups.iter_mut().find(|group| group.words == words) {
            Some(group) => group.count += 1,
            None => groups.push(RequestGroup { words, count: 1 }),
        }
    }
    if total == 0 {
        return None;
    }
    let list: Vec<_> = groups
        .into_iter()
        .map(|group| if group.count == 1 { group.words } else { format!("{} ({} times)", group.words, group.count) })
        .collect();
    Some(format!("{}: {}.", labels::counted(total, "request"), list.join(", ")))
}

/// The refused calls: each may be retried with another token.
#[derive(Default)]
struct Calls<'a> {
    refused: Vec<&'a RecordedRequest>,
}

impl<'a> Calls<'a> {
    fn is_retry(&mut self, request: &'a RecordedRequest, end: &str) -> bool {
        let fingerprint = |request: &'a RecordedRequest| request.bearer.as_ref().map(|token| &token.fingerprint);
        let earlier = self.refused.iter().position(|refused| {
            refused.from == request.from && refused.path == request.path && fingerprint(refused) != fingerprint(request)
        });
        if let Some(at) = earlier {
            self.refused.remove(at);
        } else if end == "401" {
            self.refused.push(request);
        }
        earlier.is_some()
    }
}

fn end_of(exchange: &Exchange<'_>) -> String {
    match (exchange.lost, exchange.status()) {
        (true, _) => "(its answer was lost)".to_owned(),
        (false, Some(status)) => status.to_string(),
        (false, None) => "unanswered".to_owned(),
    }
}

fn owner_prefix(from: Lifeline) -> &'static str {
    match from {
        Lifeline::Thief => "the thief's ",
        Lifeline::OtherSite => "the other site's ",
        Lifeline::OtherDevice => "the other device's ",
        Lifeline::Tab2 => "tab 2's ",
        _ => "",
    }
}

/// The endpoint's short name: the path's last segment, or a word for it.
fn endpoint_name(path: &str) -> &str {
    match path.trim_end_matches('/').rsplit('/').next() {
        Some("list") => "notes",
        Some(last) if !last.is_empty() => last,
        _ => "page",
    }
}

#[derive(PartialEq)]
/// One sentence of the summary.
struct Sentence {
    words: String,
    /// An effect of the action itself, before any request.
    is_cause: bool,
}

fn facts(since: &[LogEvent]) -> Vec<Sentence> {
    let mut facts: Vec<Sentence> = Vec::new();
    for event in since {
        let fact = cause(&event.kind)
            .map(|words| Sentence { words, is_cause: true })
            .or_else(|| consequence(&event.kind).map(|words| Sentence { words, is_cause: false }));
        if let Some(fact) = fact
            && !facts.contains(&fact)
        {
            facts.push(fact);
        }
    }
    facts
}

fn cause(what: &LogEventKind) -> Option<String> {
    Some(match what {
        LogEventKind::ClockJumped { seconds } => format!("The server's clock moved by {}.", rounded_duration(*seconds)),
        LogEventKind::Restarted => "The server's memory was dropped and read again from the database.".to_owned(),
        LogEventKind::StoleRefresh { token } => {
            let number = token.generation.map(|generation| format!(" {generation}")).unwrap_or_default();
            format!("The thief has a copy of refresh token{number}, {}.", token.fingerprint.words)
        }
        LogEventKind::StoleAccess { token } => {
            format!("The thief has a copy of the access token, {}.", token.fingerprint.words)
        }
        LogEventKind::StoleRow { .. } => "The thief has the session's row, and no token with it.".to_owned(),
        LogEventKind::Keys { keys } => signing_keys(keys),
        _ => return None,
    })
}

fn consequence(what: &LogEventKind) -> Option<String> {
    Some(match what {
        LogEventKind::Decided { ruling: Ruling::Replay, newest, .. } => {
            format!("Refresh token {newest} was given out again, within the grace.")
        }
        LogEventKind::Decided { ruling: Ruling::ReKey, newest, .. } => {
            format!("Refresh token {newest} had never been used, so the server made {} instead.", newest + 1)
        }
        LogEventKind::Decided { ruling: Ruling::Reuse, presented, .. } => {
            format!("Refresh token {presented} had been used before: taken for theft.")
        }
        LogEventKind::SessionEnded { reason, .. } => ended(*reason).to_owned(),
        LogEventKind::Held { why: HoldReason::Visitor, micros: 0 } => "A request waits for you.".to_owned(),
        LogEventKind::Probed { content_policy: true, .. } => "The content policy stopped the script.".to_owned(),
        LogEventKind::Probed { content_policy: false, results } => {
            probed(results.iter().filter(|probe| probe.read).count())
        }
        LogEventKind::Seen { seen: TabEvent::CouldNot { why }, .. } => why.clone(),
        _ => return None,
    })
}

/// "Signing keys now: 1 active, 1 next."
fn signing_keys(keys: &[KeyRow]) -> String {
    let count = |state: &str| match keys.iter().filter(|key| key.state == state).count() {
        0 => None,
        count => Some(format!("{count} {state}")),
    };
    let counts: Vec<_> = ["active", "next", "retired"].into_iter().filter_map(count).collect();
    format!("Signing keys now: {}.", counts.join(", "))
}

fn probed(read: usize) -> String {
    format!("The script ran and could read {read} of the 4 places where a token may lie.")
}

const fn ended(reason: RevokeReason) -> &'static str {
    match reason {
        RevokeReason::Reuse => "The session was ended for safety, for whoever holds it.",
        RevokeReason::PasswordChanged => "Another session was ended because the password changed.",
        _ => "A session was ended.",
    }
}

fn rounded_duration(seconds: u64) -> String {
    let (count, unit) = match seconds {
        s if s >= 86_400 && s.is_multiple_of(86_400) => (s / 86_400, "day"),
        s if s >= 120 => (s / 60, "minute"),
        s => (s, "second"),
    };
    labels::counted(usize::try_from(count).unwrap_or(usize::MAX), unit)
}

#[cfg(test)]
mod tests {
    use super::super::event::{AccessSeen, Fingerprint, RecordedResponse};
    use super::*;
    use crate::clock::Timestamp;
    use crate::lab::model::sample;

    fn access(words: &str) -> AccessSeen {
        let fingerprint = Fingerprint { words: words.to_owned(), hex: String::new() };
        AccessSeen {
            signature: fingerprint.clone(),
            fingerprint,
            header: Default::default(),
            claims: Default::default(),
        }
    }

    /// A refused call carries an old token.
    fn exchange(number: u64, path: &str, status: u16) -> [LogEvent; 2] {
        let event = |kind| LogEvent { seq: number, at: Timestamp(0), elapsed: 0, exchange: Some(number), kind };
        let request = RecordedRequest {
            from: Lifeline::Tab,
            method: "POST".to_owned(),
            path: path.to_owned(),
            headers: Vec::new(),
            fields: Vec::new(),
            bearer: Some(access(if status == 401 { "old" } else { "new" })),
            refresh: None,
            cookies: Vec::new(),
            navigation: false,
        };
        let response = RecordedResponse {
            to: Lifeline::Tab,
            status,
            code: None,
            headers: Vec::new(),
            cookies: Vec::new(),
            access: None,
            hops: Vec::new(),
            micros: 0,
        };
        [event(LogEventKind::Request(request)), event(LogEventKind::Response(response))]
    }

    #[test]
    fn a_silent_refresh_is_three_requests() {
        let events: Vec<_> = [(1, "/api/notes/list", 401), (2, "/api/auth/refresh", 200), (3, "/api/notes/list", 200)]
            .into_iter()
            .flat_map(|(number, path, status)| exchange(number, path, status))
            .collect();
        assert_eq!(summarize(&events).as_deref(), Some("3 requests: notes 401, refresh 200, retry 200."));
    }

    #[test]
    fn equal_requests_are_counted() {
        let calls = |numbers: std::ops::RangeInclusive<u64>, status| {
            numbers.flat_map(move |number| exchange(number, "/api/notes/list", status))
        };
        // A browser limits concurrent requests, so some are refused after the refresh has begun.
        let refresh = exchange(26, "/api/auth/refresh", 200);
        let events: Vec<_> =
            calls(1..=25, 401).chain(refresh).chain(calls(27..=51, 401)).chain(calls(52..=101, 200)).collect();
        let words = "101 requests: notes 401 (50 times), refresh 200, retry 200 (50 times).";
        assert_eq!(summarize(&events).as_deref(), Some(words));
    }

    #[test]
    fn whole_scenarios_are_summarized() {
        let summary = |log: &sample::SampleLog| summarize(log.since_action()).unwrap();
        let expired = "The server's clock moved by 15 minutes. 3 requests: notes 401, refresh 200, retry 200.";
        assert_eq!(summary(&sample::expired()), expired);
        let theft = "1 request: the thief's refresh 401. Refresh token 2 had been used before: taken for theft. \
                     The session was ended for safety, for whoever holds it.";
        assert_eq!(summary(&sample::theft()), theft);
        assert_eq!(summary(&sample::lost_answer()), "1 request: refresh (its answer was lost).");
    }

    #[test]
    fn without_events_there_is_no_summary() {
        assert_eq!(summarize(&[]), None);
    }

    #[test]
    fn a_duration_has_one_unit() {
        for (seconds, words) in [(45, "45 seconds"), (901, "15 minutes"), (86_400, "1 day"), (8 * 86_400, "8 days")] {
            assert_eq!(rounded_duration(seconds), words);
        }
    }
}
