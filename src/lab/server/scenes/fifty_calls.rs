//! Scene: many calls meet an expired token, and there is one refresh.

use super::source::{Source, source};
use super::text::t;
use super::{AnswerData, BeforeData, BreakItData, SIGN_IN, SceneData, StepData, act};
use crate::lab::model::event::{Action, Defence};
use crate::lab::model::scene::Chapter;

pub const SCENE: SceneData = SceneData {
    id: "fifty-calls",
    chapter: Chapter::Everyday,
    quick: false,
    title: t("{calls} calls at once", "{calls} Aufrufe auf einmal"),
    before: BeforeData {
        sentence: t(
            "A busy page makes {calls} calls at once, just after its access token has expired.",
            "Eine eifrige Seite macht {calls} Aufrufe auf einmal, gleich nachdem ihr Access-Token abgelaufen ist.",
        ),
        question: t("How often does it refresh?", "Wie oft erneuert sie?"),
        answers: &[
            AnswerData {
                right: false,
                text: t("{calls} times.", "{calls}-mal."),
                reply: t(
                    "Then the calls would use up each other's refresh token.",
                    "Dann verbrauchten die Aufrufe einander das Refresh-Token.",
                ),
            },
            AnswerData {
                right: true,
                text: t("Once.", "Einmal."),
                reply: t(
                    "Right. The first one refreshes; the others wait for it and take the same new token.",
                    "Richtig. Der erste erneuert; die anderen warten darauf und nehmen dasselbe neue Token.",
                ),
            },
            AnswerData {
                right: false,
                text: t("Never: the calls fail.", "Gar nicht: Die Aufrufe scheitern."),
                reply: t("Each of them is sent again.", "Jeder davon wird noch einmal geschickt."),
            },
        ],
    },
    two_tabs: false,
    prelude: &[SIGN_IN],
    run: &[StepData {
        id: "burst",
        caption: t(
            "All {calls} calls are refused, and all are sent again.",
            "Alle {calls} Aufrufe werden abgelehnt, und alle gehen noch einmal los.",
        ),
        effects: &[act(Action::FiftyCalls)],
        expects: &[
            "jump 901",
            "401 access_token_expired",
            "Tab POST /api/auth/refresh",
            "Rotate 0",
            "access Valid",
            "200",
        ],
        tells: &[
            "50 calls came with an expired access token, so the server answered each with 401.",
            "The browser added refresh token 0 to the refresh call.",
            "The server rotated it: refresh token 1 replaces 0.",
            "All 50 calls were sent again and answered 200. Nobody noticed.",
        ],
    }],
    rule: t(
        "One refresh is under way in a page at a time, and whoever needs a token waits for it.",
        "In einer Seite ist immer nur ein Erneuern unterwegs, und wer ein Token braucht, wartet darauf.",
    ),
    sources: &[
        source!("src/client/refresh.rs", "fn in_flight("),
        Source::Page {
            label: t("One refresh at a time", "Immer nur ein Erneuern (englisch)"),
            path: "flow/browser#single-flight",
        },
    ],
    break_it: Some(BreakItData {
        defence: Defence::SingleFlight,
        sentence: t(
            "Let each of the calls refresh for itself, and wait for nobody.",
            "Lass jeden der Aufrufe für sich erneuern und auf niemanden warten.",
        ),
        step: "burst",
        with: t("One refresh serves all {calls} calls.", "Ein Erneuern reicht für alle {calls} Aufrufe."),
        without: t(
            "The server gets {calls} refresh calls where one is enough. Only a rule of a later scene keeps you signed in.",
            "Der Server bekommt {calls} Aufrufe zum Erneuern, wo einer genügt. Nur eine Regel aus einer späteren Szene hält dich angemeldet.",
        ),
        tells: &[
            "50 calls came with an expired access token, so the server answered each with 401.",
            "Each of the 50 calls refreshed for itself, so the server got 50 refresh calls.",
            "Others came with a token that was used already. Within 10 s the server takes that for a race, not for theft.",
            "All 50 calls were sent again and answered 200. Nobody noticed.",
        ],
    }),
    myth: None,
    limits: &[t(
        "Two tabs are two pages. They have one cookie jar, and the next scenes show what that means.",
        "Zwei Tabs sind zwei Seiten. Sie haben einen Cookie-Speicher, und die nächsten Szenen zeigen, was das heißt.",
    )],
};
