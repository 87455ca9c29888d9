//! Texts of the visitor's actions, and of each defence with the attack that succeeds when it is weakened.

use crate::lab::model::event::{Action, Defence, Lifeline, Network, RefreshFault, SandboxSettings, Tamper};
use crate::lab::words::{filled, t};

use super::units::{counted, duration};

/// The visitor's action as a sentence.
pub fn action(action: &Action) -> String {
    let words = match action {
        Action::ExpireAccessToken => t("You let the access token expire.", "Du hast das Access-Token ablaufen lassen."),
        Action::Call => t("You let the tab call the API.", "Du hast den Tab die API aufrufen lassen."),
        Action::TypeNote => t("You typed half a note.", "Du hast eine halbe Notiz getippt."),
        Action::Reload => t("You loaded the page again.", "Du hast die Seite neu geladen."),
        Action::ShortLifetimes { on: true } => {
            t("You made access tokens live 20 seconds.", "Du hast Access-Token 20 Sekunden Leben gegeben.")
        }
        Action::ShortLifetimes { on: false } => t(
            "You gave access tokens their usual lifetime again.",
            "Du hast Access-Token wieder ihr übliches Leben gegeben.",
        ),
        Action::JumpClock { seconds } => {
            let by = duration(u64::from(*seconds));
            return filled(t("You moved the clock by {}.", "Du hast die Uhr vorgestellt, um {}."), &[&by]);
        }
        Action::Tamper { how } => {
            let words = t("You altered the access token: {}.", "Du hast das Access-Token verändert: {}.");
            return filled(words, &[tamper(*how)]);
        }
        Action::NextRefresh { fault } => {
            let words = t("You arranged for the next refresh: {}.", "Du hast für das nächste Erneuern bestimmt: {}.");
            return filled(words, &[self::fault(*fault)]);
        }
        Action::RaceTwoTabs => {
            t("You let two tabs refresh at the same moment.", "Du hast zwei Tabs im selben Moment erneuern lassen.")
        }
        Action::FiftyCalls => {
            t("You let the tab make 50 calls at once.", "Du hast den Tab 50 Aufrufe zugleich machen lassen.")
        }
        Action::StealRefreshToken => {
            t("You let the thief copy the refresh token.", "Du hast den Dieb das Refresh-Token kopieren lassen.")
        }
        Action::StealAndReplay { thief_first, within_grace } => {
            let first = if *thief_first {
                t("the thief comes first", "der Dieb kommt zuerst")
            } else {
                t("the tab comes first", "der Tab kommt zuerst")
            };
            let then = if *within_grace {
                t("the other at once", "der andere gleich danach")
            } else {
                t("the other after the grace", "der andere nach der Frist")
            };
            let words = t(
                "You let the thief copy the refresh token and both use it: {}, {}.",
                "Du hast den Dieb das Refresh-Token kopieren und beide es benutzen lassen: {}, {}.",
            );
            return filled(words, &[first, then]);
        }
        Action::ThiefRefreshes => t(
            "You let the thief use its copy of the refresh token.",
            "Du hast den Dieb seine Kopie des Refresh-Tokens benutzen lassen.",
        ),
        Action::StealFromBoundDevice => t(
            "You let the thief copy the refresh token of a device that has bound its session, and use it.",
            "Du hast den Dieb das Refresh-Token eines Geräts, das seine Sitzung gebunden hat, kopieren und benutzen lassen.",
        ),
        Action::StealAccessToken => {
            t("You let the thief copy the access token.", "Du hast den Dieb das Access-Token kopieren lassen.")
        }
        Action::ThiefCalls => t(
            "You let the thief call the API with the stolen access token.",
            "Du hast den Dieb mit dem gestohlenen Access-Token die API aufrufen lassen.",
        ),
        Action::LeakDatabase => {
            t("You gave the thief a copy of the database.", "Du hast dem Dieb eine Kopie der Datenbank gegeben.")
        }
        Action::RotateKeys => t("You turned the signing keys.", "Du hast die Signaturschlüssel gewechselt."),
        Action::RetireKeys => t(
            "You made the server forget its retired keys.",
            "Du hast den Server seine alten Schlüssel vergessen lassen.",
        ),
        Action::ClientClock { minutes: 0 } => {
            t("You set the tab's own clock right.", "Du hast die Uhr des Tabs richtig gestellt.")
        }
        Action::ClientClock { minutes } => {
            let words =
                t("You set the tab's own clock wrong by {} min.", "Du hast die Uhr des Tabs um {} min verstellt.");
            return filled(words, &[&minutes.to_string()]);
        }
        Action::SignIn { tab2: false } => t("You signed in.", "Du hast dich angemeldet."),
        Action::SignIn { tab2: true } => t("You signed in, in tab 2.", "Du hast dich in Tab 2 angemeldet."),
        Action::SignOutHere => t("You signed out.", "Du hast dich abgemeldet."),
        Action::SignOutEverywhere => t("You signed out everywhere.", "Du hast dich überall abgemeldet."),
        Action::SignOutOtherDevice => t("You signed the other device out.", "Du hast das andere Gerät abgemeldet."),
        Action::SignInOtherDevice => {
            t("You signed in on another device.", "Du hast dich auf einem anderen Gerät angemeldet.")
        }
        Action::ChangePassword => t("You changed the password.", "Du hast das Passwort geändert."),
        Action::Network { state } => {
            return filled(t("You changed the network: {}.", "Du hast das Netz geändert: {}."), &[network(*state)]);
        }
        Action::Weaken { defence: what, weak } => {
            let words = match weak {
                true => t("You weakened a defence: {}.", "Du hast eine Abwehr geschwächt: {}."),
                false => t("You restored a defence: {}.", "Du hast eine Abwehr wiederhergestellt: {}."),
            };
            return filled(words, &[defence(*what)]);
        }
        Action::Restart => t("You restarted the server.", "Du hast den Server neu gestartet."),
        Action::SlowMotion { factor: 0 | 1 } => {
            t("You chose real speed.", "Du hast die echte Geschwindigkeit gewählt.")
        }
        Action::SlowMotion { factor } => {
            let words = t("You chose slow motion, {} times.", "Du hast Zeitlupe gewählt, {}-fach.");
            return filled(words, &[&factor.to_string()]);
        }
        Action::Stepping { on: true } => t("You chose to go step by step.", "Du gehst Schritt für Schritt."),
        Action::Stepping { on: false } => {
            t("You let requests go on by themselves.", "Du lässt Anfragen von selbst weitergehen.")
        }
        Action::Step => t("You pressed Step.", "Du hast eine Anfrage durchgelassen."),
        Action::Reset => t("You began anew.", "Du hast neu begonnen."),
    };
    words.to_owned()
}

