//! One sentence for each event of the log, and the lifeline it is listed under.

use super::super::event::{Lifeline, LogEvent, LogEventKind, Probe, RecordedRequest, TabEvent};
use super::action;
use super::http::reason;
use super::names::{auth_state, held_by, refresh, ruling, ruling_name, sentence, the, verdict};
use super::units::{counted, duration, micros};

/// The participant under which the list shows an event.
pub const fn whose(what: &LogEventKind) -> Lifeline {
    match what {
        LogEventKind::Acted { .. } | LogEventKind::ClockJumped { .. } | LogEventKind::Settings { .. } => Lifeline::You,
        LogEventKind::Request(request) => request.from,
        LogEventKind::Seen { tab, .. } => *tab,
        LogEventKind::Lost { to } => *to,
        LogEventKind::Row { .. } | LogEventKind::RowGone { .. } => Lifeline::Database,
        LogEventKind::StoleRefresh { .. } | LogEventKind::StoleAccess { .. } | LogEventKind::StoleRow { .. } => {
            Lifeline::Thief
        }
        LogEventKind::Probed { .. } => Lifeline::Tab,
        LogEventKind::Opened { .. }
        | LogEventKind::Response(_)
        | LogEventKind::Held { .. }
        | LogEventKind::PasswordChecked { .. }
        | LogEventKind::AccessChecked { .. }
        | LogEventKind::Decided { .. }
        | LogEventKind::Rotated
        | LogEventKind::SessionEnded { .. }
        | LogEventKind::Keys { .. }
        | LogEventKind::Restarted => Lifeline::Server,
    }
}

/// One sentence for an event.
pub fn event(event: &LogEvent) -> String {
    match &event.kind {
        LogEventKind::Opened { email, .. } => format!("The sandbox opened, with an account of its own: {email}."),
        LogEventKind::Acted { action } => action::action(action),
        LogEventKind::Request(request) => asked(request),
        LogEventKind::Response(response) => {
            let code = response.code.map_or_else(String::new, |code| format!(" ({code})"));
            format!("The server answers {}{code} to {}.", response.status, the(response.to))
        }
        LogEventKind::Lost { to } => format!("The answer never reached {}.", the(*to)),
        LogEventKind::Held { why, micros: 0 } => format!("The request {}.", held_by(*why)),
        LogEventKind::Held { why, micros: time } => format!("The request {}, for {}.", held_by(*why), micros(*time)),
        LogEventKind::PasswordChecked { right: true } => "The password is right.".to_owned(),
        LogEventKind::PasswordChecked { right: false } => "The password is wrong.".to_owned(),
        LogEventKind::AccessChecked { verdict: said } => {
            format!("The server checks the access token, without the database: {}.", verdict(*said))
        }
        LogEventKind::Decided { ruling: said, presented, newest, .. } => {
            format!("Refresh token {presented} came; the newest is {newest}: {}. {}", ruling_name(*said), ruling(*said))
        }
        LogEventKind::Rotated => "The rotation is written.".to_owned(),
        LogEventKind::SessionEnded { reason: why, .. } => format!("The session is over: {}.", reason(*why)),
        LogEventKind::Row { row, changed } => row_changed(row.generation, changed),
        LogEventKind::RowGone { .. } => "A session's row is deleted.".to_owned(),
        LogEventKind::Keys { keys } => format!("Signing keys: {}.", counted(keys.len(), "key")),
        LogEventKind::ClockJumped { seconds } => format!("The sandbox's clock jumps by {}.", duration(*seconds)),
        LogEventKind::Settings { settings: now } => action::settings(now),
        LogEventKind::Restarted => "The server starts again: its memory is empty, the database is not.".to_owned(),
        LogEventKind::StoleRefresh { token } => format!("The thief copies {} out of the cookie jar.", refresh(token)),
        LogEventKind::StoleAccess { .. } => "The thief copies the access token out of the tab's memory.".to_owned(),
        LogEventKind::StoleRow { .. } => "The thief copies the session's row out of the database.".to_owned(),
        LogEventKind::Seen { tab, seen: what } => seen(*tab, what),
        LogEventKind::Probed { content_policy, results } => probed(*content_policy, results),
    }
}

fn asked(request: &RecordedRequest) -> String {
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

pub fn seen(tab: Lifeline, seen: &TabEvent) -> String {
    let lifeline = sentence(the(tab));
    match seen {
        TabEvent::AuthState { state } => format!("{lifeline} is {}.", auth_state(state)),
        TabEvent::TokenHeld { expires_in, .. } => {
            format!("{lifeline} keeps an access token in memory, good for {}.", duration(*expires_in))
        }
        TabEvent::TokenForgotten => format!("{lifeline} forgets its access token."),
        TabEvent::Refused { code: why } => {
            format!("{lifeline} was refused ({why}), so it asks for a new access token.")
        }
        TabEvent::JoinsRefresh => format!("{lifeline} waits for the refresh that is already under way."),
        TabEvent::RefreshBegins => format!("{lifeline} begins a refresh."),
        TabEvent::Retries { path } => format!("{lifeline} sends {path} again, with the new access token."),
        TabEvent::Draft { characters } => {
            format!("{lifeline} holds {} nobody has saved yet.", counted(*characters as usize, "typed character"))
        }
        TabEvent::CouldNot { why } => format!("{lifeline} could not do it: {why}"),
    }
}

fn probed(content_policy: bool, results: &[Probe]) -> String {
    let with = if content_policy { "With the page's policy" } else { "Without the page's policy" };
    let read = results.iter().filter(|result| result.read).count();
    let used = results.iter().filter(|result| result.used).count();
    format!("{with}, the injected script read {read} of {} tokens and used {used}.", results.len())
}
