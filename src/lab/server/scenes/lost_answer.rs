//! Scene: the answer to a refresh is lost.

use super::source::{Source, source};
use super::text::t;
use super::{AnswerData, BeforeData, BreakItData, EXPIRE, SIGN_IN, SceneData, StepData, act};
use crate::lab::model::event::{Action, Defence, RefreshFault};
use crate::lab::model::scene::Chapter;

pub const SCENE: SceneData = SceneData {
    id: "lost-answer",
    chapter: Chapter::Accidents,
    quick: false,
    title: t("A lost answer", "Eine verlorene Antwort"),
    before: BeforeData {
        sentence: t(
            "The train enters a tunnel. The server has rotated the refresh token, but its answer never arrives.",
            "Der Zug fährt in den Tunnel. Der Server hat das Refresh-Token getauscht, aber seine Antwort kommt nie an.",
        ),
        question: t(
            "The browser still has the old token and sends it again. What happens?",
            "Der Browser hat noch das alte Token und schickt es noch einmal. Was passiert?",
        ),
        answers: &[
            AnswerData {
                right: false,
                text: t("You are signed out.", "Du wirst abgemeldet."),
                reply: t(
                    "On a strict server, yes. Here the answer is repeated.",
                    "Bei einem strengen Server ja. Hier wird die Antwort wiederholt.",
                ),
            },
            AnswerData {
                right: true,
                text: t("The same answer comes once more.", "Dieselbe Antwort kommt noch einmal."),
                reply: t(
                    "Right. The server can make the same token again, without having stored it.",
                    "Richtig. Der Server kann dasselbe Token noch einmal machen, ohne es gespeichert zu haben.",
                ),
            },
            AnswerData {
                right: false,
                text: t("The server waits for a receipt first.", "Der Server wartet erst auf eine Quittung."),
                reply: t(
                    "HTTP has none. The next request is the receipt.",
                    "Bei HTTP gibt es keine. Die nächste Anfrage ist die Quittung.",
                ),
            },
        ],
    },
    two_tabs: false,
    prelude: &[SIGN_IN],
    run: &[StepData {
        id: "lose",
        caption: t(
            "The access token expires, and the answer to the refresh gets lost.",
            "Das Access-Token läuft ab, und die Antwort auf das Erneuern geht verloren.",
        ),
        effects: &[act(Action::NextRefresh { fault: RefreshFault::DropAnswer }), EXPIRE],
        expects: &[
            "401 access_token_expired",
            "Rotate 0",
            "lost",
            "Tab POST /api/auth/refresh",
            "Replay 0",
            "200",
            "access Valid",
        ],
        tells: &[
            "The access token had expired, so the server answered 401.",
            "The browser added refresh token 0 to the refresh call.",
            "The server rotated it: refresh token 1 replaces 0.",
            "The answer was lost on its way: the browser still has refresh token 0.",
            "The tab had no new token yet, so it asked again.",
            "The first answer was lost. Within 10 s the server gives out the same refresh token 1 again.",
            "The call was sent again and answered 200. Nobody noticed.",
        ],
    }],
    rule: t(
        "The last used token may come back as long as nobody has used its successor: then the answer was lost.",
        "Das zuletzt benutzte Token darf wiederkommen, solange niemand seinen Nachfolger benutzt hat: Dann ging die Antwort verloren.",
    ),
    sources: &[
        source!("src/auth/token/rotation.rs", "EXHAUSTED, Decision::ReKey"),
        Source::Page {
            label: t("The table of all cases", "Die Tabelle aller Fälle (englisch)"),
            path: "flow#3-rotation-how-a-refresh-token-changes",
        },
        Source::Standard {
            label: "RFC 9700, 4.14.2: refresh token rotation",
            href: "https://www.rfc-editor.org/rfc/rfc9700#section-4.14.2",
        },
    ],
    break_it: Some(BreakItData {
        defence: Defence::Grace,
        sentence: t(
            "Set the grace to nothing, and lose the answer again.",
            "Setz die Nachfrist auf null und verlier die Antwort noch einmal.",
        ),
        step: "lose",
        with: t("The answer is repeated, and nobody notices.", "Die Antwort wird wiederholt, und niemand merkt etwas."),
        without: t(
            "One lost answer signs you out, and looks like a theft.",
            "Eine verlorene Antwort meldet dich ab und sieht aus wie ein Diebstahl.",
        ),
        tells: &[
            "Nobody stole refresh token 0. But without the grace, a second use counts as theft: the session ended.",
        ],
    }),
    myth: None,
    limits: &[t(
        "The server cannot see whether an answer was lost or a thief has it. The scene of the stolen refresh token shows that.",
        "Der Server sieht nicht, ob eine Antwort verloren ging oder ein Dieb sie hat. Das zeigt die Szene vom gestohlenen Refresh-Token.",
    )],
};
