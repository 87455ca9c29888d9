//! Scene: another site, and another port of the same site, misuse the cookie.

use super::source::{Source, source};
use super::text::t;
use super::{AnswerData, BeforeData, BreakItData, MythData, SIGN_IN, SceneData, StepData};
use crate::lab::model::event::{Defence, ForeignOrigin};
use crate::lab::model::lever::LeverEffect;
use crate::lab::model::scene::Chapter;

pub const SCENE: SceneData = SceneData {
    id: "another-site",
    chapter: Chapter::Attacks,
    quick: false,
    title: t("Another site, another port", "Eine andere Website, ein anderer Port"),
    before: BeforeData {
        sentence: t(
            "Browsers send cookies along by themselves. You look at a stranger's page, and it sends a form to your app.",
            "Browser schicken Cookies von selbst mit. Du siehst eine fremde Seite an, und sie schickt ein Formular an deine App.",
        ),
        question: t("Does your refresh cookie go along?", "Geht dein Refresh-Cookie mit?"),
        answers: &[
            AnswerData {
                right: false,
                text: t("Yes, always.", "Ja, immer."),
                reply: t(
                    "That was so for twenty years. SameSite=Strict on the cookie stops it.",
                    "So war es zwanzig Jahre lang. SameSite=Strict am Cookie verhindert es.",
                ),
            },
            AnswerData {
                right: false,
                text: t("No, never.", "Nein, nie."),
                reply: t(
                    "Nearly. Another port of the same computer counts as the same site, and gets the cookie.",
                    "Fast. Ein anderer Port desselben Rechners gilt als dieselbe Website und bekommt das Cookie.",
                ),
            },
            AnswerData {
                right: true,
                text: t(
                    "Not from another site, but from another port.",
                    "Nicht von einer anderen Website, aber von einem anderen Port.",
                ),
                reply: t(
                    "Right. So the server also looks at the origin of each call: name and port.",
                    "Richtig. Darum sieht der Server auch auf den Ursprung jedes Aufrufs: Name und Port.",
                ),
            },
        ],
    },
    two_tabs: false,
    prelude: &[SIGN_IN],
    run: &[
        StepData {
            id: "site",
            caption: t(
                "A page of another site attacks your session.",
                "Eine Seite einer anderen Website greift deine Sitzung an.",
            ),
            effects: &[LeverEffect::Attack(ForeignOrigin::OtherSite)],
            expects: &[
                "OtherSite POST /api/auth/logout",
                "403 cross_site_request",
                "OtherSite POST /api/auth/refresh",
                "403 cross_site_request",
            ],
            tells: &[
                "Another site asked, so the browser kept the refresh cookie in its jar: the cookie is SameSite=Strict.",
                "The server saw where the calls came from and refused them: 403.",
            ],
        },
        StepData {
            id: "port",
            caption: t("The same attack comes from another port.", "Derselbe Angriff kommt von einem anderen Port."),
            effects: &[LeverEffect::Attack(ForeignOrigin::OtherPort)],
            expects: &[
                "OtherSite POST /api/auth/logout",
                "403 cross_site_request",
                "OtherSite POST /api/auth/refresh",
                "403 cross_site_request",
            ],
            tells: &[
                "Another port counts as the same site, so the browser sent the refresh cookie along.",
                "The server saw where the calls came from and refused them: 403.",
            ],
        },
    ],
    rule: t(
        "The cookie stays away from other sites, and the server refuses what another origin sends. Both are needed against CSRF.",
        "Das Cookie meidet andere Websites, und der Server lehnt ab, was ein anderer Ursprung schickt. Gegen CSRF braucht es beides.",
    ),
    sources: &[
        source!("src/api/edge/same_origin.rs", "pub fn layer("),
        source!("src/api/edge/cookies/refresh.rs", "pub fn set("),
        Source::Page {
            label: t("Cross-site requests", "Anfragen anderer Websites (englisch)"),
            path: "flow#cross-site-requests-csrf",
        },
        Source::Standard { label: "Fetch Metadata: Sec-Fetch-Site", href: "https://www.w3.org/TR/fetch-metadata/" },
        Source::Standard {
            label: "OWASP ASVS 5.0, 3.5.1",
            href: "https://github.com/OWASP/ASVS/blob/v5.0.0/5.0/en/0x12-V3-Web-Frontend-Security.md",
        },
    ],
    break_it: Some(BreakItData {
        defence: Defence::OriginCheck,
        sentence: t(
            "Have the server look away from the origin, and attack from the other port.",
            "Lass den Server beim Ursprung wegsehen und greif vom anderen Port an.",
        ),
        step: "port",
        with: t("The call is refused: 403.", "Der Aufruf wird abgelehnt: 403."),
        without: t(
            "The stranger's page signs you out, and could do more.",
            "Die fremde Seite meldet dich ab und könnte mehr.",
        ),
        tells: &[
            "Another port counts as the same site, so the browser sent the refresh cookie along.",
            "Nobody checked where the call came from, so it worked: the session was misused.",
        ],
    }),
    myth: Some(MythData {
        said: t("“SameSite ends CSRF.”", "„SameSite beendet CSRF.“"),
        shown: t(
            "It stops other sites. Another port, or a neighbour under the same domain, is the same site.",
            "Es hält andere Websites ab. Ein anderer Port oder ein Nachbar unter derselben Domain ist dieselbe Website.",
        ),
    }),
    limits: &[t(
        "A script inside your own page comes from the right origin. The next scene shows it.",
        "Ein Skript in deiner eigenen Seite kommt vom richtigen Ursprung. Das zeigt die nächste Szene.",
    )],
};
