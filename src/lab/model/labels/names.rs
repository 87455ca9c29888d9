//! The names of participants, rulings, states and tokens. One name each, so that every view says the same.

use super::super::event::{Fingerprint, HoldReason, Lifeline, RefreshSeen, Ruling, TokenStorage, Verdict};
use super::super::snapshot::GenerationState;
use crate::lab::words::t;

pub fn lifeline(lifeline: Lifeline) -> &'static str {
    match lifeline {
        Lifeline::You => t("You", "Du"),
        Lifeline::Tab => "Tab",
        Lifeline::Tab2 => "Tab 2",
        Lifeline::CookieJar => t("Cookie jar", "Cookie-Speicher"),
        Lifeline::Server => "Server",
        Lifeline::Database => t("Database", "Datenbank"),
        Lifeline::Thief => t("Thief", "Dieb"),
        Lifeline::OtherDevice => t("Other device", "Anderes Gerät"),
        Lifeline::OtherSite => t("Other site", "Andere Website"),
    }
}

/// The participant's name within a sentence.
pub fn the(lifeline: Lifeline) -> &'static str {
    match lifeline {
        Lifeline::You => t("you", "du"),
        Lifeline::Tab => t("the tab", "der Tab"),
        Lifeline::Tab2 => t("tab 2", "Tab 2"),
        Lifeline::CookieJar => t("the cookie jar", "der Cookie-Speicher"),
        Lifeline::Server => t("the server", "der Server"),
        Lifeline::Database => t("the database", "die Datenbank"),
        Lifeline::Thief => t("the thief", "der Dieb"),
        Lifeline::OtherDevice => t("the other device", "das andere Gerät"),
        Lifeline::OtherSite => t("the other site", "die andere Website"),
    }
}

/// Capitalizes the first letter.
pub fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The ruling's name, as in `docs/flow.md`.
pub fn ruling_name(ruling: Ruling) -> &'static str {
    match ruling {
        Ruling::Rotate => t("rotate", "tauschen"),
        Ruling::Replay => t("replay", "noch einmal geben"),
        Ruling::ReKey => t("re-key", "neu ausstellen"),
        Ruling::Reuse => t("reuse", "wieder benutzt"),
        Ruling::Unbound => t("not the device", "nicht das Gerät"),
        Ruling::Ahead => t("ahead", "voraus"),
        Ruling::Ended => t("ended", "beendet"),
    }
}

/// The rule's observation and its consequence.
pub fn ruling(ruling: Ruling) -> &'static str {
    match ruling {
        Ruling::Rotate => t(
            "It is the newest: it turns, and the next one is made.",
            "Es ist das neueste: Es wird getauscht, und das nächste entsteht.",
        ),
        Ruling::Replay => t(
            "It was used a moment ago: within the grace the newest is handed out again.",
            "Es wurde eben benutzt: Innerhalb der Frist wird das neueste noch einmal gegeben.",
        ),
        Ruling::ReKey => t(
            "The newest was never used, as if its answer had been lost: another one is made, and it is a tripwire now.",
            "Das neueste wurde nie benutzt, als wäre seine Antwort verloren: Ein anderes entsteht, und dieses löst nun Alarm aus.",
        ),
        Ruling::Reuse => t(
            "It was used up before: two hold copies, so the session ends.",
            "Es war schon verbraucht: Zwei haben Kopien, also endet die Sitzung.",
        ),
        Ruling::Unbound => t(
            "Its session is bound to a device, and the caller is not there: refused, and nothing changes.",
            "Seine Sitzung ist an ein Gerät gebunden, und der Aufrufer ist nicht dort: abgelehnt, und nichts ändert sich.",
        ),
        Ruling::Ahead => t(
            "It is newer than anything this server remembers: refused.",
            "Es ist neuer als alles, was dieser Server weiß: abgelehnt.",
        ),
        Ruling::Ended => t("Its session is over: refused.", "Seine Sitzung ist zu Ende: abgelehnt."),
    }
}

pub fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Valid => t("valid", "gültig"),
        Verdict::Expired => t("expired", "abgelaufen"),
        Verdict::Invalid => t("not genuine", "nicht echt"),
        Verdict::Revoked => t("genuine, but its session is over", "echt, aber seine Sitzung ist zu Ende"),
    }
}

pub fn state(state: GenerationState) -> &'static str {
    match state {
        GenerationState::Newest => t("newest", "das neueste"),
        GenerationState::InGrace => t("used a moment ago, still in grace", "eben benutzt, noch in der Frist"),
        GenerationState::Superseded => t("used up", "verbraucht"),
        GenerationState::Tripwire => t("taken for lost: a tripwire", "gilt als verloren: löst Alarm aus"),
        GenerationState::Reused => t("came back: alarm", "kam zurück: Alarm"),
        GenerationState::Dead => t("dead with its session", "mit seiner Sitzung erloschen"),
    }
}

pub fn held_by(why: HoldReason) -> &'static str {
    match why {
        HoldReason::Barrier => t(
            "waits for the other request, so that both go at once",
            "wartet auf die andere Anfrage, damit beide zugleich gehen",
        ),
        HoldReason::Visitor => t("waits for you to press Step", "wartet, bis du sie durchlässt"),
        HoldReason::SlowMotion => t("waits, in slow motion", "wartet, in Zeitlupe"),
        HoldReason::SlowNetwork => t("waits on the slow network", "wartet im langsamen Netz"),
    }
}

pub fn storage(storage: TokenStorage) -> &'static str {
    match storage {
        TokenStorage::LocalStorage => "localStorage",
        TokenStorage::ReadableCookie => t("a cookie that scripts can read", "ein Cookie, das Skripte lesen können"),
        TokenStorage::Memory => t("the page's memory", "der Speicher der Seite"),
        TokenStorage::HttpOnlyCookie => t("an HttpOnly cookie", "ein HttpOnly-Cookie"),
    }
}

/// A tab's auth state in words.
pub fn auth_state(state: &str) -> &'static str {
    match state {
        "anonymous" => t("signed out", "abgemeldet"),
        "signed-in" => t("signed in", "angemeldet"),
        "offline" => {
            t("signed in, but the server cannot be reached", "angemeldet, aber der Server ist nicht erreichbar")
        }
        _ => t("not known yet", "noch nicht bekannt"),
    }
}

pub fn fingerprint(fingerprint: &Fingerprint) -> String {
    [&fingerprint.words, " ", &fingerprint.hex].concat()
}

/// `refresh token 4`, or without a number if its tag is forged.
pub fn refresh(seen: &RefreshSeen) -> String {
    match seen.generation {
        Some(number) => [t("refresh token ", "Refresh-Token "), &number.to_string()].concat(),
        None => t("a forged refresh token", "ein gefälschtes Refresh-Token").to_owned(),
    }
}
