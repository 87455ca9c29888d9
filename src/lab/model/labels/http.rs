//! Texts of HTTP and JWT: the purpose of each header, cookie attribute and claim in one sentence, and the meaning of each status.
//! Explanations for a reader of the page, not definitions.

use serde_json::Value;

use super::units::{clock, relative};
use crate::clock::Timestamp;
use crate::lab::model::event::{CookieReason, HopName};
use crate::lab::words::{filled, t};
use crate::protocol::code::Code;
use crate::protocol::session::RevokeReason;

/// The purpose of a header; `None` for headers that need no explanation.
pub fn header(name: &str) -> Option<&'static str> {
    Some(match name.to_ascii_lowercase().as_str() {
        "authorization" => t(
            "Carries the access token. \"Bearer\" means that whoever bears it is let in, so it must not leak.",
            "Trägt das Access-Token. \"Bearer\" heißt: Wer es hat, wird eingelassen. Also darf es nicht nach außen.",
        ),
        "cookie" => t(
            "Added by the browser, not by the page: every cookie whose path and site fit.",
            "Vom Browser hinzugefügt, nicht von der Seite: jedes Cookie, dessen Pfad und Site passen.",
        ),
        "origin" => t(
            "Where the asking page comes from. The browser writes it and no page can forge it.",
            "Woher die fragende Seite kommt. Der Browser schreibt es, und keine Seite kann es fälschen.",
        ),
        "sec-fetch-site" => t(
            "The browser's own word on whether this site, a sister or a stranger asks. Strangers are refused.",
            "Das Wort des Browsers, ob diese Site, eine Schwester oder eine fremde fragt. Fremde werden abgelehnt.",
        ),
        "sec-fetch-mode" => t(
            "How the browser asks: a page being opened, or a call by a page.",
            "Wie der Browser fragt: Eine Seite wird geöffnet, oder eine Seite ruft auf.",
        ),
        "sec-fetch-dest" => t("What the browser wants the answer for.", "Wofür der Browser die Antwort will."),
        "content-type" => t("How the body is written.", "Wie der Inhalt geschrieben ist."),
        "content-length" => t("How long the body is, in bytes.", "Wie lang der Inhalt ist, in Bytes."),
        "accept" => t("Which kinds of answer are understood.", "Welche Arten von Antwort verstanden werden."),
        "user-agent" => t(
            "What the browser calls itself; shown in the list of sessions.",
            "Wie der Browser sich nennt; steht in der Liste der Sitzungen.",
        ),
        "host" => t("Which server is meant.", "Welcher Server gemeint ist."),
        "referer" => t("The page that was open before.", "Die Seite, die vorher offen war."),
        "set-cookie" => t("Asks the browser to keep a cookie.", "Bittet den Browser, ein Cookie aufzuheben."),
        "www-authenticate" => t(
            "Says why the access token was not enough. The tab then refreshes once and tries again.",
            "Sagt, warum das Access-Token nicht reichte. Der Tab erneuert dann einmal und versucht es wieder.",
        ),
        "retry-after" => t(
            "How many seconds to wait. The tab keeps everything and waits; nobody is signed out.",
            "Wie viele Sekunden zu warten sind. Der Tab behält alles und wartet; niemand wird abgemeldet.",
        ),
        "cache-control" => t(
            "no-store: neither the browser nor anything on the way may keep this answer.",
            "no-store: Weder der Browser noch etwas unterwegs darf diese Antwort aufheben.",
        ),
        "location" => t("Where the browser goes next.", "Wohin der Browser als Nächstes geht."),
        _ => return None,
    })
}

/// The effect of a `Set-Cookie` attribute.
pub fn attribute(attribute: &str) -> &'static str {
    let (name, value) = attribute.split_once('=').unwrap_or((attribute, ""));
    match (name.to_ascii_lowercase().as_str(), value.to_ascii_lowercase().as_str()) {
        ("httponly", _) => t(
            "No script can read it, not even this page's own.",
            "Kein Skript kann es lesen, auch keines dieser Seite.",
        ),
        ("secure", _) => t("It never travels without encryption.", "Es reist nie ohne Verschlüsselung."),
        ("samesite", "strict") => t(
            "It stays at home when another site asks. Another port is the same site.",
            "Es bleibt zu Hause, wenn eine andere Site fragt. Ein anderer Port ist dieselbe Site.",
        ),
        ("samesite", "lax") => t(
            "Other sites get it sent only by a link that a person follows.",
            "Von anderen Sites geht es nur mit, wenn jemand einem Link folgt.",
        ),
        ("samesite", _) => {
            t("Any site can make the browser send it.", "Jede Site kann den Browser dazu bringen, es zu senden.")
        }
        ("path", "/") => {
            t("It goes along with every request to this server.", "Es geht mit jeder Anfrage an diesen Server mit.")
        }
        ("path", _) => t(
            "It goes along below this path alone: the notes never see it.",
            "Es geht nur unter diesem Pfad mit: Die Notizen sehen es nie.",
        ),
        ("max-age", "0") => t("The browser throws it away now.", "Der Browser wirft es jetzt weg."),
        ("max-age", _) => t("How many seconds the browser keeps it.", "Wie viele Sekunden der Browser es aufhebt."),
        ("domain", _) => t("Sister hosts get it as well.", "Auch Schwester-Hosts bekommen es."),
        _ => t("An attribute without a special meaning here.", "Ein Attribut ohne besondere Bedeutung hier."),
    }
}

