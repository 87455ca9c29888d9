//! What came of an action, in one or two sentences, from the events since. It is what a screen reader hears and what a class
//! reads from the back row, so it counts requests instead of listing them.

use super::event::{Event, HeldBy, KeyRow, Lifeline, Request, Ruling, Seen, What};
use super::exchange::{Exchange, exchanges};
use super::words;
use crate::api::error::RevokeReason;

/// Requests of one kind with one end.
struct Kind {
    words: String,
    count: usize,
}

/// `since` begins with the event of the action itself, or after it. `None` where nothing came of it yet.
pub fn in_words(since: &[Event]) -> Option<String> {
    let (before, after): (Vec<_>, Vec<_>) = facts(since).into_iter().partition(|fact| fact.is_cause);
    let words = |facts: Vec<Fact>| facts.into_iter().map(|fact| fact.words);
    let sentences: Vec<_> = words(before).chain(requests(since)).chain(words(after)).collect();
    (!sentences.is_empty()).then(|| sentences.join(" "))
}

fn requests(since: &[Event]) -> Option<String> {
    let mut kinds: Vec<Kind> = Vec::new();
    let mut calls = Calls::default();
    let mut total = 0;
    for exchange in exchanges(since) {
        let request = exchange.request;
        // Loading a page is no call, but the form of somebody else's page is meant as one.
        if request.navigation && request.from != Lifeline::OtherSite {
            continue;
        }
        total += 1;
        let end = end_of(&exchange);
        let what = if calls.is_retry(request, &end) { "retry" } else { short(&request.path) };
        let words = format!("{}{what} {end}", who(request.from));
        match kinds.iter_mut().find(|kind| kind.words == words) {
            Some(kind) => kind.count += 1,
            None => kinds.push(Kind { words, count: 1 }),
        }
    }
    if total == 0 {
        return None;
    }
    let list: Vec<_> = kinds
        .into_iter()
        .map(|kind| if kind.count == 1 { kind.words } else { format!("{} ({} times)", kind.words, kind.count) })
        .collect();
    Some(format!("{}: {}.", words::counted(total, "request"), list.join(", ")))
}

/// The calls that were refused: each may come again with another token.
#[derive(Default)]
struct Calls<'a> {
    refused: Vec<&'a Request>,
}

