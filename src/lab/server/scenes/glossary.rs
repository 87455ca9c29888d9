//! The words that a newcomer does not know (glossary), in the order in which the course brings them. A test holds every text to it:
//! no scene uses a word of a later one, and no explanation a word that comes after it.

use super::text::{Numbers, Text, t};
use crate::lab::model::scene::Word;
use crate::lang::Lang;

/// A term, and the scene that brings it.
#[derive(Debug)]
pub struct Term {
    /// As in addresses: `#word-{id}`.
    pub id: &'static str,
    pub scene: &'static str,
    /// Its forms, the first of which is its name; separated by commas.
    pub forms: Text,
    pub meaning: Text,
}

impl Term {
    pub fn forms(&self, lang: Lang) -> impl Iterator<Item = &'static str> {
        self.forms.raw(lang).split(',')
    }

    /// The term in one language.
    pub fn word(&self, numbers: &Numbers, lang: Lang) -> Word {
        Word {
            id: self.id.to_owned(),
            scene: self.scene.to_owned(),
            forms: self.forms(lang).map(str::to_owned).collect(),
            meaning: self.meaning.with(numbers, lang),
        }
    }
}

const fn term(id: &'static str, scene: &'static str, forms: Text, meaning: Text) -> Term {
    Term { id, scene, forms, meaning }
}

