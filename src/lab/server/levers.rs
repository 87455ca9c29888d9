//! The levers of free play: each with what to watch for, in every language. One table (a single source of truth) for the lab's page,
//! which fetches it as `GET /lab/levers.json`, and for those who press them.
//!
//! Why so long: one list of sixty levers in two languages, and nothing else.

use super::scenes::text::{Text, t};
use crate::lab::model::event::{Action, Defence, ForeignOrigin, Network, RefreshFault, Tamper};
use crate::lab::model::lever::{Lever, LeverEffect, LeverGroup};
use crate::lang::Lang;

struct LeverData {
    name: Text,
    watch_for: Text,
    effect: LeverEffect,
}

struct GroupData {
    name: Text,
    levers: Vec<LeverData>,
}

/// All levers in a language, in the order of the page.
pub fn levers(lang: Lang) -> Vec<LeverGroup> {
    let lever = |data: LeverData| Lever {
        name: data.name.raw(lang).to_owned(),
        watch_for: data.watch_for.raw(lang).to_owned(),
        needs_tab2: data.effect == LeverEffect::Run(Action::RaceTwoTabs),
        effect: data.effect,
    };
    let group = |data: GroupData| LeverGroup {
        name: data.name.raw(lang).to_owned(),
        levers: data.levers.into_iter().map(lever).collect(),
    };
    groups().into_iter().map(group).collect()
}

fn groups() -> Vec<GroupData> {
    vec![
        GroupData { name: t("Signing in and out", "An- und Abmelden"), levers: signing() },
        GroupData { name: t("Time", "Zeit"), levers: time() },
        GroupData { name: t("Tabs and network", "Tabs und Netz"), levers: tabs_and_network() },
        GroupData { name: t("Stealing and tampering", "Stehlen und Fälschen"), levers: stealing() },
        GroupData { name: t("Cross-site and scripts", "Fremde Sites und Skripte"), levers: elsewhere() },
        GroupData { name: t("Keys and server", "Schlüssel und Server"), levers: keys_and_server() },
        GroupData { name: t("Defences", "Abwehren"), levers: Defence::ALL.into_iter().map(weak).collect() },
    ]
}

const fn opens(name: Text, watch_for: Text, effect: LeverEffect) -> LeverData {
    LeverData { name, watch_for, effect }
}

const fn runs(name: Text, watch_for: Text, action: Action) -> LeverData {
    LeverData { name, watch_for, effect: LeverEffect::Run(action) }
}

fn signing() -> Vec<LeverData> {
    vec![
        runs(
            t("Sign in", "Anmelden"),
            t(
                "Two tokens come back: the access token in the body, the refresh token in a cookie that no script can read.",
                "Zwei Token kommen zurück: das Access-Token in der Antwort, das Refresh-Token in einem Cookie, das kein Skript lesen kann.",
            ),
            Action::SignIn { tab2: false },
        ),
        runs(
            t("Sign out here", "Hier abmelden"),
            t(
                "The tab forgets its token at once, the other tab hears of it, and the server ends the session.",
                "Der Tab vergisst sein Token sofort, der andere Tab erfährt davon, und der Server beendet die Sitzung.",
            ),
            Action::SignOutHere,
        ),
        runs(
            t("Sign out everywhere", "Überall abmelden"),
            t(
                "Every other session ends first, then this one: their access tokens are dead at once.",
                "Erst enden alle anderen Sitzungen, dann diese: Ihre Access-Token sind sofort ungültig.",
            ),
            Action::SignOutEverywhere,
        ),
        runs(
            t("Second device signs in", "Zweites Gerät meldet sich an"),
            t(
                "The same account gets a second session with a refresh token of its own: a second row.",
                "Dasselbe Konto bekommt eine zweite Sitzung mit eigenem Refresh-Token: eine zweite Zeile.",
            ),
            Action::SignInOtherDevice,
        ),
        runs(
            t("Sign out the other device", "Anderes Gerät abmelden"),
            t(
                "One row is marked as ended; this tab's session goes on untouched.",
                "Eine Zeile ist als beendet markiert; die Sitzung dieses Tabs geht unberührt weiter.",
            ),
            Action::SignOutOtherDevice,
        ),
        runs(
            t("Change the password", "Passwort ändern"),
            t(
                "All other sessions end, and the one that asked goes on.",
                "Alle anderen Sitzungen enden, und die, die gefragt hat, geht weiter.",
            ),
            Action::ChangePassword,
        ),
    ]
}

