//! Everything in the log, in plain words: one place, so that the diagram, its list, the panels and the exports never call one
//! thing by two names. Written for somebody who hears of tokens for the first time; the exact code stands beside the words
//! wherever there is one.

mod actions;
mod http;

pub use actions::{ask_of, settings, weak_form};
pub use http::{attribute, claim, claim_value, code, cookie_why, header, hop, reason, status};

use super::event::{Chip, Event, HeldBy, Lifeline, Probe, RefreshSeen, Request, Ruling, Seen, Storage, Verdict, What};
use super::story::State;
use crate::clock::Timestamp;
use crate::ui::live;

pub const fn lifeline(who: Lifeline) -> &'static str {
    match who {
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

/// Within a sentence.
pub const fn the(who: Lifeline) -> &'static str {
    match who {
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

/// The first letter of a sentence.
pub fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The ruling's name, as `docs/flow.md` has it.
pub const fn ruling_name(ruling: Ruling) -> &'static str {
    match ruling {
        Ruling::Rotate => "rotate",
        Ruling::Replay => "replay",
        Ruling::ReKey => "re-key",
        Ruling::Reuse => "reuse",
        Ruling::Ahead => "ahead",
        Ruling::Ended => "ended",
    }
}

/// What the rule saw, and so what it does.
pub const fn ruling(ruling: Ruling) -> &'static str {
    match ruling {
        Ruling::Rotate => "It is the newest: it turns, and the next one is made.",
        Ruling::Replay => "It was turned a moment ago: two asked at once, so the newest is handed out again.",
        Ruling::ReKey => {
            "The newest was never used, so its answer was lost: another one is made, and the lost one is a tripwire now."
        }
        Ruling::Reuse => "It was turned before: somebody has a copy, so the session ends.",
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

pub const fn state(state: State) -> &'static str {
    match state {
        State::Newest => "newest",
        State::InGrace => "used a moment ago, still in grace",
        State::Superseded => "used up",
        State::Tripwire => "taken for lost: a tripwire",
        State::Reused => "came back: alarm",
        State::Dead => "dead with its session",
    }
}

pub const fn held_by(why: HeldBy) -> &'static str {
    match why {
        HeldBy::Barrier => "waits for the other request, so that both go at once",
        HeldBy::Visitor => "waits for you to press Step",
        HeldBy::SlowMotion => "waits, in slow motion",
        HeldBy::SlowNetwork => "waits on the slow network",
    }
}

pub const fn storage(storage: Storage) -> &'static str {
    match storage {
        Storage::LocalStorage => "localStorage",
        Storage::ReadableCookie => "a cookie that scripts can read",
        Storage::Memory => "the page's memory",
        Storage::HttpOnlyCookie => "an HttpOnly cookie",
    }
}

/// Where a tab stands, for a person.
pub fn auth_state(state: &str) -> &'static str {
    match state {
        "anonymous" => "signed out",
        "signed-in" => "signed in",
        "offline" => "signed in, but the server cannot be reached",
        _ => "not known yet",
    }
}

pub fn chip(chip: &Chip) -> String {
    [&chip.words, " ", &chip.hex].concat()
}

/// `refresh token 4`, or without its number where its tag is forged.
pub fn refresh(seen: &RefreshSeen) -> String {
    match seen.generation {
        Some(number) => ["refresh token ", &number.to_string()].concat(),
        None => "a forged refresh token".to_owned(),
    }
}

/// A span of time in the largest two units that matter.
pub fn span(seconds: u64) -> String {
    match (seconds / 86_400, seconds / 3600 % 24) {
        (0, _) => live::span(seconds),
        (days, 0) => format!("{days} d"),
        (days, hours) => format!("{days} d {hours} h"),
    }
}

