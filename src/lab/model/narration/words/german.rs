//! The sentences in German.

use super::super::fact::Fact;
use crate::lab::model::event::{Lifeline, Tamper};
use crate::lab::model::labels;
use crate::protocol::session::RevokeReason;

pub fn words(fact: &Fact) -> String {
    match fact {
        Fact::AccessExpired { calls: 1 } => {
            "Das Access-Token war abgelaufen, also antwortete der Server mit 401.".to_owned()
        }
        Fact::AccessExpired { calls } => {
            format!("{calls} Aufrufe kamen mit abgelaufenem Access-Token, also antwortete der Server jedem mit 401.")
        }
        Fact::AccessMissing { calls: 1 } => {
            "Ein Aufruf kam ohne Access-Token, also antwortete der Server mit 401.".to_owned()
        }
        Fact::AccessMissing { calls } => {
            format!("{calls} Aufrufe kamen ohne Access-Token, also antwortete der Server jedem mit 401.")
        }
        Fact::AccessKeyForgotten => {
            "Der Server hatte den Schlüssel hinter dem Access-Token vergessen, also antwortete er mit 401.".to_owned()
        }
        Fact::AccessNotGenuine => "Das Access-Token war nicht echt, also antwortete der Server mit 401.".to_owned(),
        Fact::NoAccessYet { who } => {
            format!("{} hatte kein Access-Token im Speicher, wie nach jedem Neuladen.", who_de(*who))
        }
        Fact::WantsFresh { who } => format!("{} bat um ein frisches Access-Token.", who_de(*who)),
        Fact::AsksAgain { who } => format!("{} hatte noch kein neues Token und fragte noch einmal.", who_de(*who)),
        Fact::ThiefSends { number } => format!("Der Dieb schickte seine Kopie von Refresh-Token {number}."),
        Fact::ForgerySent => {
            "Der Dieb baute aus der Zeile ein Refresh-Token, aber ohne das Geheimnis des Servers.".to_owned()
        }
        Fact::Sent { who: Lifeline::Tab2, number } => {
            format!("Der Browser fügte dem Erneuern von Tab 2 das Refresh-Token {number} hinzu.")
        }
        Fact::Sent { who: Lifeline::OtherDevice, number } => {
            format!("Das andere Gerät schickte sein Refresh-Token {number}.")
        }
        Fact::Sent { number, .. } => format!("Der Browser fügte dem Erneuern das Refresh-Token {number} hinzu."),
        Fact::EachRefreshed { calls } => {
            format!("Jeder der {calls} Aufrufe erneuerte für sich, also bekam der Server {calls} Aufrufe zum Erneuern.")
        }
        Fact::TakenForRaces { grace } => format!(
            "Andere kamen mit einem schon benutzten Token. Innerhalb von {} hält der Server das für einen Wettlauf, nicht für Diebstahl.",
            span_de(*grace)
        ),
        Fact::SentToo { who: Lifeline::Tab2, number } => {
            format!("Im selben Augenblick fügte er es, Nummer {number}, auch dem Aufruf von Tab 2 hinzu.")
        }
        Fact::SentToo { number, .. } => {
            format!("Im selben Augenblick fügte er es, Nummer {number}, auch dem Aufruf des Tabs hinzu.")
        }
        Fact::NothingToSend => "Es war kein Refresh-Token zum Mitschicken da.".to_owned(),

        Fact::Rotated { old, new } => format!("Der Server tauschte es: Refresh-Token {new} ersetzt {old}."),
        Fact::RotatedAgain { old, new } => format!(
            "Refresh-Token {old} war verbraucht, aber die Erkennung ist aus: Der Server gab {new} heraus."
        ),
        Fact::ReplayedToRacer { newest, grace } => format!(
            "Der andere Tab hatte es eben benutzt. Innerhalb von {} ist das kein Diebstahl: Der Server gab noch einmal \
             Refresh-Token {newest} heraus.",
            span_de(*grace)
        ),
        Fact::ReplayedLost { newest, grace } => format!(
            "Die erste Antwort ging verloren. Innerhalb von {} gibt der Server dasselbe Refresh-Token {newest} noch einmal heraus.",
            span_de(*grace)
        ),
        Fact::ReplayedToSecondHolder { newest, grace, first } => format!(
            "{} hatte es vor weniger als {} benutzt. Das sieht aus wie ein zweiter Tab: Der Server gab noch einmal \
             Refresh-Token {newest} heraus.",
            holder_de(*first),
            span_de(*grace)
        ),
        Fact::Replayed { newest, grace } => format!(
            "Es war vor weniger als {} benutzt worden, also gab der Server noch einmal Refresh-Token {newest} heraus.",
            span_de(*grace)
        ),
        Fact::ReKeyedLost { unused, new } => format!(
            "Refresh-Token {unused} kam nie an, und niemand benutzte es. Der Server machte stattdessen {new}: Wer {unused} \
             jetzt benutzt, löst Alarm aus."
        ),
        Fact::ReKeyedHeld { unused, new, holder } => format!(
            "{} hat Refresh-Token {unused}, noch unbenutzt. Für den Server sieht das wie eine verlorene Antwort aus, also \
             machte er {new}. Wer {unused} jetzt benutzt, löst Alarm aus.",
            holder_de(*holder)
        ),
        Fact::ReKeyed { unused, new } => format!(
            "Niemand hatte Refresh-Token {unused} benutzt. Der Server machte stattdessen {new}: Wer {unused} jetzt benutzt, \
             löst Alarm aus."
        ),
        Fact::ReusedTripwire { number } => format!(
            "Der Server hatte Refresh-Token {number} aufgegeben. Dass es kommt, zeigt zwei Besitzer: Die Sitzung endete für beide."
        ),
        Fact::ReusedAfter { number, first } => format!(
            "{} hatte Refresh-Token {number} schon benutzt. Also gibt es zwei Kopien, und die Sitzung endete für beide.",
            holder_de(*first)
        ),
        Fact::FalseAlarm { number } => format!(
            "Niemand hat Refresh-Token {number} gestohlen. Aber ohne Nachfrist gilt eine zweite Benutzung als Diebstahl: Die \
             Sitzung endete."
        ),
        Fact::Ahead => "Das Refresh-Token ist neuer als alles, was der Server kennt, also lehnte er es ab.".to_owned(),
        Fact::NotTheDevice => {
            "Die Sitzung gehört zu einem Gerät, und dessen Beweis fehlte: abgelehnt. Die Sitzung geht weiter.".to_owned()
        }
        Fact::SessionOver { reason: Some(RevokeReason::Reuse), .. } => {
            "Die Sitzung war zur Sicherheit beendet, also antwortete der Server mit 401.".to_owned()
        }
        Fact::SessionOver { reason: Some(RevokeReason::AbsoluteLimit), absolute, .. } => {
            format!("Die Sitzung hatte ihre Grenze erreicht ({}), also antwortete der Server mit 401.", span_de(*absolute))
        }
        Fact::SessionOver { reason: None, idle, .. } => {
            format!("Die Sitzung war länger als {} unbenutzt und damit zu Ende: 401.", span_de(*idle))
        }
        Fact::SessionOver { .. } => "Die Sitzung war schon zu Ende, also antwortete der Server mit 401.".to_owned(),
        Fact::ForgeryRefused => "Dieses Token kann nicht vom Server sein, also antwortete er mit 401.".to_owned(),
        Fact::SessionForgotten => "Der Server kannte diese Sitzung nicht mehr, also antwortete er mit 401.".to_owned(),
        Fact::NobodySignedIn => "Ohne Refresh-Token ist niemand angemeldet: 401.".to_owned(),
        Fact::Busy { status } => format!(
            "Der Server antwortete mit {status} und tat nichts. Niemand ist abgemeldet: Der Tab wartet und fragt noch einmal."
        ),
        Fact::Deciding => "Der Server hat noch nicht geantwortet.".to_owned(),

        Fact::AnswerLost { kept: Some(number) } => {
            format!("Die Antwort ging unterwegs verloren: Der Browser hat noch Refresh-Token {number}.")
        }
        Fact::AnswerLost { kept: None } => "Die Antwort ging unterwegs verloren.".to_owned(),
        Fact::LockedOut => "Der Dieb ist ausgesperrt.".to_owned(),
        Fact::SignsOut { who } => format!("{} meldet ab und sagt, warum.", who_de(*who)),
        Fact::ThiefHasFresh => "Der Dieb hat jetzt frische Token, und noch hat es niemand gemerkt.".to_owned(),
        Fact::ThiefStays => "Der Dieb bleibt drin, neben dem Besitzer, und niemand merkt es.".to_owned(),
        Fact::SentAgain { calls, done, status, typed } => sent_again_de(*calls, *done, *status, *typed),
        Fact::SentAgainLost => "Der Aufruf ging noch einmal los, und seine Antwort ging verloren.".to_owned(),

        Fact::SignedIn => "Das Passwort stimmte, also begann der Server eine Sitzung.".to_owned(),
        Fact::PasswordWrong => "Das Passwort stimmte nicht, also antwortete der Server mit 401.".to_owned(),
        Fact::AccessInBody { lives } => format!(
            "Das Access-Token kam in der Antwort. Die Seite behält es im Speicher; es gilt {}.",
            span_de(*lives)
        ),
        Fact::RefreshInCookie { number, http_only: true } => {
            format!("Refresh-Token {number} kam als Cookie, das kein Skript lesen kann.")
        }
        Fact::RefreshInCookie { number, http_only: false } => {
            format!("Refresh-Token {number} kam als Cookie, das jedes Skript der Seite lesen kann.")
        }
        Fact::OtherDeviceSignedIn => {
            "Das andere Gerät meldete sich an: Es hat eine eigene Sitzung und ein eigenes Refresh-Token.".to_owned()
        }
        Fact::SignedOut => "Der Server beendete die Sitzung und nahm das Cookie zurück.".to_owned(),
        Fact::SessionEnded { reason: RevokeReason::SignedOutElsewhere } => {
            "Der Server beendete die andere Sitzung.".to_owned()
        }
        Fact::SessionEnded { reason: RevokeReason::PasswordChanged } => {
            "Das Passwort wurde geändert, also beendete der Server jede andere Sitzung.".to_owned()
        }
        Fact::SessionEnded { reason: RevokeReason::Replaced } => {
            "Die frühere Sitzung dieses Browsers endete.".to_owned()
        }
        Fact::SessionEnded { .. } => "Der Server beendete eine Sitzung.".to_owned(),
        Fact::Called => {
            "Die Seite schickte ihr Access-Token mit. Der Server prüfte es, ohne die Datenbank zu fragen: 200.".to_owned()
        }
        Fact::CallOfEndedSession => "Das Access-Token war echt, aber seine Sitzung war zu Ende: 401.".to_owned(),
        Fact::ThiefRead => {
            "Der Dieb rief die API mit dem gestohlenen Access-Token auf und bekam die Daten: 200.".to_owned()
        }
        Fact::ThiefReadAfterEnd => {
            "Die Sitzung war zu Ende, aber der sofortige Widerruf ist aus: Das gestohlene Access-Token öffnete die Daten noch."
                .to_owned()
        }
        Fact::ThiefReadNothing => {
            "Das gestohlene Access-Token war echt, aber seine Sitzung war zu Ende: 401. Der Dieb bekommt nichts.".to_owned()
        }
        Fact::ThiefTooLate => "Das gestohlene Access-Token war abgelaufen: 401. Der Dieb bekommt nichts.".to_owned(),
        Fact::Forged { how } => forged_de(*how).to_owned(),
        Fact::ForgedAccepted { .. } => {
            "Niemand prüfte die Signatur, also hielt der Server das gefälschte Token für echt: 200.".to_owned()
        }

        Fact::CookieKeptBack => {
            "Eine andere Website fragte, also ließ der Browser das Refresh-Cookie im Cookie-Speicher: Es ist SameSite=Strict.".to_owned()
        }
        Fact::CookieSentAlong => {
            "Ein anderer Port gilt als dieselbe Website, also schickte der Browser das Refresh-Cookie mit.".to_owned()
        }
        Fact::CookieSentFromOtherSite => {
            "Das Cookie ist nicht mehr SameSite=Strict, also schickte der Browser es für eine andere Website mit.".to_owned()
        }
        Fact::OriginRefused { calls: 1 } => "Der Server sah, woher der Aufruf kam, und lehnte ab: 403.".to_owned(),
        Fact::OriginRefused { .. } => "Der Server sah, woher die Aufrufe kamen, und lehnte sie ab: 403.".to_owned(),
        Fact::OriginNotChecked => {
            "Niemand prüfte, woher der Aufruf kam, also klappte er: Die Sitzung wurde missbraucht.".to_owned()
        }
        Fact::FollowedLink => {
            "Du folgtest dem Link der anderen Website. Die Seite kam ohne das Cookie, und ihr eigener erster Aufruf bringt es."
                .to_owned()
        }
        Fact::ScriptStopped => "Die Content-Policy ließ das eingeschleuste Skript nicht laufen.".to_owned(),
        Fact::ScriptRan { read, places } => {
            format!("Das eingeschleuste Skript lief und las {read} von {places} Orten, an denen ein Token liegen kann.")
        }
        Fact::CookieUnreadable => {
            "Das HttpOnly-Cookie konnte es nicht lesen. Aber es konnte den Browser dazu bringen, es zu benutzen.".to_owned()
        }
        Fact::CookieRead => {
            "Es las auch das Refresh-Cookie: Ein Dieb kann die Sitzung mit nach Hause nehmen.".to_owned()
        }

        Fact::ClockMoved { by } => format!("Die Uhr des Servers sprang um {} vor.", span_de(*by)),
        Fact::Restarted => {
            "Der Server startete neu. Sein Speicher war leer; Sitzungen und Schlüssel kamen aus der Datenbank.".to_owned()
        }
        Fact::RestartedEmpty => {
            "Der Server startete neu. Sitzungen und Schlüssel waren nur in seinem Speicher, also sind sie weg.".to_owned()
        }
        Fact::KeysRotated => {
            "Der Server signiert jetzt mit dem nächsten Schlüssel. Token mit dem alten Schlüssel gelten weiter.".to_owned()
        }
        Fact::KeysRetired => {
            "Der Server vergaß seine ausgemusterten Schlüssel. Access-Token mit ihnen lehnt er jetzt ab.".to_owned()
        }
        Fact::StoleRefresh { number } => {
            format!("Der Dieb kopierte Refresh-Token {number}. Davon sieht man noch nichts.")
        }
        Fact::StoleAccess { lives } => {
            format!("Der Dieb kopierte das Access-Token. Es gilt höchstens {}.", span_de(*lives))
        }
        Fact::StoleRow => {
            "Der Dieb kopierte die Zeile der Sitzung aus der Datenbank. Darin steht kein Token.".to_owned()
        }
        Fact::NotReached { .. } => {
            "Der Aufruf bekam keine Antwort. Die Sitzung bleibt, und alles Getippte auch.".to_owned()
        }
        Fact::Answered { status } => format!("Der Server antwortete mit {status}."),
    }
}

