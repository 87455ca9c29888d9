//! Scene: what a sign-in brings, and what lives where.

use super::source::{Source, source};
use super::text::t;
use super::{AnswerData, BeforeData, BreakItData, MythData, SIGN_IN, SceneData, StepData, act};
use crate::lab::model::event::{Action, Defence};
use crate::lab::model::scene::Chapter;

pub const SCENE: SceneData = SceneData {
    id: "sign-in",
    chapter: Chapter::Everyday,
    quick: true,
    title: t("Sign in: what lives where", "Anmelden: was wo liegt"),
    before: BeforeData {
        sentence: t(
            "A sign-in brings two tokens: texts that the server hands out and accepts as proof later.",
            "Eine Anmeldung bringt zwei Token: Texte, die der Server ausgibt und später als Beweis annimmt.",
        ),
        question: t("You load the page again. What is still there?", "Du lädst die Seite neu. Was ist noch da?"),
        answers: &[
            AnswerData {
                right: false,
                text: t("Both tokens.", "Beide Token."),
                reply: t(
                    "One of them lives in the memory of the page. A reload empties it.",
                    "Eines davon liegt im Speicher der Seite. Ein Neuladen leert ihn.",
                ),
            },
            AnswerData {
                right: true,
                text: t("Only the one in the cookie.", "Nur das im Cookie."),
                reply: t(
                    "Right. The browser keeps cookies, and one of them fetches the other token at once.",
                    "Richtig. Der Browser behält Cookies, und eines davon holt sofort das andere Token.",
                ),
            },
            AnswerData {
                right: false,
                text: t("None: you have to sign in again.", "Keines: Du musst dich neu anmelden."),
                reply: t(
                    "Then every reload would ask for your password. The cookie is there to prevent that.",
                    "Dann fragte jedes Neuladen nach deinem Passwort. Das verhindert das Cookie.",
                ),
            },
        ],
    },
    two_tabs: false,
    prelude: &[],
    run: &[
        StepData {
            id: "sign-in",
            caption: t(
                "You sign in. The access token opens your data; the refresh token only fetches the next access token.",
                "Du meldest dich an. Das Access-Token öffnet deine Daten; das Refresh-Token holt nur das nächste Access-Token.",
            ),
            effects: &[SIGN_IN],
            expects: &["Tab POST /api/auth/login", "password true", "row 0 12", "200"],
            tells: &[
                "The password was right, so the server opened a session.",
                "The access token came in the answer. The page keeps it in memory; it is good for 15 min.",
                "Refresh token 0 came as a cookie that no script can read.",
            ],
        },
        StepData {
            id: "reload",
            caption: t(
                "You load the page again. Its memory is empty, but the cookie is still there.",
                "Du lädst die Seite neu. Ihr Speicher ist leer, aber das Cookie ist noch da.",
            ),
            effects: &[act(Action::Reload)],
            expects: &["Tab GET /notes", "Tab POST /api/auth/refresh", "Rotate 0", "200"],
            tells: &[
                "The tab had no access token in memory, as after every reload.",
                "The browser added refresh token 0 to the refresh call.",
                "The server rotated it: refresh token 1 replaces 0.",
            ],
        },
    ],
    rule: t(
        "What opens much lives for {access} in memory. What lives up to {absolute} opens little, and no script can read it.",
        "Was viel öffnet, lebt {access} im Speicher. Was bis zu {absolute dative} lebt, öffnet wenig, und kein Skript kann es lesen.",
    ),
    sources: &[
        source!("src/client/token_store.rs", "pub fn begin("),
        source!("src/api/edge/cookies/refresh.rs", "pub fn set("),
        Source::Page {
            label: t(
                "Decision 1: the refresh token in a cookie",
                "Entscheidung 1: das Refresh-Token im Cookie (englisch)",
            ),
            path: "decisions/0001-refresh-token-in-a-path-scoped-cookie",
        },
        Source::Standard {
            label: "RFC 6265, 4.1.2.6: HttpOnly",
            href: "https://www.rfc-editor.org/rfc/rfc6265#section-4.1.2.6",
        },
        Source::Standard {
            label: "OWASP ASVS 5.0, 3.3.4",
            href: "https://github.com/OWASP/ASVS/blob/v5.0.0/5.0/en/0x12-V3-Web-Frontend-Security.md",
        },
    ],
    break_it: Some(BreakItData {
        defence: Defence::HttpOnly,
        sentence: t(
            "Take the mark HttpOnly off the cookie, and sign in again.",
            "Nimm dem Cookie das Merkmal HttpOnly und melde dich noch einmal an.",
        ),
        step: "sign-in",
        with: t("No script can read the refresh token.", "Kein Skript kann das Refresh-Token lesen."),
        without: t(
            "Every script in the page can read it, and send it to a stranger.",
            "Jedes Skript der Seite kann es lesen und einem Fremden schicken.",
        ),
        tells: &["Refresh token 0 came as a cookie that every script in the page can read."],
    }),
    myth: Some(MythData {
        said: t("“A token in memory is safe.”", "„Ein Token im Speicher ist sicher.“"),
        shown: t(
            "It is gone after a reload, and no file holds it. But a script that runs in the page can still use it.",
            "Nach einem Neuladen ist es weg, und keine Datei enthält es. Aber ein Skript, das in der Seite läuft, kann es benutzen.",
        ),
    }),
    limits: &[
        t("Somebody who knows your password signs in as you do.", "Wer dein Passwort kennt, meldet sich an wie du."),
        t(
            "Malware on your computer can copy the cookie from the browser's files.",
            "Schadsoftware auf deinem Rechner kann das Cookie aus den Dateien des Browsers kopieren.",
        ),
    ],
};
