//! Scene: five ways to forge an access token.

use super::source::{Source, source};
use super::text::{Text, t};
use super::{AnswerData, BeforeData, BreakItData, MythData, SIGN_IN, SceneData, StepData, act};
use crate::lab::model::event::{Action, Defence, Tamper};
use crate::lab::model::lever::LeverEffect;
use crate::lab::model::scene::Chapter;

const REFUSED: &[&str] = &["Thief GET /api/account/me", "access Invalid", "401 access_token_invalid"];

const SUBJECT: LeverEffect = act(Action::Tamper { how: Tamper::Subject });
const EXPIRY: LeverEffect = act(Action::Tamper { how: Tamper::Expiry });
const BIT: LeverEffect = act(Action::Tamper { how: Tamper::SignatureBit });
const NONE: LeverEffect = act(Action::Tamper { how: Tamper::AlgNone });
const KEY: LeverEffect = act(Action::Tamper { how: Tamper::OtherKey });

const fn step(
    id: &'static str,
    caption: Text,
    effects: &'static [LeverEffect],
    tells: &'static [&'static str],
) -> StepData {
    StepData { id, caption, effects, expects: REFUSED, tells }
}

pub const SCENE: SceneData = SceneData {
    id: "forged-tokens",
    chapter: Chapter::Attacks,
    quick: false,
    title: t("Forged tokens, five ways", "Gefälschte Token, fünf Arten"),
    before: BeforeData {
        sentence: t(
            "A token says who you are, until when, and how it is signed. A forger can change each of these.",
            "Ein Token sagt, wer du bist, bis wann, und wie es signiert ist. Ein Fälscher kann jedes davon ändern.",
        ),
        question: t(
            "The token itself says that it needs no signature. What does the server do?",
            "Das Token sagt selbst, es brauche keine Signatur. Was tut der Server?",
        ),
        answers: &[
            AnswerData {
                right: false,
                text: t("It believes the token.", "Er glaubt dem Token."),
                reply: t(
                    "Servers did, years ago. It is a famous mistake.",
                    "Das taten Server vor Jahren. Es ist ein berühmter Fehler.",
                ),
            },
            AnswerData {
                right: true,
                text: t("It does not ask the token.", "Er fragt das Token nicht."),
                reply: t(
                    "Right. How a token must be signed is the server's own rule, and there is one.",
                    "Richtig. Wie ein Token signiert sein muss, ist die eigene Regel des Servers, und es gibt nur eine.",
                ),
            },
            AnswerData {
                right: false,
                text: t("It asks you to sign in again.", "Er bittet dich um eine neue Anmeldung."),
                reply: t(
                    "It answers 401 to the forger. You notice nothing.",
                    "Er antwortet dem Fälscher mit 401. Du merkst nichts.",
                ),
            },
        ],
    },
    two_tabs: false,
    prelude: &[SIGN_IN],
    run: &[
        step(
            "person",
            t("Another person stands in it.", "Eine andere Person steht darin."),
            &[SUBJECT],
            &["The forged token named another person. The signature did not fit that text: 401."],
        ),
        step(
            "end",
            t("A later end stands in it.", "Ein späteres Ende steht darin."),
            &[EXPIRY],
            &["The forged token claimed a later end. The signature did not fit that text: 401."],
        ),
        step(
            "bit",
            t("One bit of its signature is flipped.", "Ein Bit der Signatur ist umgedreht."),
            &[BIT],
            &["One bit of the signature was flipped, so it fitted nothing: 401."],
        ),
        step(
            "none",
            t("It says that it needs no signature.", "Es sagt, es brauche keine Signatur."),
            &[NONE],
            &[
                "The forged token said that it needs no signature. The server does not ask the token, but its own rule: 401.",
            ],
        ),
        step(
            "key",
            t("It is signed well, with a stranger's key.", "Es ist gut signiert, mit einem fremden Schlüssel."),
            &[KEY],
            &["The forged token was signed with a stranger's key. The server knows no such key: 401."],
        ),
    ],
    rule: t(
        "One algorithm, keys of the server's own, and every part is checked. Nothing in the token decides how it is checked.",
        "Ein Verfahren, nur eigene Schlüssel, und jeder Teil wird geprüft. Nichts im Token entscheidet, wie geprüft wird.",
    ),
    sources: &[
        source!("src/auth/token/access.rs", "pub fn verify("),
        Source::Page {
            label: t("A forged access token", "Ein gefälschtes Access-Token (englisch)"),
            path: "threat-model#a-forged-access-token",
        },
        Source::Standard {
            label: "RFC 8725, 3.1: check the algorithm",
            href: "https://www.rfc-editor.org/rfc/rfc8725#section-3.1",
        },
        Source::Standard {
            label: "OWASP ASVS 5.0, 9.1.2",
            href: "https://github.com/OWASP/ASVS/blob/v5.0.0/5.0/en/0x18-V9-Self-contained-Tokens.md",
        },
    ],
    break_it: Some(BreakItData {
        defence: Defence::SignatureCheck,
        sentence: t(
            "Let the server read the tokens without checking a signature, and send all five again.",
            "Lass den Server die Token lesen, ohne eine Signatur zu prüfen, und schick alle fünf noch einmal.",
        ),
        step: "key",
        with: t("All five are refused.", "Alle fünf werden abgelehnt."),
        without: t(
            "All five get in. One check had stopped them all.",
            "Alle fünf kommen hinein. Eine einzige Prüfung hatte sie aufgehalten.",
        ),
        tells: &["Nobody checked the signature, so the server took the forged token for genuine: 200."],
    }),
    myth: Some(MythData {
        said: t("“The token says how to check it.”", "„Das Token sagt, wie man es prüft.“"),
        shown: t(
            "Then the forger decides. Here the server has one rule for every token, whatever the token says of itself.",
            "Dann entscheidet der Fälscher. Hier hat der Server eine Regel für jedes Token, was immer es von sich sagt.",
        ),
    }),
    limits: &[t(
        "A stolen token is no forged one: it is genuine. Other scenes deal with theft.",
        "Ein gestohlenes Token ist kein gefälschtes: Es ist echt. Um Diebstahl geht es in anderen Szenen.",
    )],
};
