//! Text: when something else than two tokens is better.

use super::source::Source;
use super::text::t;
use super::{AnswerData, BeforeData, MythData, SceneData};
use crate::lab::model::scene::Chapter;

pub const SCENE: SceneData = SceneData {
    id: "when-not",
    chapter: Chapter::Beyond,
    quick: true,
    title: t("When not to use this", "Wann das nicht passt"),
    before: BeforeData {
        sentence: t(
            "Two tokens have a price: a second secret, a rotation, and rules for accidents.",
            "Zwei Token haben einen Preis: ein zweites Geheimnis, einen Wechsel und Regeln für Unfälle.",
        ),
        question: t(
            "One server renders all pages and has one database. What fits best?",
            "Ein Server liefert alle Seiten und hat eine Datenbank. Was passt am besten?",
        ),
        answers: &[
            AnswerData {
                right: true,
                text: t("A plain session.", "Eine einfache Sitzung."),
                reply: t(
                    "Right. A random number in a cookie and a row in the database: it ends at once by deleting the row.",
                    "Richtig. Eine Zufallszahl im Cookie und eine Zeile in der Datenbank: Wer die Zeile löscht, beendet sie sofort.",
                ),
            },
            AnswerData {
                right: false,
                text: t("Two tokens.", "Zwei Token."),
                reply: t(
                    "They would work. But you would pay for what you do not need.",
                    "Das ginge. Aber du zahltest für etwas, das du nicht brauchst.",
                ),
            },
            AnswerData {
                right: false,
                text: t("One JWT that is good for a month.", "Ein JWT, das einen Monat gilt."),
                reply: t(
                    "It is the worst of both: long to steal, hard to end.",
                    "Das ist das Schlechteste von beidem: lange zu stehlen, schwer zu beenden.",
                ),
            },
        ],
    },
    two_tabs: false,
    prelude: &[],
    run: &[],
    rule: t(
        "Take two tokens where calls should cost no query, several services check them, or a theft should show.",
        "Nimm zwei Token, wo Aufrufe keine Abfrage kosten sollen, mehrere Dienste prüfen oder ein Diebstahl auffallen soll.",
    ),
    sources: &[
        Source::Page {
            label: t("Alternatives, compared", "Alternativen im Vergleich (englisch)"),
            path: "alternatives",
        },
        Source::Standard { label: "RFC 9449: DPoP", href: "https://www.rfc-editor.org/rfc/rfc9449" },
        Source::Standard { label: "Device Bound Session Credentials", href: "https://www.w3.org/TR/dbsc/" },
    ],
    break_it: None,
    myth: Some(MythData {
        said: t("“JWTs are more modern than sessions.”", "„JWTs sind moderner als Sitzungen.“"),
        shown: t(
            "They are another trade: no query per call, and a harder end. Most apps are better off with plain sessions.",
            "Sie sind ein anderer Tausch: keine Abfrage je Aufruf, dafür ein schwereres Ende. Den meisten Apps genügen einfache Sitzungen.",
        ),
    }),
    limits: &[
        t(
            "Plain sessions: simpler, and over at once. They cost a query for each call.",
            "Einfache Sitzungen: simpler und sofort zu Ende. Sie kosten je Aufruf eine Abfrage.",
        ),
        t(
            "A backend for the frontend: a server keeps all tokens, and the page has a plain session. Take it for other people's APIs.",
            "Ein Backend für das Frontend: Ein Server behält alle Token, die Seite hat eine einfache Sitzung. Nimm es für fremde APIs.",
        ),
        t(
            "DPoP: each call proves that it holds a key, so a copied token is of no use. A script in the page can still use it.",
            "DPoP: Jeder Aufruf beweist einen Schlüssel, also nützt ein kopiertes Token nichts. Ein Skript der Seite kann es noch benutzen.",
        ),
        t(
            "Device-bound sessions: the key is in the computer's chip, so malware cannot copy it. Few browsers have them yet.",
            "Gerätegebundene Sitzungen: Der Schlüssel liegt im Chip des Rechners, also kann Schadsoftware ihn nicht kopieren. Noch haben sie wenige Browser.",
        ),
    ],
};
