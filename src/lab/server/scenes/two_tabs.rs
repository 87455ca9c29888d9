//! Scene: two tabs refresh in the same moment.

use super::source::{Source, source};
use super::text::t;
use super::{AnswerData, BeforeData, BreakItData, MythData, SIGN_IN, SceneData, StepData, act};
use crate::lab::model::event::{Action, Defence};
use crate::lab::model::scene::Chapter;

pub const SCENE: SceneData = SceneData {
    id: "two-tabs",
    chapter: Chapter::Accidents,
    quick: true,
    title: t("Two tabs in the same moment", "Zwei Tabs im selben Augenblick"),
    before: BeforeData {
        sentence: t(
            "Two tabs share one cookie jar, and so one refresh token. Each token is good for one use.",
            "Zwei Tabs teilen einen Cookie-Speicher und damit ein Refresh-Token. Jedes Token gilt für eine Benutzung.",
        ),
        question: t(
            "Both send the same refresh token at once. What does the server do?",
            "Beide schicken gleichzeitig dasselbe Refresh-Token. Was tut der Server?",
        ),
        answers: &[
            AnswerData {
                right: false,
                text: t("It takes the second for a thief.", "Er hält den zweiten für einen Dieb."),
                reply: t(
                    "A strict server does, and signs honest people out at random. Break it below to see that.",
                    "Ein strenger Server tut das und meldet ehrliche Leute zufällig ab. Das siehst du unten.",
                ),
            },
            AnswerData {
                right: false,
                text: t("Each tab gets a token of its own.", "Jeder Tab bekommt ein eigenes Token."),
                reply: t(
                    "One cookie jar holds one of them. The other would be a spare key that nobody watches.",
                    "Der Cookie-Speicher fasst nur eines. Das andere wäre ein Zweitschlüssel, auf den niemand achtet.",
                ),
            },
            AnswerData {
                right: true,
                text: t("Both get the same next token.", "Beide bekommen dasselbe nächste Token."),
                reply: t(
                    "Right. Whichever answer comes last, the jar holds the right one.",
                    "Richtig. Welche Antwort auch zuletzt kommt, im Speicher liegt das richtige.",
                ),
            },
        ],
    },
    two_tabs: true,
    prelude: &[SIGN_IN],
    run: &[StepData {
        id: "race",
        caption: t(
            "Both tabs find their access token expired, and refresh in the same moment.",
            "Beide Tabs finden ihr Access-Token abgelaufen und erneuern im selben Augenblick.",
        ),
        effects: &[act(Action::RaceTwoTabs)],
        // The call of the first tab may be answered before the second refresh is.
        expects: &["held Barrier from here", "held Barrier from here", "Rotate 1", "Replay 1", "access Valid"],
        tells: &[
            "The access token had expired, so the server answered 401.",
            "The browser added refresh token 1 to the refresh call.",
            "At the same moment, it added refresh token 1 to a call of tab 2 as well.",
            "The server rotated it: refresh token 2 replaces 1.",
            "The other tab had just used it. Within 10 s that is no theft: the server gave out refresh token 2 again.",
            "The call was sent again and answered 200. Nobody noticed.",
        ],
    }],
    rule: t(
        "For {grace}, the grace, a used refresh token gets the same successor again. Nothing is written, and nothing is prolonged.",
        "Für {grace}, die Nachfrist, bekommt ein benutztes Refresh-Token noch einmal denselben Nachfolger. Nichts wird geschrieben oder verlängert.",
    ),
    sources: &[
        source!("src/auth/token/rotation.rs", "pub fn decide("),
        Source::Page {
            label: t(
                "Decision 2: rotation, grace and reuse",
                "Entscheidung 2: Wechsel, Nachfrist, Wiederbenutzung (englisch)",
            ),
            path: "decisions/0002-rotation-grace-and-reuse",
        },
        Source::Standard {
            label: "RFC 9700, 4.14.2: refresh token rotation",
            href: "https://www.rfc-editor.org/rfc/rfc9700#section-4.14.2",
        },
    ],
    break_it: Some(BreakItData {
        defence: Defence::Grace,
        sentence: t(
            "Set the grace to nothing, and let the tabs race again.",
            "Setz die Nachfrist auf null und lass die Tabs noch einmal rennen.",
        ),
        step: "race",
        with: t("Both tabs go on, and nobody notices.", "Beide Tabs machen weiter, und niemand merkt etwas."),
        without: t(
            "The second tab counts as a thief. Both tabs are signed out, for nothing.",
            "Der zweite Tab gilt als Dieb. Beide Tabs sind abgemeldet, für nichts.",
        ),
        tells: &[
            "Nobody stole refresh token 1. But without the grace, a second use counts as theft: the session ended.",
        ],
    }),
    myth: Some(MythData {
        said: t(
            "“Rotation means: every second use is a theft.”",
            "„Wechsel heißt: Jede zweite Benutzung ist ein Diebstahl.“",
        ),
        shown: t(
            "Two tabs and lost answers look the same. Without a grace, honest people are signed out at random.",
            "Zwei Tabs und verlorene Antworten sehen genauso aus. Ohne Nachfrist werden ehrliche Leute zufällig abgemeldet.",
        ),
    }),
    limits: &[t(
        "A thief who always comes within {grace} of you looks like a second tab, and stays hidden.",
        "Ein Dieb, der immer innerhalb von {grace} nach dir kommt, sieht aus wie ein zweiter Tab und bleibt verborgen.",
    )],
};