fn time() -> Vec<LeverData> {
    vec![
        runs(
            t("Call the API", "API aufrufen"),
            t(
                "The page sends its access token along. The server checks signature and expiry, and asks no database.",
                "Die Seite sendet ihr Access-Token mit. Der Server prüft Signatur und Ablauf und fragt keine Datenbank.",
            ),
            Action::Call,
        ),
        runs(
            t("Expire the access token now", "Access-Token jetzt ablaufen lassen"),
            t(
                "The next call is refused with 401, the refresh token turns once, and the call is repeated. What is half typed in \
                 the note stays.",
                "Der nächste Aufruf wird mit 401 abgelehnt, das Refresh-Token einmal getauscht, der Aufruf wiederholt. Was halb \
                 getippt in der Notiz steht, bleibt.",
            ),
            Action::ExpireAccessToken,
        ),
        runs(
            t("Jump 10 minutes", "10 Minuten vor"),
            t(
                "The server's clock moves. The access token has 5 minutes left, so nothing happens: no timer runs.",
                "Die Uhr des Servers geht vor. Dem Access-Token bleiben 5 Minuten, also geschieht nichts: Kein Zeitgeber läuft.",
            ),
            Action::JumpClock { seconds: 10 * 60 },
        ),
        runs(
            t("Jump 8 days", "8 Tage vor"),
            t(
                "Longer than a refresh token may lie unused: the next refresh says that the session has expired.",
                "Länger, als ein Refresh-Token unbenutzt liegen darf: Beim nächsten Erneuern ist die Sitzung abgelaufen.",
            ),
            Action::JumpClock { seconds: 8 * 24 * 3600 },
        ),
        runs(
            t("Short lifetimes", "Kurze Lebensdauer"),
            t(
                "From the next one on, access tokens live 20 seconds: watch the countdown.",
                "Ab dem nächsten leben Access-Token 20 Sekunden: Sieh dem Countdown zu.",
            ),
            Action::ShortLifetimes { on: true },
        ),
        runs(
            t("Usual lifetimes", "Übliche Lebensdauer"),
            t(
                "From the next one on, access tokens live 15 minutes again.",
                "Ab dem nächsten leben Access-Token wieder 15 Minuten.",
            ),
            Action::ShortLifetimes { on: false },
        ),
        runs(
            t("Client clock 10 minutes fast", "Uhr des Tabs geht 10 Minuten vor"),
            t(
                "The tab measures time since receipt and never reads an expiry date, so a wrong clock signs nobody out.",
                "Der Tab misst die Zeit seit dem Empfang und liest nie ein Ablaufdatum. So meldet eine falsche Uhr niemanden ab.",
            ),
            Action::ClientClock { minutes: 10 },
        ),
        runs(
            t("Client clock 10 minutes slow", "Uhr des Tabs geht 10 Minuten nach"),
            t(
                "Nothing breaks: the server's 401 says when a token is too old, not the tab's clock.",
                "Nichts geht kaputt: Die 401 des Servers sagt, wann ein Token zu alt ist, und nicht die Uhr des Tabs.",
            ),
            Action::ClientClock { minutes: -10 },
        ),
        runs(
            t("Client clock right", "Uhr des Tabs geht richtig"),
            t("The tab's clock tells the right time again.", "Die Uhr des Tabs zeigt wieder die richtige Zeit."),
            Action::ClientClock { minutes: 0 },
        ),
    ]
}