impl<'a> Calls<'a> {
    fn is_retry(&mut self, request: &'a Request, end: &str) -> bool {
        let chip = |request: &'a Request| request.bearer.as_ref().map(|token| &token.chip);
        let earlier = self.refused.iter().position(|refused| {
            refused.from == request.from && refused.path == request.path && chip(refused) != chip(request)
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

fn who(from: Lifeline) -> &'static str {
    match from {
        Lifeline::Thief => "the thief's ",
        Lifeline::OtherSite => "the other site's ",
        Lifeline::OtherDevice => "the other device's ",
        Lifeline::Tab2 => "tab 2's ",
        _ => "",
    }
}

/// The last part of a path: `refresh`, `list`.
fn short(path: &str) -> &str {
    match path.trim_end_matches('/').rsplit('/').next() {
        Some("list") => "notes",
        Some(last) if !last.is_empty() => last,
        _ => "page",
    }
}

#[derive(PartialEq)]
struct Fact {
    words: String,
    /// What the action itself did, before any request.
    is_cause: bool,
}

fn facts(since: &[Event]) -> Vec<Fact> {
    let mut facts: Vec<Fact> = Vec::new();
    for event in since {
        let fact = cause(&event.what)
            .map(|words| Fact { words, is_cause: true })
            .or_else(|| consequence(&event.what).map(|words| Fact { words, is_cause: false }));
        if let Some(fact) = fact
            && !facts.contains(&fact)
        {
            facts.push(fact);
        }
    }
    facts
}

fn cause(what: &What) -> Option<String> {
    Some(match what {
        What::ClockJumped { seconds } => format!("The server's clock moved by {}.", span(*seconds)),
        What::Restarted => "The server's memory was dropped and read again from the database.".to_owned(),
        What::StoleRefresh { token } => {
            let number = token.generation.map(|generation| format!(" {generation}")).unwrap_or_default();
            format!("The thief has a copy of refresh token{number}, {}.", token.chip.words)
        }
        What::StoleAccess { token } => format!("The thief has a copy of the access token, {}.", token.chip.words),
        What::StoleRow { .. } => "The thief has the session's row, and no token with it.".to_owned(),
        What::Keys { keys } => signing_keys(keys),
        _ => return None,
    })
}

fn consequence(what: &What) -> Option<String> {
    Some(match what {
        What::Decided { ruling: Ruling::Replay, newest, .. } => {
            format!("A second holder within the grace was given refresh token {newest} again.")
        }
        What::Decided { ruling: Ruling::ReKey, .. } => {
            "The server took its last answer for lost, and turned the refresh token once more.".to_owned()
        }
        What::Decided { ruling: Ruling::Reuse, presented, .. } => {
            format!("Refresh token {presented} had been used before: taken for theft.")
        }
        What::SessionEnded { reason, .. } => ended(*reason).to_owned(),
        What::Held { why: HeldBy::Visitor, micros: 0 } => "A request waits for you.".to_owned(),
        What::Probed { content_policy: true, .. } => "The content policy stopped the script.".to_owned(),
        What::Probed { content_policy: false, results } => probed(results.iter().filter(|probe| probe.read).count()),
        What::Seen { seen: Seen::CouldNot { why }, .. } => why.clone(),
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

fn span(seconds: u64) -> String {
    let (count, unit) = match seconds {
        s if s >= 86_400 && s.is_multiple_of(86_400) => (s / 86_400, "day"),
        s if s >= 120 => (s / 60, "minute"),
        s => (s, "second"),
    };
    words::counted(usize::try_from(count).unwrap_or(usize::MAX), unit)
}

#[cfg(test)]
mod tests {
    use super::super::event::{AccessSeen, Chip, Response};
    use super::*;
    use crate::clock::Timestamp;
    use crate::lab::sample;

    fn access(words: &str) -> AccessSeen {
        let chip = Chip { words: words.to_owned(), hex: String::new() };
        AccessSeen { signature: chip.clone(), chip, header: Default::default(), claims: Default::default() }
    }

    /// A call that is refused has an old token.
    fn exchange(number: u64, path: &str, status: u16) -> [Event; 2] {
        let event = |what| Event { seq: number, at: Timestamp(0), elapsed: 0, exchange: Some(number), what };
        let request = Request {
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
        let response = Response {
            to: Lifeline::Tab,
            status,
            code: None,
            headers: Vec::new(),
            cookies: Vec::new(),
            access: None,
            hops: Vec::new(),
            micros: 0,
        };
        [event(What::Request(request)), event(What::Response(response))]
    }

    #[test]
    fn a_silent_refresh_is_three_requests() {
        let events: Vec<_> = [(1, "/api/notes/list", 401), (2, "/api/auth/refresh", 200), (3, "/api/notes/list", 200)]
            .into_iter()
            .flat_map(|(number, path, status)| exchange(number, path, status))
            .collect();
        assert_eq!(in_words(&events).as_deref(), Some("3 requests: notes 401, refresh 200, retry 200."));
    }

    #[test]
    fn many_of_a_kind_are_counted() {
        let calls = |numbers: std::ops::RangeInclusive<u64>, status| {
            numbers.flat_map(move |number| exchange(number, "/api/notes/list", status))
        };
        // The browser sends a few at a time, so some are refused after the refresh has begun.
        let refresh = exchange(26, "/api/auth/refresh", 200);
        let events: Vec<_> =
            calls(1..=25, 401).chain(refresh).chain(calls(27..=51, 401)).chain(calls(52..=101, 200)).collect();
        let words = "101 requests: notes 401 (50 times), refresh 200, retry 200 (50 times).";
        assert_eq!(in_words(&events).as_deref(), Some(words));
    }

    #[test]
    fn whole_stories_are_told_in_short() {
        let told = |log: &sample::Log| in_words(log.since_action()).unwrap();
        let expired = "The server's clock moved by 15 minutes. 3 requests: notes 401, refresh 200, retry 200.";
        assert_eq!(told(&sample::expired()), expired);
        let theft = "1 request: the thief's refresh 401. Refresh token 2 had been used before: taken for theft. \
                     The session was ended for safety, for whoever holds it.";
        assert_eq!(told(&sample::theft()), theft);
        assert_eq!(told(&sample::lost_answer()), "1 request: refresh (its answer was lost).");
    }

    #[test]
    fn nothing_happened_is_no_sentence() {
        assert_eq!(in_words(&[]), None);
    }

    #[test]
    fn a_span_has_one_unit() {
        for (seconds, words) in [(45, "45 seconds"), (901, "15 minutes"), (86_400, "1 day"), (8 * 86_400, "8 days")] {
            assert_eq!(span(seconds), words);
        }
    }
}
