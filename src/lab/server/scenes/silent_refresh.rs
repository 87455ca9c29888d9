//! Scene: the access token expires, and nothing typed is lost.

use super::source::{Source, source};
use super::text::t;
use super::{AnswerData, BeforeData, BreakItData, EXPIRE, SIGN_IN, SceneData, StepData, act};
use crate::lab::model::event::{Action, Defence};
use crate::lab::model::scene::Chapter;

pub const SCENE: SceneData = SceneData {
    id: "silent-refresh",
    chapter: Chapter::Everyday,
    quick: true,
    title: t("Silent refresh: nothing typed is lost", "Stilles Erneuern: Nichts Getipptes geht verloren"),
    before: BeforeData {
        sentence: t(
            "You have typed half a note. Meanwhile {access} pass, and your access token expires.",
            "Du hast eine halbe Notiz getippt. Inzwischen vergehen {access}, und dein Access-Token läuft ab.",
        ),
        question: t(
            "The page makes its next call. What do you see?",
            "Die Seite macht ihren nächsten Aufruf. Was siehst du?",
        ),
        answers: &[
            AnswerData {
                right: false,
                text: t("The sign-in page; the note is gone.", "Die Anmeldeseite; die Notiz ist weg."),
                reply: t(
                    "Many sites do that. It is not necessary: the refresh token is still good.",
                    "Das machen viele Websites. Nötig ist es nicht: Das Refresh-Token gilt noch.",
                ),
            },
            AnswerData {
                right: true,
                text: t("Nothing at all.", "Gar nichts."),
                reply: t(
                    "Right. One refused call, one refresh, the same call again: all without you.",
                    "Richtig. Ein abgelehnter Aufruf, ein Erneuern, derselbe Aufruf noch einmal: alles ohne dich.",
                ),
            },
            AnswerData {
                right: false,
                text: t(
                    "An error that asks you to try again.",
                    "Einen Fehler, der dich um einen neuen Versuch bittet.",
                ),
                reply: t(
                    "The page tries again by itself, because it knows what to do about this refusal.",
                    "Die Seite versucht es selbst noch einmal, denn sie weiß, was gegen diese Ablehnung hilft.",
                ),
            },
        ],
    },
    two_tabs: false,
    prelude: &[SIGN_IN],
    run: &[StepData {
        id: "expire",
        caption: t(
            "You type half a note. The access token expires, and the page makes a call.",
            "Du tippst eine halbe Notiz. Das Access-Token läuft ab, und die Seite macht einen Aufruf.",
        ),
        effects: &[act(Action::TypeNote), EXPIRE],
        expects: &[
            "jump 901",
            "Tab GET /api/notes/list",
            "access Expired",
            "401 access_token_expired",
            "Tab POST /api/auth/refresh",
            "Rotate 0",
            "rotated",
            "200",
            "Tab GET /api/notes/list",
            "access Valid",
            "200",
        ],
        tells: &[
            "The access token had expired, so the server answered 401.",
            "The browser added refresh token 0 to the refresh call.",
            "The server rotated it: refresh token 1 replaces 0.",
            "The call was sent again and answered 200. Nothing typed was lost.",
        ],
    }],
    rule: t(
        "After a 401 for an expired token the page refreshes once and sends the same call once more. No timer runs.",
        "Nach 401 für ein abgelaufenes Token erneuert die Seite einmal und schickt denselben Aufruf noch einmal. Kein Zeitgeber läuft.",
    ),
    sources: &[
        source!("src/api/transport/verdict.rs", "pub fn judge("),
        source!("src/client/refresh.rs", "pub fn renewed("),
        Source::Page {
            label: t("How the page does it", "Wie die Seite das macht (englisch)"),
            path: "flow/browser#attach-send-refresh-retry",
        },
        Source::Standard {
            label: "RFC 6750, 3.1: invalid_token",
            href: "https://www.rfc-editor.org/rfc/rfc6750#section-3.1",
        },
    ],
    break_it: Some(BreakItData {
        defence: Defence::RefreshToken,
        sentence: t(
            "Let the server give out the access token alone, and let it expire again.",
            "Lass den Server nur das Access-Token ausgeben, und lass es noch einmal ablaufen.",
        ),
        step: "expire",
        with: t("The call goes through, and you notice nothing.", "Der Aufruf gelingt, und du merkst nichts."),
        without: t(
            "You are asked for your password every {access}.",
            "Du wirst alle {access} nach deinem Passwort gefragt.",
        ),
        tells: &[
            "The access token had expired, so the server answered 401.",
            "There was no refresh token to send along.",
            "Without a refresh token nobody is signed in: 401.",
            "The tab signs out and says why.",
        ],
    }),
    myth: None,
    limits: &[
        t(
            "After {idle} without use the refresh token has expired as well. Then you sign in again.",
            "Nach {idle dative} ohne Benutzung ist auch das Refresh-Token abgelaufen. Dann meldest du dich neu an.",
        ),
        t(
            "After {absolute} every session ends, however often it was refreshed.",
            "Nach {absolute dative} endet jede Sitzung, wie oft sie auch erneuert wurde.",
        ),
    ],
};