fn tabs_and_network() -> Vec<LeverData> {
    let fault = |fault| Action::NextRefresh { fault };
    let network = |state| Action::Network { state };
    vec![
        runs(
            t("Type half a note", "Eine halbe Notiz tippen"),
            t(
                "Nothing is sent: what is typed is in the page alone, and stays there while tokens come and go.",
                "Nichts wird gesendet: Was getippt ist, steht nur in der Seite und bleibt dort, während Token kommen und gehen.",
            ),
            Action::TypeNote,
        ),
        runs(
            t("Load the page again", "Seite neu laden"),
            t(
                "The page's memory is gone, and the access token with it. The cookie is still there, and brings the next one.",
                "Der Speicher der Seite ist weg und mit ihm das Access-Token. Das Cookie ist noch da und bringt das nächste.",
            ),
            Action::Reload,
        ),
        runs(
            t("Race two tabs", "Zwei Tabs um die Wette"),
            t(
                "Both tabs present the same refresh token in the same moment. One turns it, the other gets the same successor: \
                 nobody is taken for a thief.",
                "Beide Tabs zeigen im selben Moment dasselbe Refresh-Token. Der eine tauscht es, der andere bekommt denselben \
                 Nachfolger: Niemand gilt als Dieb.",
            ),
            Action::RaceTwoTabs,
        ),
        runs(
            t("Fifty calls at once", "Fünfzig Aufrufe zugleich"),
            t(
                "Fifty calls are refused together, and there is one refresh for all of them.",
                "Fünfzig Aufrufe werden zusammen abgelehnt, und es gibt ein Erneuern für alle.",
            ),
            Action::FiftyCalls,
        ),
        runs(
            t("Drop the next refresh answer", "Nächste Antwort auf ein Erneuern verlieren"),
            t(
                "Set for the next refresh: the server turns the token, but the tab never hears of it. Expire the access token to \
                 see how both find each other again.",
                "Für das nächste Erneuern gesetzt: Der Server tauscht das Token, aber der Tab erfährt es nie. Lass das \
                 Access-Token ablaufen und sieh, wie beide sich wiederfinden.",
            ),
            fault(RefreshFault::DropAnswer),
        ),
        runs(
            t("Delay the next refresh answer", "Nächste Antwort auf ein Erneuern verzögern"),
            t(
                "Set for the next refresh: the answer takes three seconds, and everything that needs it waits.",
                "Für das nächste Erneuern gesetzt: Die Antwort braucht drei Sekunden, und alles, was sie braucht, wartet.",
            ),
            fault(RefreshFault::DelayAnswer),
        ),
        runs(
            t("Fail the next refresh", "Nächstes Erneuern scheitern lassen"),
            t(
                "Set for the next refresh: the server says 503. The tab waits and asks again; nobody is signed out.",
                "Für das nächste Erneuern gesetzt: Der Server sagt 503. Der Tab wartet und fragt noch einmal; niemand wird abgemeldet.",
            ),
            fault(RefreshFault::Fail),
        ),
        runs(
            t("Go offline", "Offline gehen"),
            t(
                "Requests no longer arrive. The tab says so after a while, and keeps the session and what is typed.",
                "Anfragen kommen nicht mehr an. Der Tab sagt es nach einer Weile und behält Sitzung und Getipptes.",
            ),
            network(Network::Offline),
        ),
        runs(
            t("Answer 503", "Mit 503 antworten"),
            t(
                "The server is overloaded: the tab waits longer each time.",
                "Der Server ist überlastet: Der Tab wartet jedes Mal länger.",
            ),
            network(Network::Unavailable),
        ),
        runs(
            t("Answer 429", "Mit 429 antworten"),
            t(
                "The server asks for patience, and the tab waits as long as it was told.",
                "Der Server bittet um Geduld, und der Tab wartet so lange, wie ihm gesagt wird.",
            ),
            network(Network::TooMany),
        ),
        runs(
            t("Back to normal", "Alles wieder normal"),
            t(
                "What waited is sent, and the tab is as before.",
                "Was gewartet hat, wird gesendet, und der Tab ist wie zuvor.",
            ),
            network(Network::Up),
        ),
    ]
}

