//! One sentence for each event of the log, and the lifeline it is listed under.

use super::super::event::{Lifeline, LogEvent, LogEventKind, Probe, RecordedRequest, TabEvent};
use super::action;
use super::http::reason;
use super::names::{auth_state, held_by, refresh, ruling, ruling_name, sentence, the, verdict};
use super::units::{counted, duration, micros};
use crate::lab::words::{filled, t};

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
    let words = match &event.kind {
        LogEventKind::Opened { email, .. } => {
            let words = t(
                "The sandbox opened, with an account of its own: {}.",
                "Der Sandkasten ist offen, mit einem eigenen Konto: {}.",
            );
            return filled(words, &[email]);
        }
        LogEventKind::Acted { action } => return action::action(action),
        LogEventKind::Request(request) => return asked(request),
        LogEventKind::Response(response) => {
            let code = response.code.map_or_else(String::new, |code| [" (", code.as_str(), ")"].concat());
            let words = t("The server answers {}{} to {}.", "Der Server antwortet mit {}{}. Empfänger: {}.");
            return filled(words, &[&response.status.to_string(), &code, the(response.to)]);
        }
        LogEventKind::Lost { to } => {
            return filled(t("The answer never reached {}.", "Die Antwort kam nie an. Empfänger: {}."), &[the(*to)]);
        }
        LogEventKind::Held { why, micros: 0 } => {
            return filled(t("The request {}.", "Die Anfrage {}."), &[held_by(*why)]);
        }
        LogEventKind::Held { why, micros: time } => {
            let words = t("The request {}, for {}.", "Die Anfrage {}. Dauer: {}.");
            return filled(words, &[held_by(*why), &micros(*time)]);
        }
        LogEventKind::PasswordChecked { right: true } => t("The password is right.", "Das Passwort ist richtig."),
        LogEventKind::PasswordChecked { right: false } => t("The password is wrong.", "Das Passwort ist falsch."),
        LogEventKind::AccessChecked { verdict: said } => {
            let words = t(
                "The server checks the access token, without the database: {}.",
                "Der Server prüft das Access-Token, ohne die Datenbank: {}.",
            );
            return filled(words, &[verdict(*said)]);
        }
        LogEventKind::Decided { ruling: said, presented, newest, .. } => {
            let words = t(
                "Refresh token {} came; the newest is {}: {}. {}",
                "Refresh-Token {} kam; das neueste ist {}: {}. {}",
            );
            let (presented, newest) = (presented.to_string(), newest.to_string());
            return filled(words, &[&presented, &newest, ruling_name(*said), ruling(*said)]);
        }
        LogEventKind::Rotated => t("The rotation is written.", "Der Tausch ist geschrieben."),
        LogEventKind::SessionEnded { reason: why, .. } => {
            return filled(t("The session is over: {}.", "Die Sitzung ist zu Ende: {}."), &[reason(*why)]);
        }
        LogEventKind::Row { row, changed } => return row_changed(row.generation, changed),
        LogEventKind::RowGone { .. } => t("A session's row is deleted.", "Die Zeile einer Sitzung ist gelöscht."),
        LogEventKind::Keys { keys } => {
            let number = counted(keys.len(), t("key", "Schlüssel"), t("keys", "Schlüssel"));
            return filled(t("For signing: {}.", "Zum Signieren: {}."), &[&number]);
        }
        LogEventKind::ClockJumped { seconds } => {
            let words = t("The sandbox's clock jumps by {}.", "Die Uhr des Sandkastens springt vor, um {}.");
            return filled(words, &[&duration(*seconds)]);
        }
        LogEventKind::Settings { settings: now } => return action::settings(now),
        LogEventKind::Restarted => t(
            "The server starts again: its memory is empty, the database is not.",
            "Der Server startet neu: Sein Speicher ist leer, die Datenbank nicht.",
        ),
        LogEventKind::StoleRefresh { token } => {
            let words = t("The thief copies {} out of the cookie jar.", "Der Dieb kopiert {} aus dem Cookie-Speicher.");
            return filled(words, &[&refresh(token)]);
        }
        LogEventKind::StoleAccess { .. } => t(
            "The thief copies the access token out of the tab's memory.",
            "Der Dieb kopiert das Access-Token aus dem Speicher des Tabs.",
        ),
        LogEventKind::StoleRow { .. } => t(
            "The thief copies the session's row out of the database.",
            "Der Dieb kopiert die Zeile der Sitzung aus der Datenbank.",
        ),
        LogEventKind::Seen { tab, seen: what } => return seen(*tab, what),
        LogEventKind::Probed { content_policy, results } => return probed(*content_policy, results),
    };
    words.to_owned()
}

