//! The sentences in German.

use super::super::fact::Fact;
use crate::lab::model::event::{Lifeline, Tamper};
use crate::protocol::session::RevokeReason;

pub const fn template(fact: &Fact) -> &'static str {
    match fact {
        Fact::AccessExpired { calls: 1 } => "Das Access-Token war abgelaufen, also antwortete der Server mit 401.",
        Fact::AccessExpired { .. } => {
            "{calls} Aufrufe kamen mit abgelaufenem Access-Token, also antwortete der Server jedem mit 401."
        }
        Fact::AccessMissing { calls: 1 } => "Ein Aufruf kam ohne Access-Token, also antwortete der Server mit 401.",
        Fact::AccessMissing { .. } => {
            "{calls} Aufrufe kamen ohne Access-Token, also antwortete der Server jedem mit 401."
        }
        Fact::AccessKeyForgotten => {
            "Der Server hatte den Schlüssel hinter dem Access-Token vergessen, also antwortete er mit 401."
        }
        Fact::AccessNotGenuine => "Das Access-Token war nicht echt, also antwortete der Server mit 401.",
        Fact::NoAccessYet { .. } => "{who} hatte kein Access-Token im Speicher, wie nach jedem Neuladen.",
        Fact::WantsFresh { .. } => "{who} bat um ein frisches Access-Token.",
        Fact::AsksAgain { .. } => "{who} hatte noch kein neues Token und fragte noch einmal.",
        Fact::ThiefSends { .. } => "Der Dieb schickte seine Kopie von Refresh-Token {number}.",
        Fact::ForgerySent => "Der Dieb baute aus der Zeile ein Refresh-Token, aber ohne das Geheimnis des Servers.",
        Fact::Sent { who: Lifeline::Tab2, .. } => {
            "Der Browser fügte dem Erneuern von Tab 2 das Refresh-Token {number} hinzu."
        }
        Fact::Sent { who: Lifeline::OtherDevice, .. } => "Das andere Gerät schickte sein Refresh-Token {number}.",
        Fact::Sent { .. } => "Der Browser fügte dem Erneuern das Refresh-Token {number} hinzu.",
        Fact::SentToo { who: Lifeline::Tab2, .. } => {
            "Im selben Augenblick fügte er es, Nummer {number}, auch dem Aufruf von Tab 2 hinzu."
        }
        Fact::SentToo { .. } => "Im selben Augenblick fügte er es, Nummer {number}, auch dem Aufruf des Tabs hinzu.",
        Fact::NothingToSend => "Es war kein Refresh-Token zum Mitschicken da.",

        Fact::Rotated { .. } => "Der Server tauschte es: Refresh-Token {new} ersetzt {old}.",
        Fact::RotatedAgain { .. } => {
            "Refresh-Token {old} war verbraucht, aber die Erkennung ist aus: Der Server gab {new} heraus."
        }
        Fact::ReplayedToRacer { .. } => {
            "Der andere Tab hatte es eben benutzt. Innerhalb von {grace} ist das kein Diebstahl: Der Server gab \
             noch einmal Refresh-Token {newest} heraus."
        }
        Fact::ReplayedLost { .. } => {
            "Die erste Antwort ging verloren. Innerhalb von {grace} gibt der Server dasselbe Refresh-Token \
             {newest} noch einmal heraus."
        }
        Fact::ReplayedToSecondHolder { .. } => {
            "{holder} hatte es vor weniger als {grace} benutzt. Das sieht aus wie ein zweiter Tab: Der Server gab \
             noch einmal Refresh-Token {newest} heraus."
        }
        Fact::Replayed { .. } => {
            "Es war vor weniger als {grace} benutzt worden, also gab der Server noch einmal Refresh-Token {newest} \
             heraus."
        }
        Fact::ReKeyedLost { .. } => {
            "Refresh-Token {unused} kam nie an, und niemand benutzte es. Der Server machte stattdessen {new}: Wer \
             {unused} jetzt benutzt, löst Alarm aus."
        }
        Fact::ReKeyedHeld { .. } => {
            "{holder} hat Refresh-Token {unused}, noch unbenutzt. Für den Server sieht das wie eine verlorene \
             Antwort aus, also machte er {new}. Wer {unused} jetzt benutzt, löst Alarm aus."
        }
        Fact::ReKeyed { .. } => {
            "Niemand hatte Refresh-Token {unused} benutzt. Der Server machte stattdessen {new}: Wer {unused} jetzt \
             benutzt, löst Alarm aus."
        }
        Fact::ReusedTripwire { .. } => {
            "Der Server hatte Refresh-Token {number} aufgegeben. Dass es kommt, zeigt zwei Besitzer: Die Sitzung \
             endete für beide."
        }
        Fact::ReusedAfter { .. } => {
            "{holder} hatte Refresh-Token {number} schon benutzt. Also gibt es zwei Kopien, und die Sitzung endete \
             für beide."
        }
        Fact::FalseAlarm { .. } => {
            "Niemand hat Refresh-Token {number} gestohlen. Aber ohne Nachfrist gilt eine zweite Benutzung als \
             Diebstahl: Die Sitzung endete."
        }
        Fact::Ahead => "Das Refresh-Token ist neuer als alles, was der Server kennt, also lehnte er es ab.",
        Fact::NotTheDevice => {
            "Die Sitzung gehört zu einem Gerät, und dessen Beweis fehlte: abgelehnt. Die Sitzung geht weiter."
        }
        Fact::SessionOver { reason: Some(RevokeReason::Reuse), .. } => {
            "Die Sitzung war zur Sicherheit beendet, also antwortete der Server mit 401."
        }
        Fact::SessionOver { reason: Some(RevokeReason::AbsoluteLimit), .. } => {
            "Die Sitzung hatte ihre Grenze erreicht ({absolute}), also antwortete der Server mit 401."
        }
        Fact::SessionOver { reason: None, .. } => "Die Sitzung war länger als {idle} unbenutzt und damit zu Ende: 401.",
        Fact::SessionOver { .. } => "Die Sitzung war schon zu Ende, also antwortete der Server mit 401.",
        Fact::ForgeryRefused => "Dieses Token kann nicht vom Server sein, also antwortete er mit 401.",
        Fact::NobodySignedIn => "Ohne Refresh-Token ist niemand angemeldet: 401.",
        Fact::Busy { .. } => {
            "Der Server antwortete mit {status} und tat nichts. Niemand ist abgemeldet: Der Tab wartet und fragt \
             noch einmal."
        }
        Fact::Deciding => "Der Server hat noch nicht geantwortet.",

        Fact::AnswerLost { kept: Some(_) } => {
            "Die Antwort ging unterwegs verloren: Der Browser hat noch Refresh-Token {number}."
        }
        Fact::AnswerLost { kept: None } => "Die Antwort ging unterwegs verloren.",
        Fact::LockedOut => "Der Dieb ist ausgesperrt.",
        Fact::SignsOut { .. } => "{who} meldet ab und sagt, warum.",
        Fact::ThiefHasFresh => "Der Dieb hat jetzt frische Token, und noch hat es niemand gemerkt.",
        Fact::ThiefStays => "Der Dieb bleibt drin, neben dem Besitzer, und niemand merkt es.",
        Fact::SentAgain { calls, status, typed, .. } => sent_again_de(*calls, *status < 300, *typed),
        Fact::SentAgainLost => "Der Aufruf ging noch einmal los, und seine Antwort ging verloren.",

        Fact::SignedIn => "Das Passwort stimmte, also begann der Server eine Sitzung.",
        Fact::PasswordWrong => "Das Passwort stimmte nicht, also antwortete der Server mit 401.",
        Fact::AccessInBody { .. } => {
            "Das Access-Token kam in der Antwort. Die Seite behält es im Speicher; es gilt {lives}."
        }
        Fact::RefreshInCookie { http_only: true, .. } => {
            "Refresh-Token {number} kam als Cookie, das kein Skript lesen kann."
        }
        Fact::RefreshInCookie { http_only: false, .. } => {
            "Refresh-Token {number} kam als Cookie, das jedes Skript der Seite lesen kann."
        }
        Fact::OtherDeviceSignedIn => {
            "Das andere Gerät meldete sich an: Es hat eine eigene Sitzung und ein eigenes Refresh-Token."
        }
        Fact::SignedOut => "Der Server beendete die Sitzung und nahm das Cookie zurück.",
        Fact::SessionEnded { reason: RevokeReason::SignedOutElsewhere } => "Der Server beendete die andere Sitzung.",
        Fact::SessionEnded { reason: RevokeReason::PasswordChanged } => {
            "Das Passwort wurde geändert, also beendete der Server jede andere Sitzung."
        }
        Fact::SessionEnded { reason: RevokeReason::Replaced } => "Die frühere Sitzung dieses Browsers endete.",
        Fact::SessionEnded { .. } => "Der Server beendete eine Sitzung.",
        Fact::Called => {
            "Die Seite schickte ihr Access-Token mit. Der Server prüfte es, ohne die Datenbank zu fragen: 200."
        }
        Fact::CallOfEndedSession => "Das Access-Token war echt, aber seine Sitzung war zu Ende: 401.",
        Fact::ThiefRead => "Der Dieb rief die API mit dem gestohlenen Access-Token auf und bekam die Daten: 200.",
        Fact::ThiefReadAfterEnd => {
            "Die Sitzung war zu Ende, aber der sofortige Widerruf ist aus: Das gestohlene Access-Token öffnete die \
             Daten noch."
        }
        Fact::ThiefReadNothing => {
            "Das gestohlene Access-Token war echt, aber seine Sitzung war zu Ende: 401. Der Dieb bekommt nichts."
        }
        Fact::ThiefTooLate => "Das gestohlene Access-Token war abgelaufen: 401. Der Dieb bekommt nichts.",
        Fact::Forged { how } => forged_de(*how),
        Fact::ForgedAccepted { .. } => "Der Server hielt das gefälschte Token für echt.",

        Fact::CookieKeptBack => {
            "Eine andere Website fragte, also ließ der Browser das Refresh-Cookie im Cookie-Speicher: Es ist \
             SameSite=Strict."
        }
        Fact::CookieSentAlong => {
            "Ein anderer Port gilt als dieselbe Website, also schickte der Browser das Refresh-Cookie mit."
        }
        Fact::CookieSentFromOtherSite => {
            "Das Cookie ist nicht mehr SameSite=Strict, also schickte der Browser es für eine andere Website mit."
        }
        Fact::OriginRefused { calls: 1 } => "Der Server sah, woher der Aufruf kam, und lehnte ab: 403.",
        Fact::OriginRefused { .. } => "Der Server sah, woher die Aufrufe kamen, und lehnte sie ab: 403.",
        Fact::OriginNotChecked => {
            "Niemand prüfte, woher der Aufruf kam, also klappte er: Die Sitzung wurde missbraucht."
        }
        Fact::FollowedLink => {
            "Du folgtest dem Link der anderen Website. Die Seite kam ohne das Cookie, und ihr eigener erster \
             Aufruf bringt es."
        }
        Fact::ScriptStopped => "Die Content-Policy ließ das eingeschleuste Skript nicht laufen.",
        Fact::ScriptRan { .. } => {
            "Das eingeschleuste Skript lief und las {read} von {places} Orten, an denen ein Token liegen kann."
        }
        Fact::CookieUnreadable => {
            "Das HttpOnly-Cookie konnte es nicht lesen. Aber es konnte den Browser dazu bringen, es zu benutzen."
        }
        Fact::CookieRead => "Es las auch das Refresh-Cookie: Ein Dieb kann die Sitzung mit nach Hause nehmen.",

        Fact::ClockMoved { .. } => "Die Uhr des Servers sprang um {by} vor.",
        Fact::Restarted => {
            "Der Server startete neu. Sein Speicher war leer; Sitzungen und Schlüssel kamen aus der Datenbank."
        }
        Fact::KeysRotated => {
            "Der Server signiert jetzt mit dem nächsten Schlüssel. Token mit dem alten Schlüssel gelten weiter."
        }
        Fact::KeysRetired => {
            "Der Server vergaß seine ausgemusterten Schlüssel. Access-Token mit ihnen lehnt er jetzt ab."
        }
        Fact::StoleRefresh { .. } => "Der Dieb kopierte Refresh-Token {number}. Davon sieht man noch nichts.",
        Fact::StoleAccess { .. } => "Der Dieb kopierte das Access-Token. Es gilt höchstens {lives}.",
        Fact::StoleRow => "Der Dieb kopierte die Zeile der Sitzung aus der Datenbank. Darin steht kein Token.",
        Fact::NotReached { .. } => "Der Aufruf bekam keine Antwort. Die Sitzung bleibt, und alles Getippte auch.",
        Fact::Answered { .. } => "Der Server antwortete mit {status}.",
    }
}