fn stealing() -> Vec<LeverData> {
    let replay = |thief_first, within_grace| Action::StealAndReplay { thief_first, within_grace };
    let tamper = |how| Action::Tamper { how };
    vec![
        runs(
            t("Steal the refresh token", "Refresh-Token stehlen"),
            t(
                "The thief has a copy. Nobody can see that yet.",
                "Der Dieb hat eine Kopie. Das kann noch niemand sehen.",
            ),
            Action::StealRefreshToken,
        ),
        runs(
            t(
                "Steal and replay: thief first, within the grace",
                "Stehlen und nutzen: Dieb zuerst, innerhalb der Frist",
            ),
            t(
                "Two who use one token within 10 seconds look like two tabs: both get the same successor. This is the price of the \
                 grace.",
                "Zwei, die ein Token binnen 10 Sekunden nutzen, sehen aus wie zwei Tabs: Beide bekommen denselben Nachfolger. Das \
                 ist der Preis der Frist.",
            ),
            replay(true, true),
        ),
        runs(
            t("Steal and replay: thief first, after the grace", "Stehlen und nutzen: Dieb zuerst, nach der Frist"),
            t(
                "The owner comes second, as if an answer had been lost. When the thief comes again the server sees two holders, and \
                 ends the session for both.",
                "Die Besitzerin kommt als Zweite, als wäre eine Antwort verloren. Kommt der Dieb noch einmal, sieht der Server \
                 zwei Besitzer und beendet die Sitzung für beide.",
            ),
            replay(true, false),
        ),
        runs(
            t(
                "Steal and replay: victim first, within the grace",
                "Stehlen und nutzen: Opfer zuerst, innerhalb der Frist",
            ),
            t(
                "The thief is answered like a second tab, with the same successor.",
                "Der Dieb bekommt wie ein zweiter Tab denselben Nachfolger.",
            ),
            replay(false, true),
        ),
        runs(
            t("Steal and replay: victim first, after the grace", "Stehlen und nutzen: Opfer zuerst, nach der Frist"),
            t(
                "The thief comes second, as if an answer had been lost. At the owner's next refresh the server sees two holders, ends \
                 the session, and tells the owner why.",
                "Der Dieb kommt als Zweiter, als wäre eine Antwort verloren. Beim nächsten Erneuern der Besitzerin sieht der \
                 Server zwei Besitzer, beendet die Sitzung und sagt ihr, warum.",
            ),
            replay(false, false),
        ),
        runs(
            t("The thief refreshes", "Der Dieb erneuert"),
            t("The thief uses the refresh token it has.", "Der Dieb nutzt das Refresh-Token, das er hat."),
            Action::ThiefRefreshes,
        ),
        runs(
            t("Steal from a bound device", "Von einem gebundenen Gerät stehlen"),
            t(
                "A second device signs in and binds its session to a key that never leaves it. The thief's copy of its refresh token is \
                 refused at the door, and the device goes on.",
                "Ein zweites Gerät meldet sich an und bindet seine Sitzung an einen Schlüssel, der es nie verlässt. Die Kopie des \
                 Diebs wird an der Tür abgewiesen, und das Gerät macht weiter.",
            ),
            Action::StealFromBoundDevice,
        ),
        runs(
            t("Steal the access token", "Access-Token stehlen"),
            t("The thief has a copy that is good for minutes.", "Der Dieb hat eine Kopie, die ein paar Minuten gilt."),
            Action::StealAccessToken,
        ),
        runs(
            t("The thief calls the API", "Der Dieb ruft die API auf"),
            t(
                "The stolen access token opens the notes until it expires or its session ends, and not a moment longer.",
                "Das gestohlene Access-Token öffnet die Notizen, bis es abläuft oder seine Sitzung endet, und keinen Moment länger.",
            ),
            Action::ThiefCalls,
        ),
        runs(
            t("Tamper: subject", "Fälschen: Person"),
            t(
                "Another person's id in the token: the signature no longer fits, so 401.",
                "Die Kennung einer anderen Person im Token: Die Signatur passt nicht mehr, also 401.",
            ),
            tamper(Tamper::Subject),
        ),
        runs(
            t("Tamper: expiry", "Fälschen: Ablauf"),
            t(
                "A later expiry in the token: the signature no longer fits, so 401.",
                "Ein späterer Ablauf im Token: Die Signatur passt nicht mehr, also 401.",
            ),
            tamper(Tamper::Expiry),
        ),
        runs(
            t("Tamper: one bit of the signature", "Fälschen: ein Bit der Signatur"),
            t("A single bit is enough for 401.", "Ein einziges Bit genügt für 401."),
            tamper(Tamper::SignatureBit),
        ),
        runs(
            t("Tamper: no algorithm", "Fälschen: kein Algorithmus"),
            t(
                "A token that says it needs no signature is refused.",
                "Ein Token, das angeblich keine Signatur braucht, wird abgelehnt.",
            ),
            tamper(Tamper::AlgNone),
        ),
        runs(
            t("Tamper: another key", "Fälschen: anderer Schlüssel"),
            t(
                "A good signature by a key the server does not know is refused.",
                "Eine gute Signatur eines Schlüssels, den der Server nicht kennt, wird abgelehnt.",
            ),
            tamper(Tamper::OtherKey),
        ),
    ]
}