/// `in 14 min 20 s` or `3 s ago`.
pub fn relative(at: Timestamp, now: Timestamp) -> String {
    let millis = at.since(now);
    let seconds = millis.unsigned_abs() / 1000;
    match millis {
        _ if seconds == 0 => "now".to_owned(),
        1.. => "in ".to_owned() + &span(seconds),
        _ => span(seconds) + " ago",
    }
}

/// The time of day in UTC, `14:03:25`.
pub fn clock(at: Timestamp) -> String {
    let seconds = at.secs().rem_euclid(86_400);
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// Microseconds, for people.
pub fn micros(micros: u64) -> String {
    match micros {
        0..1_000 => format!("{micros} µs"),
        1_000..10_000 => format!("{}.{} ms", micros / 1000, micros % 1000 / 100),
        10_000..1_000_000 => format!("{} ms", micros / 1000),
        _ => format!("{}.{} s", micros / 1_000_000, micros % 1_000_000 / 100_000),
    }
}

/// Since the sandbox was opened, by the clock that nobody moves: `+1:04.2`.
pub fn elapsed(micros: u64) -> String {
    let tenths = micros / 100_000;
    format!("+{}:{:02}.{}", tenths / 600, tenths / 10 % 60, tenths % 10)
}

/// Who an event happens at, for the list.
pub const fn whose(what: &What) -> Lifeline {
    match what {
        What::Acted { .. } | What::ClockJumped { .. } | What::Settings { .. } => Lifeline::You,
        What::Request(request) => request.from,
        What::Seen { tab, .. } => *tab,
        What::Lost { to } => *to,
        What::Row { .. } | What::RowGone { .. } => Lifeline::Database,
        What::StoleRefresh { .. } | What::StoleAccess { .. } | What::StoleRow { .. } => Lifeline::Thief,
        What::Probed { .. } => Lifeline::Tab,
        What::Opened { .. }
        | What::Response(_)
        | What::Held { .. }
        | What::PasswordChecked { .. }
        | What::AccessChecked { .. }
        | What::Decided { .. }
        | What::Swapped { .. }
        | What::SessionEnded { .. }
        | What::Keys { .. }
        | What::Restarted => Lifeline::Server,
    }
}

/// One sentence for an event.
pub fn event(event: &Event) -> String {
    match &event.what {
        What::Opened { email, .. } => format!("The sandbox opened, with an account of its own: {email}."),
        What::Acted { action } => actions::action(action),
        What::Request(request) => asked(request),
        What::Response(response) => {
            let code = response.code.map_or_else(String::new, |code| format!(" ({code})"));
            format!("The server answers {}{code} to {}.", response.status, the(response.to))
        }
        What::Lost { to } => format!("The answer never reached {}.", the(*to)),
        What::Held { why, micros: 0 } => format!("The request {}.", held_by(*why)),
        What::Held { why, micros: time } => format!("The request {}, for {}.", held_by(*why), micros(*time)),
        What::PasswordChecked { right: true } => "The password is right.".to_owned(),
        What::PasswordChecked { right: false } => "The password is wrong.".to_owned(),
        What::AccessChecked { verdict: said } => {
            format!("The server checks the access token, without the database: {}.", verdict(*said))
        }
        What::Decided { ruling: said, presented, newest, .. } => {
            format!("Refresh token {presented} came; the newest is {newest}: {}. {}", ruling_name(*said), ruling(*said))
        }
        What::Swapped { won: true } => "The turn is written: nobody was faster.".to_owned(),
        What::Swapped { won: false } => {
            "Another request was faster: the server reads the row again and decides again.".to_owned()
        }
        What::SessionEnded { reason: why, .. } => format!("The session is over: {}.", reason(*why)),
        What::Row { row, changed } => row_changed(row.generation, changed),
        What::RowGone { .. } => "A session's row is deleted.".to_owned(),
        What::Keys { keys } => format!("Signing keys: {}.", counted(keys.len(), "key")),
        What::ClockJumped { seconds } => format!("The sandbox's clock jumps by {}.", span(*seconds)),
        What::Settings { settings: now } => actions::settings(now),
        What::Restarted => "The server starts again: its memory is empty, the database is not.".to_owned(),
        What::StoleRefresh { token } => format!("The thief copies {} out of the cookie jar.", refresh(token)),
        What::StoleAccess { .. } => "The thief copies the access token out of the tab's memory.".to_owned(),
        What::StoleRow { .. } => "The thief copies the session's row out of the database.".to_owned(),
        What::Seen { tab, seen: what } => seen(*tab, what),
        What::Probed { content_policy, results } => probed(*content_policy, results),
    }
}

fn asked(request: &Request) -> String {
    let with = match (&request.bearer, &request.refresh) {
        (_, Some(seen)) => format!(" with {}", refresh(seen)),
        (Some(_), None) => " with an access token".to_owned(),
        (None, None) => String::new(),
    };
    format!("{} sends {} {}{with}.", sentence(the(request.from)), request.method, request.path)
}

fn row_changed(generation: u32, changed: &[String]) -> String {
    if changed.iter().any(|column| column == "id") {
        return "A row for the new session.".to_owned();
    }
    let turned = if changed.iter().any(|column| column == "generation") {
        format!(" The newest refresh token is {generation} now.")
    } else {
        String::new()
    };
    format!("The session's row changes: {}.{turned}", changed.join(", "))
}

pub fn seen(tab: Lifeline, seen: &Seen) -> String {
    let who = sentence(the(tab));
    match seen {
        Seen::AuthState { state } => format!("{who} is {}.", auth_state(state)),
        Seen::TokenHeld { expires_in, .. } => {
            format!("{who} keeps an access token in memory, good for {}.", span(*expires_in))
        }
        Seen::TokenForgotten => format!("{who} forgets its access token."),
        Seen::Refused { code: why } => format!("{who} was refused ({why}), so it asks for a new access token."),
        Seen::JoinsRefresh => format!("{who} waits for the refresh that is already under way."),
        Seen::RefreshBegins => format!("{who} begins a refresh."),
        Seen::Retries { path } => format!("{who} sends {path} again, with the new access token."),
        Seen::Draft { characters } => {
            format!("{who} holds {} nobody has saved yet.", counted(*characters as usize, "typed character"))
        }
        Seen::CouldNot { why } => format!("{who} could not do it: {why}"),
    }
}

fn probed(content_policy: bool, results: &[Probe]) -> String {
    let with = if content_policy { "With the page's policy" } else { "Without the page's policy" };
    let read = results.iter().filter(|result| result.read).count();
    let used = results.iter().filter(|result| result.used).count();
    format!("{with}, the injected script read {read} of {} tokens and used {used}.", results.len())
}

pub fn counted(count: usize, thing: &str) -> String {
    match count {
        1 => format!("1 {thing}"),
        _ => format!("{count} {thing}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_names_what_matters() {
        let spans = [(0, "0 s"), (59, "59 s"), (60, "1 min"), (723, "12 min 3 s"), (3600, "1 h"), (604_800, "7 d")];
        for (seconds, words) in spans {
            assert_eq!(span(seconds), words);
        }
        assert_eq!(relative(Timestamp(61_000), Timestamp(0)), "in 1 min 1 s");
        assert_eq!(relative(Timestamp(0), Timestamp(3_900)), "3 s ago");
        assert_eq!(relative(Timestamp(i64::MIN), Timestamp(i64::MAX)).split(' ').next_back(), Some("ago"));
    }

    #[test]
    fn times_are_written_as_people_do() {
        assert_eq!(clock(Timestamp::from_secs(86_400 + 3_723)), "01:02:03");
        assert_eq!(elapsed(64_250_000), "+1:04.2");
        for (time, words) in [(7, "7 µs"), (1_250, "1.2 ms"), (45_000, "45 ms"), (3_040_000, "3.0 s")] {
            assert_eq!(micros(time), words);
        }
    }
}