pub fn cookie_why(why: CookieReason) -> &'static str {
    match why {
        CookieReason::Fits => t("its path and its site fit", "sein Pfad und seine Site passen"),
        CookieReason::OtherPath => t("its path does not fit this address", "sein Pfad passt nicht zu dieser Adresse"),
        CookieReason::OtherSite => {
            t("another site asks, and it is SameSite=Strict", "eine andere Site fragt, und es ist SameSite=Strict")
        }
        CookieReason::NotInJar => t("there is none in the cookie jar", "im Cookie-Speicher ist keines"),
        CookieReason::NoBrowser => {
            t("no browser asks, so it sends what it likes", "kein Browser fragt, also sendet er, was er will")
        }
    }
}

pub fn hop(hop: HopName) -> &'static str {
    match hop {
        HopName::Read => t("read the request", "Anfrage lesen"),
        HopName::PasswordHash => t("check the password", "Passwort prüfen"),
        HopName::Rotate => t("read the row, decide and write", "Zeile lesen, entscheiden, schreiben"),
        HopName::Write => t("write to the database", "in die Datenbank schreiben"),
        HopName::Sign => t("make the tokens", "Token herstellen"),
        HopName::Answer => t("send the answer", "Antwort senden"),
    }
}

/// The meaning of a code for the user. A code without a lesson of its own has its title.
pub fn code(code: Code) -> &'static str {
    match code {
        Code::AccessTokenMissing => t(
            "No access token came along. The tab asks for one and tries again.",
            "Kein Access-Token kam mit. Der Tab holt eines und versucht es wieder.",
        ),
        Code::AccessTokenExpired => t(
            "The access token is too old. The tab refreshes and tries again; nobody notices.",
            "Das Access-Token ist zu alt. Der Tab erneuert und versucht es wieder; niemand merkt es.",
        ),
        Code::AccessTokenInvalid => t(
            "This access token was not made here, or somebody altered it. The tab refreshes once.",
            "Dieses Access-Token entstand nicht hier, oder jemand hat es verändert. Der Tab erneuert einmal.",
        ),
        Code::SessionRevoked => t(
            "The token is genuine, but its session is over. The tab signs out and says why.",
            "Das Token ist echt, aber seine Sitzung ist zu Ende. Der Tab meldet ab und sagt, warum.",
        ),
        Code::RefreshTokenMissing => t(
            "No refresh cookie came along, so nobody is signed in.",
            "Kein Refresh-Cookie kam mit, also ist niemand angemeldet.",
        ),
        Code::RefreshTokenInvalid => {
            t("This refresh token was not made here.", "Dieses Refresh-Token entstand nicht hier.")
        }
        Code::RefreshTokenExpired => t(
            "The session is too old, or was not used for too long.",
            "Die Sitzung ist zu alt oder wurde zu lange nicht benutzt.",
        ),
        Code::RefreshTokenReused => t(
            "A refresh token came a second time: somebody has a copy. The session is over for both.",
            "Ein Refresh-Token kam ein zweites Mal: Jemand hat eine Kopie. Die Sitzung ist für beide zu Ende.",
        ),
        Code::InsufficientUserAuthentication => t(
            "The password was entered too long ago for this. It is asked again.",
            "Das Passwort wurde dafür vor zu langer Zeit eingegeben. Es wird noch einmal gefragt.",
        ),
        Code::InvalidCredentials => t(
            "E-mail or password is wrong. Which of them, is not said.",
            "E-Mail oder Passwort ist falsch. Welches, wird nicht gesagt.",
        ),
        Code::ValidationFailed => t("The input does not fit.", "Die Eingabe passt nicht."),
        Code::NotFound => {
            t("There is nothing here, or it is somebody else's.", "Hier ist nichts, oder es gehört jemand anderem.")
        }
        Code::CrossSiteRequest => t(
            "Another site asked. The server does nothing, whatever cookies came along.",
            "Eine andere Site hat gefragt. Der Server tut nichts, welche Cookies auch mitkamen.",
        ),
        Code::RateLimited => {
            t("Too many attempts. Wait; nobody is signed out.", "Zu viele Versuche. Warte; niemand wird abgemeldet.")
        }
        Code::TemporarilyUnavailable => t(
            "The server cannot right now. Wait; nobody is signed out.",
            "Der Server kann gerade nicht. Warte; niemand wird abgemeldet.",
        ),
        Code::RequestTimeout => t(
            "The request arrived too slowly. The tab sends it again.",
            "Die Anfrage kam zu langsam an. Der Tab sendet sie noch einmal.",
        ),
        code => code.title(),
    }
}