fn asked(request: &RecordedRequest) -> String {
    let with = match (&request.bearer, &request.refresh) {
        (_, Some(seen)) => [t(" with ", " mit "), &refresh(seen)].concat(),
        (Some(_), None) => t(" with an access token", " mit einem Access-Token").to_owned(),
        (None, None) => String::new(),
    };
    let words = t("{} sends {} {}{}.", "{} sendet {} {}{}.");
    filled(words, &[&sentence(the(request.from)), &request.method, &request.path, &with])
}

fn row_changed(generation: u32, changed: &[String]) -> String {
    if changed.iter().any(|column| column == "id") {
        return t("A row for the new session.", "Eine Zeile für die neue Sitzung.").to_owned();
    }
    let mut words =
        filled(t("The session's row changes: {}.", "Die Zeile der Sitzung ändert sich: {}."), &[&changed.join(", ")]);
    if changed.iter().any(|column| column == "generation") {
        let newest = t(" The newest refresh token is {} now.", " Das neueste Refresh-Token ist nun {}.");
        words += &filled(newest, &[&generation.to_string()]);
    }
    words
}

pub fn seen(tab: Lifeline, seen: &TabEvent) -> String {
    let lifeline = sentence(the(tab));
    let (words, part) = match seen {
        TabEvent::AuthState { state } => (t("{} is {}.", "{} ist {}."), auth_state(state).to_owned()),
        TabEvent::TokenHeld { expires_in, .. } => (
            t(
                "{} keeps an access token in memory, good for {}.",
                "{} hat ein Access-Token im Speicher. Es gilt noch {}.",
            ),
            duration(*expires_in),
        ),
        TabEvent::TokenForgotten => {
            (t("{} forgets its access token.", "{} vergisst sein Access-Token."), String::new())
        }
        TabEvent::Refused { code: why } => (
            t(
                "{} was refused ({}), so it asks for a new access token.",
                "{} wurde abgelehnt ({}) und holt ein neues Access-Token.",
            ),
            why.to_string(),
        ),
        TabEvent::JoinsRefresh => (
            t(
                "{} waits for the refresh that is already under way.",
                "{} wartet auf das Erneuern, das schon unterwegs ist.",
            ),
            String::new(),
        ),
        TabEvent::RefreshBegins => (t("{} begins a refresh.", "{} beginnt zu erneuern."), String::new()),
        TabEvent::Retries { path } => (
            t("{} sends {} again, with the new access token.", "{} sendet {} noch einmal, mit dem neuen Access-Token."),
            path.clone(),
        ),
        TabEvent::Draft { characters } => (
            t("{} holds {} that nobody has saved yet.", "{} hält {}, noch nicht gespeichert."),
            counted(*characters as usize, t("character", "Zeichen"), t("characters", "Zeichen")),
        ),
        TabEvent::CouldNot { why } => (t("{} could not do it: {}", "{} konnte es nicht: {}"), why.clone()),
    };
    filled(words, &[&lifeline, &part])
}

fn probed(content_policy: bool, results: &[Probe]) -> String {
    let with = match content_policy {
        true => t("With the page's policy", "Mit der Richtlinie der Seite"),
        false => t("Without the page's policy", "Ohne die Richtlinie der Seite"),
    };
    let count = |so: fn(&Probe) -> bool| results.iter().filter(|result| so(result)).count().to_string();
    let words = t(
        "{}, the injected script read {} of {} tokens and used {}.",
        "{} hat das eingeschleuste Skript {} von {} Token gelesen und {} benutzt.",
    );
    filled(words, &[with, &count(|one| one.read), &results.len().to_string(), &count(|one| one.used)])
}