fn elsewhere() -> Vec<LeverData> {
    vec![
        opens(
            t("Attack from another site", "Angriff von einer anderen Site"),
            t(
                "Another site sends forms and calls to this app: the cookie stays at home, and the server refuses.",
                "Eine andere Site sendet Formulare und Aufrufe an diese App: Das Cookie bleibt daheim, und der Server lehnt ab.",
            ),
            LeverEffect::Attack(ForeignOrigin::OtherSite),
        ),
        opens(
            t("Attack from another port", "Angriff von einem anderen Port"),
            t(
                "The same site on another port: SameSite sends the cookie along, so only the check of the origin refuses.",
                "Dieselbe Site auf einem anderen Port: SameSite sendet das Cookie mit, also lehnt nur die Prüfung der Herkunft ab.",
            ),
            LeverEffect::Attack(ForeignOrigin::OtherPort),
        ),
        opens(
            t("Arrive by a link from another site", "Über einen Link von einer anderen Site kommen"),
            t(
                "Follow the link in the page that opens. Yours comes without the cookie, and its own first call brings it: no sign-in \
                 form flashes by.",
                "Folge dem Link auf der Seite, die sich öffnet. Deine Seite kommt ohne das Cookie, und ihr erster eigener Aufruf \
                 bringt es: Kein Anmeldeformular blitzt auf.",
            ),
            LeverEffect::Arrive,
        ),
        opens(
            t("Inject a script, policy on", "Skript einschleusen, Richtlinie an"),
            t(
                "The content policy does not let the script run at all.",
                "Die Inhaltsrichtlinie lässt das Skript gar nicht erst laufen.",
            ),
            LeverEffect::Inject { policy: true },
        ),
        opens(
            t("Inject a script, policy off", "Skript einschleusen, Richtlinie aus"),
            t(
                "The script runs: it reads what storage gives away, but not the cookie. It can still use the session.",
                "Das Skript läuft: Es liest, was Speicher hergeben, aber nicht das Cookie. Die Sitzung nutzen kann es trotzdem.",
            ),
            LeverEffect::Inject { policy: false },
        ),
    ]
}

fn keys_and_server() -> Vec<LeverData> {
    vec![
        runs(
            t("Rotate the signing key", "Signaturschlüssel wechseln"),
            t(
                "New tokens are signed with the next key; tokens of the old one still verify. Nobody is signed out.",
                "Neue Token sind mit dem nächsten Schlüssel signiert; Token des alten gelten noch. Niemand wird abgemeldet.",
            ),
            Action::RotateKeys,
        ),
        runs(
            t("Retire old keys", "Alte Schlüssel ausmustern"),
            t(
                "Tokens of retired keys are refused at once, and one silent refresh mends it.",
                "Token ausgemusterter Schlüssel werden sofort abgelehnt, und ein stilles Erneuern behebt es.",
            ),
            Action::RetireKeys,
        ),
        runs(
            t("Leak the database", "Datenbank abfließen lassen"),
            t(
                "The thief has the session's row. No token is in it, and none can be made from it.",
                "Der Dieb hat die Zeile der Sitzung. Kein Token steht darin, und keines lässt sich daraus machen.",
            ),
            Action::LeakDatabase,
        ),
        runs(
            t("Restart the server", "Server neu starten"),
            t(
                "Memory is gone; sessions and keys come back from the database. Nobody is signed out.",
                "Der Speicher ist weg; Sitzungen und Schlüssel kommen aus der Datenbank zurück. Niemand wird abgemeldet.",
            ),
            Action::Restart,
        ),
        runs(
            t("Reset the sandbox", "Sandkasten zurücksetzen"),
            t("Everything is wiped and begins anew.", "Alles wird gelöscht und beginnt von vorn."),
            Action::Reset,
        ),
    ]
}