pub fn status(status: u16) -> &'static str {
    match status {
        201 => t("made", "angelegt"),
        204 => t("done, nothing to say", "erledigt, nichts zu sagen"),
        303 => t("look there instead", "sieh stattdessen dort"),
        400 => t("not understood", "nicht verstanden"),
        401 => t("not let in", "nicht eingelassen"),
        403 => t("forbidden", "verboten"),
        404 => t("nothing here", "hier ist nichts"),
        409 => t("in conflict", "im Widerspruch"),
        422 => t("does not fit", "passt nicht"),
        429 => t("too many", "zu viele"),
        503 => t("not now", "nicht jetzt"),
        _ if status < 300 => t("done", "erledigt"),
        _ if status < 400 => t("elsewhere", "anderswo"),
        _ if status < 500 => t("refused", "abgelehnt"),
        _ => t("failed", "gescheitert"),
    }
}

pub fn reason(reason: RevokeReason) -> &'static str {
    match reason {
        RevokeReason::Logout => t("signed out here", "hier abgemeldet"),
        RevokeReason::Replaced => t(
            "another sign-in in the same browser took its place",
            "eine andere Anmeldung im selben Browser trat an ihre Stelle",
        ),
        RevokeReason::SignedOutElsewhere => t("signed out from another device", "von einem anderen Gerät abgemeldet"),
        RevokeReason::Reuse => t(
            "an old refresh token came back, so somebody may have a copy",
            "ein altes Refresh-Token kam zurück, also hat vielleicht jemand eine Kopie",
        ),
        RevokeReason::PasswordChanged => t("the password was changed", "das Passwort wurde geändert"),
        RevokeReason::AccountDeleted => t("the account was deleted", "das Konto wurde gelöscht"),
        RevokeReason::AccountDisabled => t("the account was disabled", "das Konto wurde gesperrt"),
        RevokeReason::EndedByOperator => t("an operator ended it", "ein Betreiber hat sie beendet"),
        RevokeReason::SessionLimit => t(
            "the account had too many sessions, and this one was unused longest",
            "das Konto hatte zu viele Sitzungen, und diese war am längsten unbenutzt",
        ),
        RevokeReason::IdleLimit => {
            t("it was unused for longer than the idle limit", "sie war länger unbenutzt als erlaubt")
        }
        RevokeReason::AbsoluteLimit => t("it reached the absolute limit", "sie erreichte ihre längste Dauer"),
    }
}

/// The meaning of a claim or a JOSE header field (RFC 7519, RFC 9068).
pub fn claim(name: &str) -> &'static str {
    match name {
        "alg" => t("how it is signed", "wie es signiert ist"),
        "typ" => t("what kind of token it is", "welche Art Token es ist"),
        "kid" => t("which signing key", "welcher Signaturschlüssel"),
        "iss" => t("who made it", "wer es ausgestellt hat"),
        "aud" => t("whom it is for", "für wen es ist"),
        "sub" => t("which person", "welche Person"),
        "sid" => t("which session", "welche Sitzung"),
        "jti" => t("its own number", "seine eigene Nummer"),
        "iat" => t("when it was made", "wann es entstand"),
        "exp" => t("when it ends", "wann es endet"),
        "auth_time" => t("when the password was entered", "wann das Passwort eingegeben wurde"),
        "client_id" => t("which app asked", "welche App gefragt hat"),
        "session_epoch" => t(
            "how often all sessions of the person have ended at once",
            "wie oft alle Sitzungen der Person zugleich endeten",
        ),
        _ => t("not one of ours", "keines von unseren"),
    }
}

/// A time claim as a date with its distance from `now`; `None` for other claims.
pub fn claim_value(name: &str, value: &Value, now: Timestamp) -> Option<String> {
    let seconds = value.as_i64().filter(|_| matches!(name, "iat" | "exp" | "auth_time"))?;
    let at = Timestamp::from_secs(seconds);
    Some(match (name, at.since(now)) {
        ("exp", ..=0) => filled(t("{} UTC, expired {}", "{} UTC, abgelaufen {}"), &[&clock(at), &relative(at, now)]),
        _ => filled("{} UTC, {}", &[&clock(at), &relative(at, now)]),
    })
}
