//! A scene: one concept of the two tokens as a small lesson that runs (storyboard). The server has the texts, in every language, and
//! sends a scene in one of them; the browser's program contains none.

use serde::{Deserialize, Serialize};

use super::event::Defence;
use super::lever::LeverEffect;

/// The part of the course that a scene belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Chapter {
    Everyday,
    Accidents,
    Attacks,
    /// When something else than two tokens is better. Its scene has nothing to run.
    Beyond,
}

impl Chapter {
    pub const ALL: [Chapter; 4] = [Chapter::Everyday, Chapter::Accidents, Chapter::Attacks, Chapter::Beyond];
}

/// A scene in one language, as `GET /lab/scenes.json` sends it. [`Prose`] is HTML.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scene {
    /// As in addresses: `/learn/{id}`, `/lab?scene={id}`.
    pub id: String,
    pub chapter: Chapter,
    pub title: String,
    /// Whether it belongs to the path of fifteen minutes.
    pub quick: bool,
    pub before: Before,
    /// Whether the second tab is open from the start.
    pub two_tabs: bool,
    /// What is done before the first step, in an empty sandbox: a sign-in, mostly.
    pub prelude: Vec<LeverEffect>,
    pub run: Vec<Step>,
    pub why: Why,
    pub break_it: Option<BreakIt>,
    /// What popular articles say, where it is wrong.
    pub myth: Option<Myth>,
    /// What this does not protect against, one sentence each.
    pub limits: Vec<Prose>,
}

/// HTML: a text with its terms as links that have their meaning in `data-meaning`.
pub type Prose = String;

/// What stands before the run: a sentence, and a question about what will happen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Before {
    pub sentence: Prose,
    pub question: String,
    pub answers: Vec<Answer>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    pub text: String,
    pub right: bool,
    /// What is said to somebody who chose it.
    pub reply: Prose,
}

/// One moment of the run. Its effects are caused in this order, each when the one before is done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// As in addresses: `/learn/{scene}/{id}`.
    pub id: String,
    pub caption: Prose,
    pub effects: Vec<LeverEffect>,
}

/// The rule behind it, and where it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Why {
    pub rule: Prose,
    pub links: Vec<Link>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Link {
    pub label: String,
    /// `None` for a line of the source where the build names no repository.
    pub href: Option<String>,
}

/// The same run in a sandbox of its own with one defence off from the start, and what comes of it at one step, side by side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BreakIt {
    pub defence: Defence,
    /// Its name.
    pub off: String,
    pub sentence: Prose,
    /// The id of the step at which the two runs differ.
    pub step: String,
    pub with: Prose,
    pub without: Prose,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Myth {
    pub said: Prose,
    pub shown: Prose,
}

/// A term of the glossary in one language, as `GET /lab/words.json` sends it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Word {
    pub id: String,
    /// The id of the scene that brings it.
    pub scene: String,
    /// As it stands in texts; the first is its name.
    pub forms: Vec<String>,
    pub meaning: String,
}