/// The switch that weakens a defence.
fn weak(defence: Defence) -> LeverData {
    let (name, watch_for) = match defence {
        Defence::ReuseDetection => (
            t("Weak: reuse detection", "Schwach: Erkennung der Wiederverwendung"),
            t(
                "Old refresh tokens work again. A thief and you can refresh side by side for ever, and nobody notices.",
                "Alte Refresh-Token gelten wieder. Ein Dieb und du könnt für immer nebeneinander erneuern, und niemand merkt es.",
            ),
        ),
        Defence::Grace => (
            t("Weak: no grace", "Schwach: keine Frist"),
            t(
                "Whatever is not the newest is taken for theft. Two tabs at once, or one lost answer, sign you out.",
                "Was nicht das neueste ist, gilt als Diebstahl. Zwei Tabs zugleich oder eine verlorene Antwort melden dich ab.",
            ),
        ),
        Defence::OriginCheck => (
            t("Weak: origin check", "Schwach: Prüfung der Herkunft"),
            t(
                "The server does not look where a request comes from. A page on another port can act with your cookie.",
                "Der Server sieht nicht nach, woher eine Anfrage kommt. Eine Seite auf einem anderen Port handelt mit deinem Cookie.",
            ),
        ),
        Defence::SameSite => (
            t("Weak: SameSite", "Schwach: SameSite"),
            t(
                "The cookie goes along when other sites ask (SameSite=None). Only the origin check is left.",
                "Das Cookie geht mit, wenn andere Sites fragen (SameSite=None). Nur die Prüfung der Herkunft bleibt.",
            ),
        ),
        Defence::HttpOnly => (
            t("Weak: HttpOnly", "Schwach: HttpOnly"),
            t(
                "Scripts can read the refresh cookie. One injected script takes the whole session home.",
                "Skripte können das Refresh-Cookie lesen. Ein eingeschleustes Skript nimmt die ganze Sitzung mit.",
            ),
        ),
        Defence::InstantRevocation => (
            t("Weak: instant revocation", "Schwach: sofortiger Widerruf"),
            t(
                "An access token works until it expires, even after its session has ended.",
                "Ein Access-Token gilt, bis es abläuft, auch wenn seine Sitzung beendet ist.",
            ),
        ),
        Defence::ContentPolicy => (
            t("Weak: content policy", "Schwach: Inhaltsrichtlinie"),
            t(
                "The page runs inline scripts, an injected one as well.",
                "Die Seite führt Skripte im Text aus, auch ein eingeschleustes.",
            ),
        ),
        Defence::DeviceBinding => (
            t("Weak: device binding", "Schwach: Gerätebindung"),
            t(
                "A session that is bound to a device refreshes from anywhere. A copy of its cookie is worth the whole session.",
                "Eine an ein Gerät gebundene Sitzung erneuert von überall. Eine Kopie ihres Cookies ist die ganze Sitzung wert.",
            ),
        ),
        Defence::SignatureCheck => (
            t("Weak: signature check", "Schwach: Prüfung der Signatur"),
            t(
                "The server reads access tokens and does not check who signed them. A forger is whoever the token names.",
                "Der Server liest Access-Token und prüft nicht, wer sie signiert hat. Ein Fälscher ist, wen das Token nennt.",
            ),
        ),
        Defence::RefreshToken => (
            t("Weak: no refresh token", "Schwach: kein Refresh-Token"),
            t(
                "From the next sign-in on you get the access token alone. When it expires, you sign in again.",
                "Ab der nächsten Anmeldung bekommst du nur das Access-Token. Läuft es ab, meldest du dich neu an.",
            ),
        ),
        Defence::SingleFlight => (
            t("Weak: each call refreshes", "Schwach: Jeder Aufruf erneuert"),
            t(
                "Of many calls at once each refreshes for itself. Only the grace keeps that from looking like theft.",
                "Von vielen Aufrufen auf einmal erneuert jeder für sich. Nur die Frist verhindert, dass es nach Diebstahl aussieht.",
            ),
        ),
        Defence::StoredSessions => (
            t("Weak: sessions in memory", "Schwach: Sitzungen im Speicher"),
            t(
                "The server keeps sessions and keys in its memory alone. A restart signs everybody out.",
                "Der Server behält Sitzungen und Schlüssel nur im Speicher. Ein Neustart meldet alle ab.",
            ),
        ),
    };
    runs(name, watch_for, Action::Weaken { defence, weak: true })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_levers_have_the_same_name_or_effect() {
        for lang in Lang::ALL {
            let all: Vec<Lever> = levers(lang).into_iter().flat_map(|group| group.levers).collect();
            assert!(all.len() > 50);
            let names: BTreeSet<_> = all.iter().map(|lever| &lever.name).collect();
            assert_eq!(names.len(), all.len());
            for (at, lever) in all.iter().enumerate() {
                assert!(all[at + 1..].iter().all(|other| other.effect != lever.effect), "{}", lever.name);
                assert!(lever.watch_for.ends_with('.'), "{}", lever.name);
            }
        }
    }

    #[test]
    fn every_lever_is_said_in_both_languages() {
        for data in groups().into_iter().flat_map(|group| group.levers) {
            assert_ne!(data.watch_for.en, data.watch_for.de);
            assert!(data.watch_for.de.split(' ').count() < 40, "{}", data.watch_for.de);
        }
    }
}