fn sent_again_de(calls: usize, done: usize, status: u16, typed: bool) -> String {
    let ok = status < 300;
    let tail = match (ok, typed) {
        (true, true) => " Nichts Getipptes ging verloren.",
        (true, false) => " Niemand hat etwas gemerkt.",
        (false, _) => "",
    };
    match calls {
        1 => format!("Der Aufruf ging noch einmal los und bekam {status}.{tail}"),
        _ if ok => format!("Alle {calls} Aufrufe gingen noch einmal los und bekamen {status}.{tail}"),
        _ => format!("{calls} Aufrufe gingen noch einmal los; {done} davon klappten."),
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
            "Das gefälschte Token sagte, es brauche keine Signatur. Der Server fragt nicht das Token, sondern seine Regel: 401."
        }
        Tamper::OtherKey => {
            "Das gefälschte Token war mit einem fremden Schlüssel signiert. Den kennt der Server nicht: 401."
        }
    }
}

const fn who_de(who: Lifeline) -> &'static str {
    match who {
        Lifeline::Tab2 => "Tab 2",
        Lifeline::Thief => "Der Dieb",
        Lifeline::OtherDevice => "Das andere Gerät",
        Lifeline::OtherSite => "Die andere Website",
        _ => "Der Tab",
    }
}

const fn holder_de(who: Lifeline) -> &'static str {
    match who {
        Lifeline::Thief => "Der Dieb",
        Lifeline::OtherDevice => "Das andere Gerät",
        _ => "Der Besitzer",
    }
}

/// A duration for a German sentence: the units of minutes and seconds are the same in both languages.
fn span_de(seconds: u64) -> String {
    match seconds {
        172_800.. if seconds.is_multiple_of(86_400) => format!("{} Tage", seconds / 86_400),
        _ => labels::duration(seconds),
    }
}