const fn sent_again_de(calls: usize, done: bool, typed: bool) -> &'static str {
    match (calls, done, typed) {
        (1, true, true) => "Der Aufruf ging noch einmal los und bekam {status}. Nichts Getipptes ging verloren.",
        (1, true, false) => "Der Aufruf ging noch einmal los und bekam {status}. Niemand hat etwas gemerkt.",
        (1, false, _) => "Der Aufruf ging noch einmal los und bekam {status}.",
        (_, true, true) => {
            "Alle {calls} Aufrufe gingen noch einmal los und bekamen {status}. Nichts Getipptes ging verloren."
        }
        (_, true, false) => {
            "Alle {calls} Aufrufe gingen noch einmal los und bekamen {status}. Niemand hat etwas gemerkt."
        }
        (_, false, _) => "{calls} Aufrufe gingen noch einmal los; {done} davon klappten.",
    }
}

const fn forged_de(how: Tamper) -> &'static str {
    match how {
        Tamper::Subject => {
            "Das gefälschte Token nannte eine andere Person. Die Signatur passte nicht zu diesem Text: 401."
        }
        Tamper::Expiry => "Das gefälschte Token wollte länger gelten. Die Signatur passte nicht zu diesem Text: 401.",
        Tamper::SignatureBit => "Ein Bit der Signatur war umgedreht, also passte sie zu nichts: 401.",
        Tamper::AlgNone => {
            "Das gefälschte Token sagte, es brauche keine Signatur. Der Server fragt nicht das Token, sondern \
             seine Regel: 401."
        }
        Tamper::OtherKey => {
            "Das gefälschte Token war mit einem fremden Schlüssel signiert. Den kennt der Server nicht: 401."
        }
    }
}

/// A participant at the beginning of a sentence.
pub const fn name(who: Lifeline) -> &'static str {
    match who {
        Lifeline::Tab2 => "Tab 2",
        Lifeline::Thief => "Der Dieb",
        Lifeline::OtherDevice => "Das andere Gerät",
        Lifeline::OtherSite => "Die andere Website",
        _ => "Der Tab",
    }
}
