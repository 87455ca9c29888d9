//! The scenes: each concept of the two tokens as one file of data, in every language. `GET /lab/scenes.json` sends them to the lab's
//! page, `/learn` shows them as text, and `tests/lab/scenes.rs` runs each in a real sandbox.

mod another_site;
mod api_call;
pub mod explained;
mod fifty_calls;
mod forged_tokens;
pub mod glossary;
mod injected_script;
mod lost_answer;
mod restart;
mod sign_in;
mod sign_out;
mod silent_refresh;
pub mod source;
mod stolen_refresh_token;
pub mod text;
mod two_tabs;
mod when_not;

use explained::Explained;
use source::Source;
use text::{Numbers, Text};

use super::sandbox::settings;
use crate::lab::model::event::{Action, Defence};
use crate::lab::model::labels;
use crate::lab::model::lever::LeverEffect;
use crate::lab::model::scene::{Answer, Before, BreakIt, Chapter, Myth, Scene, Step, Why};
use crate::lang::Lang;

/// All scenes, in the order of the course.
pub const SCENES: [&SceneData; 13] = [
    &sign_in::SCENE,
    &api_call::SCENE,
    &silent_refresh::SCENE,
    &fifty_calls::SCENE,
    &two_tabs::SCENE,
    &lost_answer::SCENE,
    &restart::SCENE,
    &sign_out::SCENE,
    &stolen_refresh_token::SCENE,
    &forged_tokens::SCENE,
    &another_site::SCENE,
    &injected_script::SCENE,
    &when_not::SCENE,
];

/// A scene in every language, with what its run must cause. [`Scene`] says what each field is.
#[derive(Debug)]
pub struct SceneData {
    pub id: &'static str,
    pub chapter: Chapter,
    pub quick: bool,
    pub title: Text,
    pub before: BeforeData,
    pub two_tabs: bool,
    pub prelude: &'static [LeverEffect],
    pub run: &'static [StepData],
    pub rule: Text,
    pub sources: &'static [Source],
    pub break_it: Option<BreakItData>,
    pub myth: Option<MythData>,
    pub limits: &'static [Text],
}

#[derive(Debug)]
pub struct BeforeData {
    pub sentence: Text,
    pub question: Text,
    pub answers: &'static [AnswerData],
}

#[derive(Debug)]
pub struct AnswerData {
    pub right: bool,
    pub text: Text,
    pub reply: Text,
}

#[derive(Debug)]
pub struct StepData {
    pub id: &'static str,
    pub caption: Text,
    pub effects: &'static [LeverEffect],
    /// Events that the effects must cause, in this order, as `tests/lab/support/story.rs` words them; others may stand between.
    pub expects: &'static [&'static str],
    /// The story, sentence by sentence, in English: the one that a run must tell (golden master).
    pub tells: &'static [&'static str],
}

#[derive(Debug)]
pub struct BreakItData {
    pub defence: Defence,
    pub sentence: Text,
    pub step: &'static str,
    pub with: Text,
    pub without: Text,
    /// Sentences of the story of that step with the defence off.
    pub tells: &'static [&'static str],
}

#[derive(Debug)]
pub struct MythData {
    pub said: Text,
    pub shown: Text,
}

const fn act(action: Action) -> LeverEffect {
    LeverEffect::Run(action)
}

const SIGN_IN: LeverEffect = act(Action::SignIn { tab2: false });
const EXPIRE: LeverEffect = act(Action::ExpireAccessToken);
const CALL: LeverEffect = act(Action::Call);
/// The clock moves beyond the grace.
const AFTER_GRACE: LeverEffect = act(Action::JumpClock { seconds: settings::AFTER_GRACE });

/// The name of a defence, where a run is without it.
const fn name_of(defence: Defence) -> Text {
    let (english, german) = labels::defence_names(defence);
    text::t(english, german)
}

impl SceneData {
    /// The scene in one language. Its terms lead to the page `glossary`, each where it is read first.
    pub fn scene(&self, numbers: &Numbers, lang: Lang, glossary: String) -> Scene {
        let text = |text: Text| text.with(numbers, lang);
        let mut texts = Explained::beside(lang, numbers.clone(), glossary);
        let sentence = texts.text(self.before.sentence);
        let answers = self.before.answers.iter().map(|answer| Answer {
            text: text(answer.text),
            right: answer.right,
            reply: texts.text(answer.reply),
        });
        let answers = answers.collect();
        let run = self.run.iter().map(|step| Step {
            id: step.id.to_owned(),
            caption: texts.text(step.caption),
            effects: step.effects.to_vec(),
        });
        let run = run.collect();
        let rule = texts.text(self.rule);
        let break_it = self.break_it.as_ref().map(|data| BreakIt {
            defence: data.defence,
            off: text(name_of(data.defence)),
            sentence: texts.text(data.sentence),
            step: data.step.to_owned(),
            with: texts.text(data.with),
            without: texts.text(data.without),
        });
        let myth = self.myth.as_ref().map(|myth| Myth { said: texts.text(myth.said), shown: texts.text(myth.shown) });
        let limits = self.limits.iter().map(|limit| texts.text(*limit)).collect();
        Scene {
            id: self.id.to_owned(),
            chapter: self.chapter,
            title: text(self.title),
            quick: self.quick,
            before: Before { sentence, question: text(self.before.question), answers },
            two_tabs: self.two_tabs,
            prelude: self.prelude.to_vec(),
            run,
            why: Why { rule, links: self.sources.iter().map(|source| source.link(lang)).collect() },
            break_it,
            myth,
            limits,
        }
    }

    /// Every text of the scene, in the order in which it is read.
    pub fn texts(&self) -> Vec<Text> {
        let answers = self.before.answers.iter().flat_map(|answer| [answer.text, answer.reply]);
        let break_it = self.break_it.iter().flat_map(|data| [data.sentence, data.with, data.without]);
        let myth = self.myth.iter().flat_map(|myth| [myth.said, myth.shown]);
        [self.title, self.before.sentence, self.before.question]
            .into_iter()
            .chain(answers)
            .chain(self.run.iter().map(|step| step.caption))
            .chain([self.rule])
            .chain(myth)
            .chain(break_it)
            .chain(self.limits.iter().copied())
            .collect()
    }
}

/// The scene of that id.
pub fn find(id: &str) -> Option<&'static SceneData> {
    SCENES.into_iter().find(|scene| scene.id == id)
}

#[cfg(test)]
mod tests;
