//! Scene: a thief copies the refresh token, and is found out.

use super::source::{Source, source};
use super::text::t;
use super::{AFTER_GRACE, AnswerData, BeforeData, BreakItData, EXPIRE, MythData, SIGN_IN, SceneData, StepData, act};
use crate::lab::model::event::{Action, Defence};
use crate::lab::model::scene::Chapter;

pub const SCENE: SceneData = SceneData {
    id: "stolen-refresh-token",
    chapter: Chapter::Attacks,
    quick: true,
    title: t("A stolen refresh token", "Ein gestohlenes Refresh-Token"),
    before: BeforeData {
        sentence: t(
            "Malware has copied your refresh token, and the thief uses it as you do.",
            "Schadsoftware hat dein Refresh-Token kopiert, und der Dieb benutzt es wie du.",
        ),
        question: t("Can the server tell the two of you apart?", "Kann der Server euch beide unterscheiden?"),
        answers: &[
            AnswerData {
                right: false,
                text: t("Yes, by the IP address.", "Ja, an der IP-Adresse."),
                reply: t(
                    "Phones change theirs all day. It says little.",
                    "Telefone wechseln sie den ganzen Tag. Sie sagt wenig.",
                ),
            },
            AnswerData {
                right: true,
                text: t("No, but it sees that there are two.", "Nein, aber er sieht, dass es zwei sind."),
                reply: t(
                    "Right. A token that was used up comes back, so two hold copies. Both are signed out.",
                    "Richtig. Ein verbrauchtes Token kommt wieder, also gibt es zwei Kopien. Beide werden abgemeldet.",
                ),
            },
            AnswerData {
                right: false,
                text: t("No, and nobody ever notices.", "Nein, und niemand merkt es je."),
                reply: t(
                    "So it is where refresh tokens do not rotate. Break it below to see that.",
                    "So ist es, wo Refresh-Token nicht wechseln. Das siehst du unten.",
                ),
            },
        ],
    },
    two_tabs: false,
    prelude: &[SIGN_IN],
    run: &[
        StepData {
            id: "steal",
            caption: t(
                "A thief copies the refresh token out of the browser.",
                "Ein Dieb kopiert das Refresh-Token aus dem Browser.",
            ),
            effects: &[act(Action::StealRefreshToken)],
            expects: &["stole 0"],
            tells: &["The thief copied refresh token 0. Nothing shows that yet."],
        },
        StepData {
            id: "owner",
            caption: t("You go on working, and your page refreshes.", "Du arbeitest weiter, und deine Seite erneuert."),
            effects: &[EXPIRE],
            expects: &["Tab POST /api/auth/refresh", "Rotate 0", "200"],
            tells: &[
                "The access token had expired, so the server answered 401.",
                "The browser added refresh token 0 to the refresh call.",
                "The server rotated it: refresh token 1 replaces 0.",
                "The call was sent again and answered 200. Nobody noticed.",
            ],
        },
        StepData {
            id: "thief",
            caption: t("A little later the thief uses its copy.", "Etwas später benutzt der Dieb seine Kopie."),
            effects: &[AFTER_GRACE, act(Action::ThiefRefreshes)],
            expects: &["jump 11", "Thief POST /api/auth/refresh", "ReKey 0", "200"],
            tells: &[
                "The server's clock moved 11 s ahead.",
                "The thief sent its copy of refresh token 0.",
                "The owner holds refresh token 1, still unused. To the server that looks like a lost answer, so it made 2. \
                 Using 1 now raises the alarm.",
                "The thief has fresh tokens now, and nobody has noticed yet.",
            ],
        },
        StepData {
            id: "alarm",
            caption: t("Your page refreshes once more.", "Deine Seite erneuert noch einmal."),
            effects: &[EXPIRE],
            expects: &["Tab POST /api/auth/refresh", "Reuse 1", "ended reuse", "401 refresh_token_reused"],
            tells: &[
                "The access token had expired, so the server answered 401.",
                "The browser added refresh token 1 to the refresh call.",
                "The server had given up refresh token 1. Its use shows two holders, so the session ended for both.",
                "The tab signs out and says why.",
            ],
        },
        StepData {
            id: "out",
            caption: t("The thief tries to go on.", "Der Dieb will weitermachen."),
            effects: &[act(Action::ThiefRefreshes)],
            expects: &["Thief POST /api/auth/refresh", "Ended 2", "401 session_revoked"],
            tells: &[
                "The thief sent its copy of refresh token 2.",
                "The session had ended for safety, so the server answered 401.",
                "The thief is locked out.",
            ],
        },
        StepData {
            id: "bound",
            caption: t(
                "Another device has a browser that proves with a key who it is. The thief copies from there too.",
                "Ein anderes Gerät hat einen Browser, der sich mit einem Schlüssel ausweist. Auch dort kopiert der Dieb.",
            ),
            effects: &[act(Action::StealFromBoundDevice)],
            expects: &["Unbound 0", "401 refresh_token_unbound", "Rotate 0", "200"],
            tells: &[
                "The other device signed in: it has a session and a refresh token of its own.",
                "The thief copied refresh token 0. Nothing shows that yet.",
                "The thief sent its copy of refresh token 0.",
                "The session is bound to a device, and the request came without its proof: refused. The session goes on.",
                "The thief is locked out.",
                "The other device asked for a fresh access token.",
                "The other device sent its refresh token 0.",
                "The server rotated it: refresh token 1 replaces 0.",
            ],
        },
    ],
    rule: t(
        "Reuse detection: when a used-up refresh token comes back, two hold copies. The server ends that session for both.",
        "Erkennung: Kommt ein verbrauchtes Refresh-Token wieder, gibt es zwei Kopien. Der Server beendet die Sitzung für beide.",
    ),
    sources: &[
        source!("src/auth/token/rotation.rs", "pub fn decide("),
        source!("src/auth/refresh.rs", "Decision::Reuse =>"),
        Source::Page {
            label: t(
                "Decision 2: rotation, grace and reuse",
                "Entscheidung 2: Wechsel, Nachfrist, Wiederbenutzung (englisch)",
            ),
            path: "decisions/0002-rotation-grace-and-reuse",
        },
        Source::Page {
            label: t("Decision 23: device-bound sessions", "Entscheidung 23: gerätegebundene Sitzungen (englisch)"),
            path: "decisions/0023-device-bound-refresh",
        },
        Source::Standard {
            label: "RFC 9700, 4.14.2: refresh token rotation",
            href: "https://www.rfc-editor.org/rfc/rfc9700#section-4.14.2",
        },
        Source::Standard {
            label: "OWASP ASVS 5.0, 10.4.5",
            href: "https://github.com/OWASP/ASVS/blob/v5.0.0/5.0/en/0x19-V10-OAuth-and-OIDC.md",
        },
    ],
    break_it: Some(BreakItData {
        defence: Defence::ReuseDetection,
        sentence: t(
            "Turn reuse detection off, and let the thief come again.",
            "Schalte die Erkennung aus und lass den Dieb noch einmal kommen.",
        ),
        step: "out",
        with: t(
            "The thief is out as soon as you refresh once more.",
            "Der Dieb ist draußen, sobald du noch einmal erneuerst.",
        ),
        without: t(
            "The thief stays in for up to {absolute}, and nobody notices.",
            "Der Dieb bleibt bis zu {absolute dative} drin, und niemand merkt es.",
        ),
        tells: &["The thief stays in, beside the owner, and nobody notices."],
    }),
    myth: Some(MythData {
        said: t("“Rotation stops theft.”", "„Wechsel verhindert Diebstahl.“"),
        shown: t(
            "It does not prevent theft, it shows it. The thief gets in once, until you come back.",
            "Er verhindert ihn nicht, er zeigt ihn. Der Dieb kommt einmal hinein, bis du wiederkommst.",
        ),
    }),
    limits: &[
        t(
            "A thief who always comes within {grace} of you stays hidden.",
            "Ein Dieb, der immer innerhalb von {grace} nach dir kommt, bleibt verborgen.",
        ),
        t(
            "If you never come back, the thief stays until the session's limit of {absolute}.",
            "Kommst du nie wieder, bleibt der Dieb bis zur Grenze der Sitzung von {absolute dative}.",
        ),
    ],
};
