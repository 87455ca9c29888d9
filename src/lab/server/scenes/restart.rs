//! Scene: the server starts again, and its signing keys change.

use super::source::{Source, source};
use super::text::t;
use super::{AnswerData, BeforeData, BreakItData, CALL, SIGN_IN, SceneData, StepData, act};
use crate::lab::model::event::{Action, Defence};
use crate::lab::model::scene::Chapter;

pub const SCENE: SceneData = SceneData {
    id: "restart",
    chapter: Chapter::Accidents,
    quick: false,
    title: t("Restart and new keys", "Neustart und neue Schlüssel"),
    before: BeforeData {
        sentence: t(
            "The server gets an update, and later a new signing key: the secret behind its signatures.",
            "Der Server bekommt ein Update und später einen neuen Signaturschlüssel: das Geheimnis hinter seinen Signaturen.",
        ),
        question: t("Who is signed out?", "Wer wird abgemeldet?"),
        answers: &[
            AnswerData {
                right: true,
                text: t("Nobody.", "Niemand."),
                reply: t(
                    "Right. Sessions and keys are in the database, and an old key still counts for a while.",
                    "Richtig. Sitzungen und Schlüssel liegen in der Datenbank, und ein alter Schlüssel gilt noch eine Weile.",
                ),
            },
            AnswerData {
                right: false,
                text: t("Everybody.", "Alle."),
                reply: t(
                    "Only where sessions live in the server's memory. Here they are in the database.",
                    "Nur wo Sitzungen im Speicher des Servers liegen. Hier liegen sie in der Datenbank.",
                ),
            },
            AnswerData {
                right: false,
                text: t("Whoever has an old access token.", "Wer ein altes Access-Token hat."),
                reply: t(
                    "It still counts. Even when it does not, one silent refresh mends that.",
                    "Es gilt noch. Und wenn nicht, hilft ein stilles Erneuern.",
                ),
            },
        ],
    },
    two_tabs: false,
    prelude: &[SIGN_IN],
    run: &[
        StepData {
            id: "restart",
            caption: t(
                "The server starts again, and the page makes a call.",
                "Der Server startet neu, und die Seite macht einen Aufruf.",
            ),
            effects: &[act(Action::Restart), CALL],
            expects: &["restarted", "access Valid", "200"],
            tells: &[
                "The server started again. Its memory was empty; sessions and keys came from the database.",
                "The page sent its access token along. The server checked it without asking the database: 200.",
            ],
        },
        StepData {
            id: "rotate",
            caption: t(
                "The next signing key takes over, and the page makes a call.",
                "Der nächste Signaturschlüssel übernimmt, und die Seite macht einen Aufruf.",
            ),
            effects: &[act(Action::RotateKeys), CALL],
            expects: &["3 keys", "access Valid", "200"],
            tells: &[
                "The server signs with the next key now. Tokens signed with the old key still count.",
                "The page sent its access token along. The server checked it without asking the database: 200.",
            ],
        },
        StepData {
            id: "retire",
            caption: t(
                "The server forgets the old key at once, and the page makes a call.",
                "Der Server vergisst den alten Schlüssel sofort, und die Seite macht einen Aufruf.",
            ),
            effects: &[act(Action::RetireKeys), CALL],
            expects: &["2 keys", "access Invalid", "401 access_token_invalid", "Rotate 0", "access Valid", "200"],
            tells: &[
                "The server forgot its retired keys. Access tokens signed with them are refused now.",
                "The server had forgotten the key behind the access token, so it answered 401.",
                "The browser added refresh token 0 to the refresh call.",
                "The server rotated it: refresh token 1 replaces 0.",
                "The call was sent again and answered 200. Nobody noticed.",
            ],
        },
    ],
    rule: t(
        "A key is published before it signs, and checks for a while after. Refresh tokens need no signing key at all.",
        "Ein Schlüssel ist bekannt, bevor er signiert, und prüft danach noch eine Weile. Refresh-Token brauchen gar keinen.",
    ),
    sources: &[
        source!("src/auth/token/key_ring.rs", "pub async fn rotate("),
        Source::Page {
            label: t("Keys and secrets", "Schlüssel und Geheimnisse (englisch)"),
            path: "flow#6-keys-and-secrets",
        },
        Source::Standard { label: "RFC 7517: JSON Web Key", href: "https://www.rfc-editor.org/rfc/rfc7517" },
    ],
    break_it: Some(BreakItData {
        defence: Defence::StoredSessions,
        sentence: t(
            "Keep sessions and keys in the server's memory alone, and start it again.",
            "Behalte Sitzungen und Schlüssel nur im Speicher des Servers, und starte ihn neu.",
        ),
        step: "restart",
        with: t("Nobody is signed out.", "Niemand wird abgemeldet."),
        without: t("Everybody is signed out, at each update.", "Alle werden abgemeldet, bei jedem Update."),
        tells: &[
            "The server started again. Sessions and keys were in its memory alone, so they are gone.",
            "The server had forgotten the key behind the access token, so it answered 401.",
            "The server knew no such session any more, so it answered 401.",
            "The tab signs out and says why.",
        ],
    }),
    myth: None,
    limits: &[t(
        "Whoever copies the signing key makes access tokens for everybody, until the key is replaced.",
        "Wer den Signaturschlüssel kopiert, macht Access-Token für alle, bis der Schlüssel ersetzt ist.",
    )],
};