/// The arrow from the visitor: its target, and its label in about three words.
pub fn ask_of(action: &Action) -> (Lifeline, &'static str) {
    match action {
        Action::ExpireAccessToken => (Lifeline::Server, t("expire the access token", "Access-Token ablaufen lassen")),
        Action::Call => (Lifeline::Tab, t("call the API", "API aufrufen")),
        Action::TypeNote => (Lifeline::Tab, t("type half a note", "halbe Notiz tippen")),
        Action::Reload => (Lifeline::Tab, t("load the page again", "Seite neu laden")),
        Action::ShortLifetimes { .. } => (Lifeline::Server, t("other lifetimes", "andere Lebensdauer")),
        Action::JumpClock { .. } => (Lifeline::Server, t("move the clock", "Uhr vorstellen")),
        Action::Tamper { .. } => (Lifeline::Tab, t("alter the access token", "Access-Token verändern")),
        Action::NextRefresh { .. } => (Lifeline::Server, t("spoil the next refresh", "nächstes Erneuern stören")),
        Action::RaceTwoTabs => (Lifeline::Tab, t("race two tabs", "zwei Tabs zugleich")),
        Action::FiftyCalls => (Lifeline::Tab, t("50 calls at once", "50 Aufrufe zugleich")),
        Action::StealRefreshToken => (Lifeline::Thief, t("steal the refresh token", "Refresh-Token stehlen")),
        Action::StealAndReplay { .. } => (Lifeline::Thief, t("steal and replay", "stehlen und wieder senden")),
        Action::ThiefRefreshes => {
            (Lifeline::Thief, t("use the stolen refresh token", "gestohlenes Refresh-Token benutzen"))
        }
        Action::StealFromBoundDevice => {
            (Lifeline::Thief, t("steal from a bound device", "von gebundenem Gerät stehlen"))
        }
        Action::StealAccessToken => (Lifeline::Thief, t("steal the access token", "Access-Token stehlen")),
        Action::ThiefCalls => (Lifeline::Thief, t("call the API", "API aufrufen")),
        Action::LeakDatabase => (Lifeline::Thief, t("take the database", "Datenbank mitnehmen")),
        Action::RotateKeys => (Lifeline::Server, t("turn the signing keys", "Schlüssel wechseln")),
        Action::RetireKeys => (Lifeline::Server, t("forget retired keys", "alte Schlüssel vergessen")),
        Action::ClientClock { .. } => (Lifeline::Tab, t("set the tab's clock", "Uhr des Tabs stellen")),
        Action::SignIn { tab2: false } => (Lifeline::Tab, t("sign in", "anmelden")),
        Action::SignIn { tab2: true } => (Lifeline::Tab2, t("sign in", "anmelden")),
        Action::SignOutHere => (Lifeline::Tab, t("sign out", "abmelden")),
        Action::SignOutEverywhere => (Lifeline::Tab, t("sign out everywhere", "überall abmelden")),
        Action::SignOutOtherDevice => (Lifeline::Tab, t("sign the other device out", "anderes Gerät abmelden")),
        Action::SignInOtherDevice => (Lifeline::OtherDevice, t("sign in", "anmelden")),
        Action::ChangePassword => (Lifeline::Tab, t("change the password", "Passwort ändern")),
        Action::Network { .. } => (Lifeline::Server, t("change the network", "Netz ändern")),
        Action::Weaken { weak: true, .. } => (Lifeline::Server, t("weaken a defence", "Abwehr schwächen")),
        Action::Weaken { weak: false, .. } => (Lifeline::Server, t("restore a defence", "Abwehr wiederherstellen")),
        Action::Restart => (Lifeline::Server, t("restart", "neu starten")),
        Action::SlowMotion { .. } => (Lifeline::Server, t("change the speed", "Tempo ändern")),
        Action::Stepping { .. } => (Lifeline::Server, t("step by step", "Schritt für Schritt")),
        Action::Step => (Lifeline::Server, t("step", "Schritt")),
        Action::Reset => (Lifeline::Server, t("begin anew", "neu beginnen")),
    }
}

