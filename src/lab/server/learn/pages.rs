//! The pages of `/learn` as HTML.

use super::super::scenes::explained::Explained;
use super::super::scenes::text::Text;
use super::super::scenes::{BreakItData, SCENES, SceneData, StepData};
use super::picture::{self, escape};
use super::recording::{self, RecordedStep};
use super::{LEARN, Place, words};
use crate::base_path::at;
use crate::lab::model::scene::Chapter;

/// What a page needs beside its place.
pub struct Page {
    pub texts: Explained,
    /// The address of the lab; `None` where there is none.
    pub lab: Option<String>,
}

/// The title of the page at a place.
pub fn title(place: Place, texts: &Explained) -> String {
    let text = match place {
        Place::Index => words::TITLE,
        Place::Scene(scene) | Place::Step(scene, _) => scene.title,
    };
    texts.plain(text)
}

impl Page {
    pub fn html(mut self, place: Place) -> String {
        match place {
            Place::Index => self.index(),
            Place::Scene(scene) => self.scene(scene),
            Place::Step(scene, step) => self.step_alone(scene, step),
        }
    }

    fn plain(&self, text: Text) -> String {
        self.texts.plain(text)
    }

    fn index(&mut self) -> String {
        let quick: String = SCENES.iter().filter(|scene| scene.quick).map(|scene| self.entry(scene)).collect();
        let chapters: String = Chapter::ALL.iter().map(|chapter| self.chapter(*chapter)).collect();
        format!(
            r#"<article class="learn"><h1>{}</h1><p class="lead">{}</p><div class="paths"><section><h2>{}</h2><ol>{quick}</ol></section><section><h2>{}</h2>{chapters}</section></div><section class="words"><h2>{}</h2><dl>{}</dl></section></article>"#,
            self.plain(words::TITLE),
            self.plain(words::LEAD),
            self.plain(words::QUICK),
            self.plain(words::FULL),
            self.plain(words::GLOSSARY),
            self.texts.all_words()
        )
    }

    fn chapter(&self, chapter: Chapter) -> String {
        let begin = SCENES.iter().position(|scene| scene.chapter == chapter).unwrap_or(0) + 1;
        let entries: String =
            SCENES.iter().filter(|scene| scene.chapter == chapter).map(|scene| self.entry(scene)).collect();
        format!("<h3>{}</h3><ol start=\"{begin}\">{entries}</ol>", self.plain(words::chapter(chapter)))
    }

