//! Scene: a script is injected, and the database leaks: what can be read, and what can be used.

use super::source::{Source, source};
use super::text::t;
use super::{AnswerData, BeforeData, BreakItData, MythData, SIGN_IN, SceneData, StepData, act};
use crate::lab::model::event::{Action, Defence};
use crate::lab::model::lever::LeverEffect;
use crate::lab::model::scene::Chapter;

pub const SCENE: SceneData = SceneData {
    id: "injected-script",
    chapter: Chapter::Attacks,
    quick: true,
    title: t("An injected script, a leaked database", "Ein eingeschleustes Skript, eine kopierte Datenbank"),
    before: BeforeData {
        sentence: t(
            "A stranger smuggles a script into your page. That is called XSS.",
            "Ein Fremder schmuggelt ein Skript in deine Seite. Das heißt XSS.",
        ),
        question: t(
            "The refresh token is in an HttpOnly cookie. Is it safe from the script?",
            "Das Refresh-Token liegt in einem HttpOnly-Cookie. Ist es vor dem Skript sicher?",
        ),
        answers: &[
            AnswerData {
                right: false,
                text: t("Yes: the script cannot reach it.", "Ja: Das Skript kommt nicht heran."),
                reply: t(
                    "It cannot read it. But the browser sends the cookie for the script's calls too.",
                    "Lesen kann es das Token nicht. Aber der Browser schickt das Cookie auch für Aufrufe des Skripts mit.",
                ),
            },
            AnswerData {
                right: true,
                text: t(
                    "The script can use it, but not take it away.",
                    "Das Skript kann es benutzen, aber nicht mitnehmen.",
                ),
                reply: t(
                    "Right. The harm ends when the page is closed; a token that was read would live on elsewhere.",
                    "Richtig. Der Schaden endet mit der Seite; ein gelesenes Token lebte anderswo weiter.",
                ),
            },
            AnswerData {
                right: false,
                text: t("No: it can read everything.", "Nein: Es kann alles lesen."),
                reply: t("It reads everything except such cookies.", "Es liest alles außer solchen Cookies."),
            },
        ],
    },
    two_tabs: false,
    prelude: &[SIGN_IN],
    run: &[
        StepData {
            id: "policy",
            caption: t(
                "The page has a content policy: a list of scripts that may run.",
                "Die Seite hat eine Content-Policy: eine Liste der Skripte, die laufen dürfen.",
            ),
            effects: &[LeverEffect::Inject { policy: true }],
            expects: &["probed"],
            tells: &["The content policy did not let the injected script run."],
        },
        StepData {
            id: "script",
            caption: t("The same page without a content policy.", "Dieselbe Seite ohne Content-Policy."),
            effects: &[LeverEffect::Inject { policy: false }],
            expects: &["probed"],
            tells: &[
                "The injected script ran and read 3 of 4 places where a token may lie.",
                "It could not read the HttpOnly cookie. But it could make the browser use it.",
            ],
        },
        StepData {
            id: "database",
            caption: t("Somebody copies the database.", "Jemand kopiert die Datenbank."),
            effects: &[act(Action::LeakDatabase)],
            expects: &["stole row", "Thief POST /api/auth/refresh", "401 refresh_token_invalid"],
            tells: &[
                "The thief copied the session's row from the database. There is no token in it.",
                "The thief built a refresh token from the row, but without the server's secret.",
                "The server could not have made that token, so it answered 401.",
                "The thief is locked out.",
            ],
        },
    ],
    rule: t(
        "No token lies where a copy of it is enough. What runs in the page can still use it, so nothing foreign may run.",
        "Kein Token liegt, wo eine Kopie genügt. Was in der Seite läuft, kann es dennoch benutzen; also darf nichts Fremdes laufen.",
    ),
    sources: &[
        source!("src/api/edge/headers.rs", "pub fn content_security_policy("),
        source!("src/auth/token/refresh.rs", "pub fn is_bound("),
        Source::Page {
            label: t("Decision 3: two halves of the tag", "Entscheidung 3: ein Siegel in zwei Hälften (englisch)"),
            path: "decisions/0003-two-halves-of-the-tag",
        },
        Source::Page {
            label: t("An injected script", "Ein eingeschleustes Skript (englisch)"),
            path: "threat-model#an-injected-script-xss",
        },
        Source::Standard { label: "Content Security Policy Level 3", href: "https://www.w3.org/TR/CSP3/" },
        Source::Standard {
            label: "OWASP ASVS 5.0, 3.4.3",
            href: "https://github.com/OWASP/ASVS/blob/v5.0.0/5.0/en/0x12-V3-Web-Frontend-Security.md",
        },
    ],
    break_it: Some(BreakItData {
        defence: Defence::HttpOnly,
        sentence: t(
            "Take the mark HttpOnly off the cookie, and let the script run.",
            "Nimm dem Cookie das Merkmal HttpOnly und lass das Skript laufen.",
        ),
        step: "script",
        with: t(
            "The script can use the session while the page is open.",
            "Das Skript kann die Sitzung benutzen, solange die Seite offen ist.",
        ),
        without: t(
            "The script sends the refresh token to a stranger, who has the session at home.",
            "Das Skript schickt das Refresh-Token einem Fremden, der die Sitzung dann zu Hause hat.",
        ),
        tells: &["It read the refresh cookie as well: a thief can take the session home."],
    }),
    myth: Some(MythData {
        said: t("“HttpOnly stops XSS.”", "„HttpOnly verhindert XSS.“"),
        shown: t(
            "It stops the script from taking the token away. It does not stop the script, nor what it does in your name.",
            "Es hindert das Skript am Mitnehmen. Es hindert nicht das Skript, und nicht, was es in deinem Namen tut.",
        ),
    }),
    limits: &[
        t(
            "A script that runs can do what you can do, as long as the page is open.",
            "Ein Skript, das läuft, kann alles, was du kannst, solange die Seite offen ist.",
        ),
        t(
            "Whoever copies the database and the server's secret can make every token.",
            "Wer die Datenbank und das Geheimnis des Servers kopiert, kann jedes Token machen.",
        ),
    ],
};
