//! The words around the scenes on `/learn`.

use super::super::scenes::text::{Text, t};
use crate::lab::model::scene::Chapter;

pub const TITLE: Text = t("Two tokens, in twelve scenes", "Zwei Token in zwölf Szenen");
pub const LEAD: Text = t(
    "Why two tokens, what can go wrong, and what a thief can do with one. Each scene is a run of this very app, recorded.",
    "Warum zwei Token, was schiefgehen kann und was ein Dieb damit anfängt. Jede Szene ist ein aufgezeichneter Lauf dieser App.",
);
pub const QUICK: Text = t("In fifteen minutes", "In fünfzehn Minuten");
pub const FULL: Text = t("The whole course", "Der ganze Kurs");
pub const LESSONS: Text = t("Lessons", "Lektionen");
pub const GLOSSARY: Text = t("Words", "Wörter");
pub const GUESS: Text = t("What do you think?", "Was meinst du?");
pub const WRONG: Text = t("Not quite", "Nicht ganz");
pub const RUN: Text = t("What happens", "Was geschieht");
pub const ARROWS: Text = t("Every arrow in words", "Jeder Pfeil in Worten");
pub const STEP: Text = t("This step alone", "Nur dieser Schritt");
pub const WHY: Text = t("Why", "Warum");
pub const READ: Text = t("To read on", "Zum Weiterlesen");
pub const BREAK: Text = t("Break it", "Mach es kaputt");
pub const WITH: Text = t("With the defence", "Mit dem Schutz");
pub const WITHOUT: Text = t("Without it", "Ohne ihn");
pub const MYTH: Text = t("You may have read", "Vielleicht hast du gelesen");
pub const LIMITS: Text = t("What this does not protect against", "Wovor das nicht schützt");
pub const INSTEAD: Text = t("What there is instead", "Was es stattdessen gibt");
pub const RUN_IT: Text = t("Run it in the lab", "Im Labor ausführen");
pub const BACK: Text = t("Before", "Zurück");
pub const NEXT: Text = t("Next", "Weiter");
pub const ALL: Text = t("The whole scene", "Die ganze Szene");
pub const PICTURE: Text = t("Picture of a recorded run", "Bild eines aufgezeichneten Laufs");
pub const RECORDED: Text = t(
    "Recorded from a real run, with the settings of the lab.",
    "Aufgezeichnet aus einem echten Lauf, mit den Einstellungen des Labors.",
);

pub const fn chapter(chapter: Chapter) -> Text {
    match chapter {
        Chapter::Everyday => t("Everyday", "Alltag"),
        Chapter::Accidents => t("Accidents", "Unfälle"),
        Chapter::Attacks => t("Attacks", "Angriffe"),
        Chapter::Beyond => t("Beyond", "Darüber hinaus"),
    }
}