fn tamper(how: Tamper) -> &'static str {
    match how {
        Tamper::Subject => t("it names another person (sub)", "es nennt eine andere Person (sub)"),
        Tamper::Expiry => t("it lives longer (exp)", "es lebt länger (exp)"),
        Tamper::SignatureBit => t("one bit of its signature is turned", "ein Bit seiner Signatur ist umgedreht"),
        Tamper::AlgNone => {
            t("it says that it needs no signature (alg: none)", "es sagt, es brauche keine Signatur (alg: none)")
        }
        Tamper::OtherKey => t("it is signed with somebody else's key", "es ist mit einem fremden Schlüssel signiert"),
    }
}

fn fault(fault: RefreshFault) -> &'static str {
    match fault {
        RefreshFault::DropAnswer => t("the answer is lost on its way", "die Antwort geht unterwegs verloren"),
        RefreshFault::DelayAnswer => t("the answer takes three seconds", "die Antwort braucht drei Sekunden"),
        RefreshFault::Fail => t("the server fails before it does anything", "der Server fällt aus, bevor er etwas tut"),
    }
}

fn network(state: Network) -> &'static str {
    match state {
        Network::Up => t("it works", "es geht"),
        Network::Offline => t("nothing arrives", "nichts kommt an"),
        Network::Unavailable => t("every answer is 503, try again later", "jede Antwort ist 503, später noch einmal"),
        Network::TooMany => t("every answer is 429, too many requests", "jede Antwort ist 429, zu viele Anfragen"),
    }
}

fn defence(defence: Defence) -> &'static str {
    let (english, german) = defence_names(defence);
    t(english, german)
}

/// The name of a defence, in English and in German.
pub const fn defence_names(defence: Defence) -> (&'static str, &'static str) {
    match defence {
        Defence::ReuseDetection => ("Reuse detection", "Erkennung der Wiederverwendung"),
        Defence::Grace => ("Grace for requests under way", "Frist für Anfragen unterwegs"),
        Defence::OriginCheck => ("Origin check", "Prüfung der Herkunft"),
        Defence::SameSite => ("SameSite=Strict", "SameSite=Strict"),
        Defence::HttpOnly => ("HttpOnly", "HttpOnly"),
        Defence::InstantRevocation => ("Instant revocation", "Sofortiger Widerruf"),
        Defence::ContentPolicy => ("Content policy", "Inhaltsrichtlinie"),
        Defence::DeviceBinding => ("Device binding", "Gerätebindung"),
        Defence::SignatureCheck => ("Signature check", "Prüfung der Signatur"),
        Defence::RefreshToken => ("Refresh token", "Refresh-Token"),
        Defence::SingleFlight => ("One refresh at a time", "Immer nur ein Erneuern"),
        Defence::StoredSessions => ("Stored sessions and keys", "Gespeicherte Sitzungen und Schlüssel"),
    }
}

/// The settings in one sentence.
pub fn settings(settings: &SandboxSettings) -> String {
    let mut words = filled(
        t(
            "Settings: access tokens live {}, sessions {} without use and {} at most, grace {}",
            "Einstellungen: Access-Token leben {}, Sitzungen {} ohne Nutzung und höchstens {}, Frist {}",
        ),
        &[
            &duration(settings.access_ttl),
            &duration(settings.refresh_idle),
            &duration(settings.refresh_absolute),
            &duration(settings.grace),
        ],
    );
    if !settings.weak.is_empty() {
        let weak: Vec<&str> = settings.weak.iter().map(|what| defence(*what)).collect();
        let number = counted(weak.len(), t("defence", "Abwehr"), t("defences", "Abwehren"));
        words += &filled(t("; {} weak: {}", "; {} schwach: {}"), &[&number, &weak.join(", ")]);
    }
    if settings.network != Network::Up {
        words = words + t("; network: ", "; Netz: ") + network(settings.network);
    }
    if let Some(what) = settings.next_refresh {
        words = words + t("; next refresh: ", "; nächstes Erneuern: ") + fault(what);
    }
    words + "."
}
