//! Scene: an access token is stolen, and what a sign-out does to it.

use super::source::{Source, source};
use super::text::t;
use super::{AnswerData, BeforeData, BreakItData, MythData, SIGN_IN, SceneData, StepData, act};
use crate::lab::model::event::{Action, Defence};
use crate::lab::model::scene::Chapter;

pub const SCENE: SceneData = SceneData {
    id: "sign-out",
    chapter: Chapter::Attacks,
    quick: false,
    title: t("Sign out, really: a stolen access token", "Wirklich abmelden: ein gestohlenes Access-Token"),
    before: BeforeData {
        sentence: t(
            "A thief has copied your access token. You sign out, and the token has minutes left.",
            "Ein Dieb hat dein Access-Token kopiert. Du meldest dich ab, und das Token gilt noch Minuten.",
        ),
        question: t("What can the thief still read?", "Was kann der Dieb noch lesen?"),
        answers: &[
            AnswerData {
                right: false,
                text: t("Everything, until the token expires.", "Alles, bis das Token abläuft."),
                reply: t(
                    "So it is where the server only checks the signature. Break it below to see that.",
                    "So ist es, wo der Server nur die Signatur prüft. Das siehst du unten.",
                ),
            },
            AnswerData {
                right: true,
                text: t("Nothing more.", "Nichts mehr."),
                reply: t(
                    "Right. The server remembers the few sessions that ended while their access tokens are still good.",
                    "Richtig. Der Server merkt sich die wenigen beendeten Sitzungen, solange deren Access-Token noch gälten.",
                ),
            },
            AnswerData {
                right: false,
                text: t("Everything, for good.", "Alles, für immer."),
                reply: t(
                    "An access token ends by itself after {access}.",
                    "Ein Access-Token endet von selbst nach {access}.",
                ),
            },
        ],
    },
    two_tabs: false,
    prelude: &[SIGN_IN],
    run: &[
        StepData {
            id: "steal",
            caption: t("A thief copies the access token.", "Ein Dieb kopiert das Access-Token."),
            effects: &[act(Action::StealAccessToken)],
            expects: &["stole access"],
            tells: &["The thief copied the access token. It is good for 15 min at most."],
        },
        StepData {
            id: "use",
            caption: t("The thief shows it to the server.", "Der Dieb zeigt es dem Server."),
            effects: &[act(Action::ThiefCalls)],
            expects: &["Thief GET /api/notes/list", "access Valid", "200"],
            tells: &["The thief called the API with the stolen access token and got the data: 200."],
        },
        StepData {
            id: "sign-out",
            caption: t("You sign out.", "Du meldest dich ab."),
            effects: &[act(Action::SignOutHere)],
            expects: &["Tab POST /api/auth/logout", "ended logout", "204"],
            tells: &["The server ended the session and took the cookie back."],
        },
        StepData {
            id: "again",
            caption: t("The thief tries the same token again.", "Der Dieb versucht dasselbe Token noch einmal."),
            effects: &[act(Action::ThiefCalls)],
            expects: &["Thief GET /api/notes/list", "access Revoked", "401 session_revoked"],
            tells: &["The stolen access token was genuine, but its session had ended: 401. The thief gets nothing."],
        },
    ],
    rule: t(
        "The end of a session reaches its access tokens too: on this server at once, on further ones within a second.",
        "Das Ende einer Sitzung trifft auch ihre Access-Token: auf diesem Server sofort, auf weiteren binnen einer Sekunde.",
    ),
    sources: &[
        source!("src/auth/token/revoked.rs", "pub fn reason("),
        source!("src/auth/revocation.rs", "pub async fn logout("),
        Source::Page {
            label: t("Revocation without a query", "Widerruf ohne Abfrage (englisch)"),
            path: "flow#5-revocation-without-a-query",
        },
        Source::Standard { label: "RFC 7009: token revocation", href: "https://www.rfc-editor.org/rfc/rfc7009" },
        Source::Standard {
            label: "OWASP ASVS 5.0, 7.4.1",
            href: "https://github.com/OWASP/ASVS/blob/v5.0.0/5.0/en/0x16-V7-Session-Management.md",
        },
    ],
    break_it: Some(BreakItData {
        defence: Defence::InstantRevocation,
        sentence: t(
            "Have the server forget which sessions have ended.",
            "Lass den Server vergessen, welche Sitzungen zu Ende sind.",
        ),
        step: "again",
        with: t(
            "The stolen token is refused from the sign-out on.",
            "Ab der Abmeldung wird das gestohlene Token abgelehnt.",
        ),
        without: t(
            "The stolen token works on, up to {access} after the sign-out.",
            "Das gestohlene Token gilt weiter, bis zu {access} nach der Abmeldung.",
        ),
        tells: &[
            "The session had ended, but instant revocation is off: the stolen access token still opened the data.",
        ],
    }),
    myth: Some(MythData {
        said: t(
            "“A JWT is revoked at once.” Or: “It cannot be revoked.”",
            "„Ein JWT ist sofort widerrufen.“ Oder: „Es ist nicht widerrufbar.“",
        ),
        shown: t(
            "Both are half true. It can, if every server hears of it; until then the token counts.",
            "Beides ist halb wahr. Es geht, wenn jeder Server davon erfährt; bis dahin gilt das Token.",
        ),
    }),
    limits: &[
        t(
            "Until you sign out, the thief reads what you can read, for {access} at most.",
            "Bis du dich abmeldest, liest der Dieb, was du lesen kannst, höchstens {access} lang.",
        ),
        t(
            "A server that is cut off from the others hears of the end later; it then says that it is not ready.",
            "Ein Server ohne Verbindung zu den anderen erfährt das Ende später; er meldet dann, dass er nicht bereit ist.",
        ),
    ],
};