pub const GLOSSARY: [Term; 33] = [
    term(
        "token",
        "sign-in",
        t("token,tokens", "Token,Tokens"),
        t(
            "A text that a server hands out and accepts as proof later.",
            "Ein Text, den ein Server ausgibt und später als Beweis annimmt.",
        ),
    ),
    term(
        "session",
        "sign-in",
        t("session,sessions", "Sitzung,Sitzungen"),
        t(
            "The time for which you are signed in with one browser. The server keeps a row about it.",
            "Die Zeit, in der du mit einem Browser angemeldet bist. Der Server führt darüber eine Zeile.",
        ),
    ),
    term(
        "access-token",
        "sign-in",
        t("access token,access tokens", "Access-Token,Access-Tokens"),
        t(
            "The token that opens your data. It is good for {access}.",
            "Das Token, das deine Daten öffnet. Es gilt {access}.",
        ),
    ),
    term(
        "refresh-token",
        "sign-in",
        t("refresh token,refresh tokens", "Refresh-Token,Refresh-Tokens"),
        t(
            "The token that fetches the next access token. It is replaced each time.",
            "Das Token, das das nächste Access-Token holt. Es wird jedes Mal ersetzt.",
        ),
    ),
    term(
        "refresh",
        "sign-in",
        t("refresh,refreshes,refreshed", "erneuern,erneuert,erneuere,erneuerst"),
        t(
            "To fetch the next access token with the refresh token.",
            "Mit dem Refresh-Token das nächste Access-Token holen.",
        ),
    ),
    term(
        "rotate",
        "sign-in",
        t("rotate,rotates,rotated,rotation", "tauschen,tauschte,getauscht,Wechsel,wechseln"),
        t(
            "To replace a refresh token by the next one when it is used.",
            "Ein Refresh-Token bei der Benutzung durch das nächste ersetzen.",
        ),
    ),
    term(
        "cookie",
        "sign-in",
        t("cookie,cookies,refresh cookie", "Cookie,Cookies,Refresh-Cookie"),
        t(
            "A small text that a browser stores for a site and sends along by itself.",
            "Ein kleiner Text, den ein Browser für eine Website speichert und von selbst mitschickt.",
        ),
    ),
    term(
        "script",
        "sign-in",
        t("script,scripts", "Skript,Skripte,Skripts"),
        t("A program inside a page.", "Ein Programm in einer Seite."),
    ),
    term(
        "http-only",
        "sign-in",
        t("HttpOnly", "HttpOnly"),
        t(
            "A mark on a cookie: scripts cannot read it, and the browser still sends it.",
            "Ein Merkmal eines Cookies: Skripte können es nicht lesen, und der Browser schickt es trotzdem.",
        ),
    ),
    term(
        "malware",
        "sign-in",
        t("malware", "Schadsoftware"),
        t(
            "A program on your computer that works against you.",
            "Ein Programm auf deinem Rechner, das gegen dich arbeitet.",
        ),
    ),
    term(
        "api",
        "api-call",
        t("API,APIs", "API,APIs"),
        t(
            "The addresses at which a page asks a server for data.",
            "Die Adressen, unter denen eine Seite einen Server nach Daten fragt.",
        ),
    ),
    term(
        "signature",
        "api-call",
        t("signature,signatures", "Signatur,Signaturen"),
        t(
            "A seal over a text. Only the holder of a secret makes it, and it fits that text alone.",
            "Ein Siegel über einem Text. Nur wer ein Geheimnis hat, macht es, und es passt nur zu diesem Text.",
        ),
    ),
    term(
        "jwt",
        "api-call",
        t("JWT,JWTs", "JWT,JWTs"),
        t(
            "JSON Web Token: a token of three parts. Two of them can be read, and the third is a signature.",
            "JSON Web Token: ein Token aus drei Teilen. Zwei davon kann man lesen, der dritte ist eine Signatur.",
        ),
    ),
    term(
        "database",
        "api-call",
        t("database,databases", "Datenbank,Datenbanken"),
        t(
            "Where a server keeps what must survive a restart.",
            "Wo ein Server aufhebt, was einen Neustart überdauern muss.",
        ),
    ),
    term(
        "200",
        "api-call",
        t("200", "200"),
        t("The answer of a server that says: here you are.", "Die Antwort eines Servers, die sagt: Bitte sehr."),
    ),
    term(
        "401",
        "api-call",
        t("401", "401"),
        t(
            "The answer of a server that says: I do not know who you are.",
            "Die Antwort eines Servers, die sagt: Ich weiß nicht, wer du bist.",
        ),
    ),
    term(
        "cookie-jar",
        "fifty-calls",
        t("cookie jar,cookie jars,jar", "Cookie-Speicher"),
        t(
            "The place where a browser keeps its cookies, for all tabs.",
            "Der Ort, an dem ein Browser seine Cookies aufhebt, für alle Tabs.",
        ),
    ),
    term(
        "grace",
        "two-tabs",
        t("grace", "Nachfrist"),
        t(
            "The {grace} in which a refresh token that was just used may come once more.",
            "Die {grace}, in denen ein eben benutztes Refresh-Token noch einmal kommen darf.",
        ),
    ),
    term(
        "http",
        "lost-answer",
        t("HTTP", "HTTP"),
        t(
            "The language in which browsers ask and servers answer.",
            "Die Sprache, in der Browser fragen und Server antworten.",
        ),
    ),
    term(
        "signing-key",
        "restart",
        t("signing key,signing keys", "Signaturschlüssel"),
        t(
            "The secret with which a server makes its signatures.",
            "Das Geheimnis, mit dem ein Server seine Signaturen macht.",
        ),
    ),
    term(
        "revocation",
        "sign-out",
        t("revocation,revoked,revoke", "Widerruf,widerrufen,widerrufbar"),
        t("To make a token worthless before its end.", "Ein Token vor seinem Ende wertlos machen."),
    ),
    term(
        "ip",
        "stolen-refresh-token",
        t("IP address", "IP-Adresse"),
        t(
            "The number under which a computer is reached on the Internet.",
            "Die Nummer, unter der ein Rechner im Internet zu erreichen ist.",
        ),
    ),
    term(
        "reuse-detection",
        "stolen-refresh-token",
        t("reuse detection", "Erkennung"),
        t(
            "The server's rule that notices when a used-up refresh token comes back.",
            "Die Regel des Servers, die merkt, wenn ein verbrauchtes Refresh-Token wiederkommt.",
        ),
    ),
    term(
        "same-site",
        "another-site",
        t("SameSite=Strict,SameSite", "SameSite=Strict,SameSite"),
        t(
            "A mark on a cookie: the browser does not send it when another site asks.",
            "Ein Merkmal eines Cookies: Der Browser schickt es nicht, wenn eine andere Website fragt.",
        ),
    ),
    term(
        "port",
        "another-site",
        t("port", "Port"),
        t("The door number of a program on a computer.", "Die Türnummer eines Programms auf einem Rechner."),
    ),
    term(
        "origin",
        "another-site",
        t("origin,origins", "Ursprung,Ursprungs"),
        t(
            "Where a page comes from, exactly: the name of the computer with its port.",
            "Woher eine Seite kommt, genau: der Name des Rechners mit seinem Port.",
        ),
    ),
    term(
        "csrf",
        "another-site",
        t("CSRF", "CSRF"),
        t(
            "Cross-site request forgery: a stranger's page makes your browser ask in your name.",
            "Cross-Site Request Forgery: Eine fremde Seite lässt deinen Browser in deinem Namen fragen.",
        ),
    ),
    term(
        "403",
        "another-site",
        t("403", "403"),
        t("The answer of a server that says: not for you.", "Die Antwort eines Servers, die sagt: nicht für dich."),
    ),
    term(
        "xss",
        "injected-script",
        t("XSS", "XSS"),
        t(
            "Cross-site scripting: a stranger's script runs in your page.",
            "Cross-Site Scripting: Ein fremdes Skript läuft in deiner Seite.",
        ),
    ),
    term(
        "content-policy",
        "injected-script",
        t("content policy", "Content-Policy"),
        t(
            "A page's list of scripts that the browser may run.",
            "Die Liste einer Seite, welche Skripte der Browser laufen lassen darf.",
        ),
    ),
    term(
        "plain-session",
        "when-not",
        t("plain session,plain sessions", "einfache Sitzung,einfache Sitzungen,einfachen Sitzungen,einfachen Sitzung"),
        t(
            "A random number in a cookie, which the server looks up in its database at each call.",
            "Eine Zufallszahl in einem Cookie, die der Server bei jedem Aufruf in seiner Datenbank nachschlägt.",
        ),
    ),
    term(
        "dpop",
        "when-not",
        t("DPoP", "DPoP"),
        t(
            "Proof of possession: each call carries a signature by a key that never leaves its place.",
            "Besitznachweis: Jeder Aufruf trägt eine Signatur mit einem Schlüssel, der seinen Ort nie verlässt.",
        ),
    ),
    term(
        "device-bound",
        "when-not",
        t("device-bound sessions,device-bound session", "gerätegebundene Sitzungen,Gerätegebundene Sitzungen"),
        t(
            "A session that needs a key from the computer's own chip.",
            "Eine Sitzung, die einen Schlüssel aus dem Chip des Rechners braucht.",
        ),
    ),
];

/// Whether `text` has this form as words of its own; `at` is where. Capital letters count in terms of several of them alone.
pub fn find(text: &str, form: &str) -> Option<usize> {
    let strict = form.chars().filter(|letter| letter.is_uppercase()).count() > 1;
    let (hay, needle) = if strict { (text.to_owned(), form.to_owned()) } else { (lower(text), lower(form)) };
    let boundary = |letter: Option<char>| letter.is_none_or(|letter| !letter.is_alphanumeric());
    hay.match_indices(&needle)
        .map(|(at, _)| at)
        .find(|at| boundary(hay[..*at].chars().next_back()) && boundary(hay[at + needle.len()..].chars().next()))
}

/// In small letters, byte for byte where it was.
fn lower(text: &str) -> String {
    let small = |letter: char| {
        let mut small = letter.to_lowercase();
        match (small.next(), small.next()) {
            (Some(one), None) if one.len_utf8() == letter.len_utf8() => one,
            _ => letter,
        }
    };
    text.chars().map(small).collect()
}
