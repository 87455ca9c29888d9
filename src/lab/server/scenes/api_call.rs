//! Scene: a call of the API. What can be decoded is not verified yet.

use super::source::{Source, source};
use super::text::t;
use super::{AnswerData, BeforeData, BreakItData, CALL, MythData, SIGN_IN, SceneData, StepData, act};
use crate::lab::model::event::{Action, Defence, Tamper};
use crate::lab::model::scene::Chapter;

pub const SCENE: SceneData = SceneData {
    id: "api-call",
    chapter: Chapter::Everyday,
    quick: true,
    title: t("A call: decoded is not verified", "Ein Aufruf: gelesen ist nicht geprüft"),
    before: BeforeData {
        sentence: t(
            "The page asks the API, the server's addresses for data. Each call carries the access token.",
            "Die Seite fragt die API, die Adressen des Servers für Daten. Jeder Aufruf trägt das Access-Token.",
        ),
        question: t(
            "Everybody can read what is in the token. Somebody writes another person's name into it. What does the server say?",
            "Jeder kann lesen, was im Token steht. Jemand schreibt eine andere Person hinein. Was sagt der Server?",
        ),
        answers: &[
            AnswerData {
                right: true,
                text: t("No: the signature does not fit.", "Nein: Die Signatur passt nicht."),
                reply: t(
                    "Right. The signature seals the text; only the server has the key for it.",
                    "Richtig. Die Signatur versiegelt den Text; nur der Server hat den Schlüssel dafür.",
                ),
            },
            AnswerData {
                right: false,
                text: t("Yes: the token can be read, so it is fine.", "Ja: Das Token ist lesbar, also gilt es."),
                reply: t(
                    "To read is not to check. A server that only reads the token lets everybody in.",
                    "Lesen ist nicht prüfen. Ein Server, der das Token nur liest, lässt jeden herein.",
                ),
            },
            AnswerData {
                right: false,
                text: t("It asks the database.", "Er fragt die Datenbank."),
                reply: t(
                    "It need not: the signature tells it enough. That is the point of this token.",
                    "Das muss er nicht: Die Signatur sagt ihm genug. Dafür ist dieses Token da.",
                ),
            },
        ],
    },
    two_tabs: false,
    prelude: &[SIGN_IN],
    run: &[
        StepData {
            id: "call",
            caption: t(
                "The page asks for your notes and shows its access token.",
                "Die Seite fragt nach deinen Notizen und zeigt ihr Access-Token.",
            ),
            effects: &[CALL],
            expects: &["Tab GET /api/notes/list", "access Valid", "200"],
            tells: &["The page sent its access token along. The server checked it without asking the database: 200."],
        },
        StepData {
            id: "altered",
            caption: t(
                "A stranger copies the token, writes another person into it, and sends it.",
                "Ein Fremder kopiert das Token, schreibt eine andere Person hinein und schickt es.",
            ),
            effects: &[act(Action::Tamper { how: Tamper::Subject })],
            expects: &["Thief GET /api/account/me", "access Invalid", "401 access_token_invalid"],
            tells: &["The forged token named another person. The signature did not fit that text: 401."],
        },
    ],
    rule: t(
        "An access token is a JWT: a text with a signature. The server checks signature, purpose and end at every call.",
        "Ein Access-Token ist ein JWT: ein Text mit Signatur. Der Server prüft bei jedem Aufruf Signatur, Zweck und Ende.",
    ),
    sources: &[
        source!("src/auth/token/access.rs", "pub fn verify("),
        Source::Page {
            label: t(
                "Decision 4: how an access token is signed",
                "Entscheidung 4: wie ein Access-Token signiert wird (englisch)",
            ),
            path: "decisions/0004-access-token-eddsa-and-aws-lc",
        },
        Source::Standard {
            label: "RFC 9068, 4: checking a JWT access token",
            href: "https://www.rfc-editor.org/rfc/rfc9068#section-4",
        },
        Source::Standard {
            label: "OWASP ASVS 5.0, 9.1.1",
            href: "https://github.com/OWASP/ASVS/blob/v5.0.0/5.0/en/0x18-V9-Self-contained-Tokens.md",
        },
    ],
    break_it: Some(BreakItData {
        defence: Defence::SignatureCheck,
        sentence: t(
            "Let the server read the token without checking its signature, and send the altered one again.",
            "Lass den Server das Token lesen, ohne die Signatur zu prüfen, und schick das geänderte noch einmal.",
        ),
        step: "altered",
        with: t("The altered token is refused.", "Das geänderte Token wird abgelehnt."),
        without: t(
            "The server takes the stranger for the person in the token.",
            "Der Server hält den Fremden für die Person im Token.",
        ),
        tells: &["Nobody checked the signature, so the server took the forged token for genuine: 200."],
    }),
    myth: Some(MythData {
        said: t("“A JWT is encrypted.”", "„Ein JWT ist verschlüsselt.“"),
        shown: t(
            "It is sealed and not hidden: everybody who has it can read it. So nothing secret is in it.",
            "Es ist versiegelt und nicht versteckt: Wer es hat, kann es lesen. Darum steht nichts Geheimes darin.",
        ),
    }),
    limits: &[t(
        "A copied access token is genuine. The server accepts it from anybody, until its end or that of the session.",
        "Ein kopiertes Access-Token ist echt. Der Server nimmt es von jedem an, bis es endet oder die Sitzung endet.",
    )],
};