    fn entry(&self, scene: &SceneData) -> String {
        format!(r#"<li><a href="{}">{}</a></li>"#, at(&address(scene)), self.plain(scene.title))
    }

    fn scene(&mut self, scene: &'static SceneData) -> String {
        let recording = recording::of(scene.id).unwrap_or_default();
        let mut out = self.head(scene, false);
        out += &self.before(scene);
        if !scene.run.is_empty() {
            out += &format!("<section><h2>{}</h2>", self.plain(words::RUN));
            for (index, step) in scene.run.iter().enumerate() {
                out += &self.step(scene, step, index, recording.get(step.id), true);
            }
            out += &format!(
                r#"<p class="hint">{}</p>{}</section>"#,
                self.plain(words::RECORDED),
                self.run_it(scene, None)
            );
        }
        out += &self.why(scene);
        out += &scene.break_it.as_ref().map(|data| self.break_it(data)).unwrap_or_default();
        out += &self.myth(scene);
        out += &self.limits(scene);
        out += &self.around_scene(scene);
        self.with_words(&out)
    }

    fn step_alone(&mut self, scene: &'static SceneData, index: usize) -> String {
        let recording = recording::of(scene.id).unwrap_or_default();
        let step = &scene.run[index];
        let mut out = self.head(scene, true);
        out += &self.step(scene, step, index, recording.get(step.id), false);
        out += &format!(r#"<p class="hint">{}</p>{}"#, self.plain(words::RECORDED), self.run_it(scene, Some(step)));
        let link = |index: usize| (step_address(scene, &scene.run[index]), scene.run[index].caption);
        let before = index.checked_sub(1).map(link);
        let next = (index + 1 < scene.run.len()).then(|| link(index + 1));
        out += &self.around(before, (address(scene), words::ALL), next);
        self.with_words(&out)
    }

    fn head(&self, scene: &SceneData, alone: bool) -> String {
        let number = SCENES.iter().position(|other| other.id == scene.id).unwrap_or(0) + 1;
        let lessons = format!(r#"<a href="{}">{}</a>"#, at(LEARN), self.plain(words::LESSONS));
        let chapter = self.plain(words::chapter(scene.chapter));
        let trail = match alone {
            false => format!("{lessons} · {chapter}"),
            true => {
                format!(r#"{lessons} · {chapter} · <a href="{}">{}</a>"#, at(&address(scene)), self.plain(scene.title))
            }
        };
        format!(r#"<p class="trail">{trail}</p><h1>{number}. {}</h1>"#, self.plain(scene.title))
    }

    /// The question, with an answer behind each guess.
    fn before(&mut self, scene: &SceneData) -> String {
        let mut out = format!(
            r#"<p class="lead">{}</p><section class="guess"><h2>{}</h2><p>{}</p>"#,
            self.texts.text(scene.before.sentence),
            self.plain(words::GUESS),
            self.texts.text(scene.before.question)
        );
        for answer in scene.before.answers {
            let reply = self.texts.text(answer.reply);
            // The reply to the right answer says so itself.
            let (class, verdict) = match answer.right {
                true => ("hit", String::new()),
                false => ("miss", format!("<strong>{}.</strong> ", self.plain(words::WRONG))),
            };
            out += &format!(
                r#"<details class="{class}" name="guess"><summary>{}</summary><p>{verdict}{reply}</p></details>"#,
                self.plain(answer.text)
            );
        }
        out + "</section>"
    }

    fn step(
        &mut self,
        scene: &SceneData,
        step: &StepData,
        index: usize,
        recorded: Option<&RecordedStep>,
        linked: bool,
    ) -> String {
        let lang = self.texts.lang();
        let caption = self.texts.text(step.caption);
        // On a page of its own a step stands right below the title.
        let heading = if linked { "h3" } else { "h2" };
        let mut out =
            format!(r#"<section class="step" id="{}"><{heading}>{}. {caption}</{heading}>"#, step.id, index + 1);
        if let Some(recorded) = recorded {
            let picture = picture::svg(
                &recorded.strokes,
                &format!("{}: {}", self.plain(words::PICTURE), self.plain(step.caption)),
                lang,
            );
            out += &format!(r#"<div class="shown"><figure>{picture}</figure><div><ol class="story">"#);
            out += &picture::story(&recorded.story, lang, |sentence| self.texts.sentence(sentence));
            let arrows: String = recorded
                .strokes
                .iter()
                .map(|stroke| format!("<li>{}</li>", escape(&picture::words(stroke, lang))))
                .collect();
            out += &format!(
                r#"</ol><details class="arrows"><summary>{}</summary><ol>{arrows}</ol></details>"#,
                self.plain(words::ARROWS)
            );
            if linked {
                out += &format!(
                    r#"<p class="alone"><a href="{}">{}</a></p>"#,
                    at(&step_address(scene, step)),
                    self.plain(words::STEP)
                );
            }
            out += "</div></div>";
        }
        out + "</section>"
    }

    /// The link to the lab, which builds this moment there.
    fn run_it(&self, scene: &SceneData, step: Option<&StepData>) -> String {
        let Some(lab) = &self.lab else { return String::new() };
        let step = step.map(|step| ["&amp;step=", step.id].concat()).unwrap_or_default();
        format!(
            r#"<p class="actions"><a class="button primary" href="{}?scene={}{step}">{}</a></p>"#,
            escape(lab),
            scene.id,
            self.plain(words::RUN_IT)
        )
    }

    fn why(&mut self, scene: &SceneData) -> String {
        let lang = self.texts.lang();
        let links: String = scene
            .sources
            .iter()
            .map(|source| source.link(lang))
            .map(|link| match link.href {
                Some(href) => format!(r#"<li><a href="{}">{}</a></li>"#, escape(&href), escape(&link.label)),
                None => format!("<li><code>{}</code></li>", escape(&link.label)),
            })
            .collect();
        format!(
            r#"<section class="why"><h2>{}</h2><p class="rule">{}</p><h3>{}</h3><ul>{links}</ul></section>"#,
            self.plain(words::WHY),
            self.texts.text(scene.rule),
            self.plain(words::READ)
        )
    }

    fn break_it(&mut self, data: &BreakItData) -> String {
        format!(
            r#"<section class="break"><h2>{}</h2><p>{}</p><div class="sides"><div class="good"><h3>{}</h3><p>{}</p></div><div class="bad"><h3>{}</h3><p>{}</p></div></div></section>"#,
            self.plain(words::BREAK),
            self.texts.text(data.sentence),
            self.plain(words::WITH),
            self.texts.text(data.with),
            self.plain(words::WITHOUT),
            self.texts.text(data.without)
        )
    }

    fn myth(&mut self, scene: &SceneData) -> String {
        let Some(myth) = &scene.myth else { return String::new() };
        format!(
            r#"<section class="myth"><h2>{}</h2><blockquote>{}</blockquote><p>{}</p></section>"#,
            self.plain(words::MYTH),
            self.texts.text(myth.said),
            self.texts.text(myth.shown)
        )
    }

    fn limits(&mut self, scene: &SceneData) -> String {
        let title = if scene.chapter == Chapter::Beyond { words::INSTEAD } else { words::LIMITS };
        let items: String = scene.limits.iter().map(|text| format!("<li>{}</li>", self.texts.text(*text))).collect();
        format!("<section><h2>{}</h2><ul>{items}</ul></section>", self.plain(title))
    }

    fn around_scene(&self, scene: &SceneData) -> String {
        let index = SCENES.iter().position(|other| other.id == scene.id).unwrap_or(0);
        let link = |index: usize| SCENES.get(index).map(|scene| (address(scene), scene.title));
        self.around(index.checked_sub(1).and_then(link), (LEARN.to_owned(), words::LESSONS), link(index + 1))
    }

    fn around(&self, before: Option<(String, Text)>, up: (String, Text), next: Option<(String, Text)>) -> String {
        let link = |(path, text): (String, Text), class: &str, label: Option<Text>| {
            let label = label.map(|label| format!("<span>{}</span> ", self.plain(label))).unwrap_or_default();
            format!(r#"<a class="{class}" href="{}">{label}{}</a>"#, at(&path), self.plain(text))
        };
        format!(
            r#"<nav class="around" aria-label="{}">{}{}{}</nav>"#,
            self.plain(words::LESSONS),
            before.map(|one| link(one, "back", Some(words::BACK))).unwrap_or_default(),
            link(up, "up", None),
            next.map(|one| link(one, "next", Some(words::NEXT))).unwrap_or_default()
        )
    }

    fn with_words(&mut self, content: &str) -> String {
        let entries = self.texts.words();
        format!(
            r#"<article class="learn">{content}<section class="words"><h2>{}</h2><dl>{entries}</dl></section></article>"#,
            self.plain(words::GLOSSARY)
        )
    }
}

/// The path of a scene.
pub fn address(scene: &SceneData) -> String {
    [LEARN, "/", scene.id].concat()
}

fn step_address(scene: &SceneData, step: &StepData) -> String {
    [&address(scene), "/", step.id].concat()
}
