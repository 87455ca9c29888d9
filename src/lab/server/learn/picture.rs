//! Draws the strokes of a recorded step (SVG), and tells each in words. Names, labels and words are in the language of the page; the
//! style is that of the page (`style/learn.css`), so one picture fits both themes and paper.

use super::recording::RecordedStep;
use super::strokes::{Ruled, Stroke, Token, What};
use crate::lab::model::event::Lifeline;
use crate::lab::model::labels;
use crate::lab::model::narration::{Fact, Mood};
use crate::lang::Lang;

/// From lifeline to lifeline, and from the edges to the first and the last one, in pixels.
const GAP: usize = 94;
const EDGE: usize = 48;
const HEAD: usize = 40;
const ARROW: usize = 42;
const NOTE: usize = 36;
/// The average width of a letter of a label.
const LETTER: usize = 7;

const ORDER: [Lifeline; 8] = [
    Lifeline::Tab,
    Lifeline::Tab2,
    Lifeline::OtherSite,
    Lifeline::CookieJar,
    Lifeline::Server,
    Lifeline::Database,
    Lifeline::Thief,
    Lifeline::OtherDevice,
];

/// The parts of a picture, with its size in pixels.
pub struct Picture {
    pub width: usize,
    pub height: usize,
    pub lanes: String,
    /// A group for each stroke.
    pub strokes: String,
}

impl Picture {
    pub fn of(strokes: &[Stroke], lang: Lang) -> Self {
        let lanes = lanes(strokes);
        let x = |who: Lifeline| EDGE + GAP * lanes.iter().position(|lane| *lane == who).unwrap_or(0);
        let width = EDGE * 2 + GAP * (lanes.len().max(1) - 1);
        let mut body = String::new();
        let mut top = HEAD;
        for stroke in strokes {
            top += draw(&mut body, stroke, top, width, x, lang);
        }
        let height = top + 8;
        let heads = lanes.iter().map(|lane| head(*lane, x(*lane), height, lang)).collect();
        Self { width, height, lanes: heads, strokes: body }
    }
}

fn head(lane: Lifeline, x: usize, height: usize, lang: Lang) -> String {
    let thief = if matches!(lane, Lifeline::Thief | Lifeline::OtherSite) { " thief" } else { "" };
    format!(
        r#"<path class="life" d="M{x} 32V{height}"/><rect class="head{thief}" x="{}" y="4" width="{}" height="28" rx="8"/><text class="name" x="{x}" y="22">{}</text>"#,
        x - GAP / 2 + 4,
        GAP - 8,
        name(lane, lang)
    )
}

/// The picture for a page; `title` is its name for those who do not see it, as HTML.
pub fn svg(strokes: &[Stroke], title: &str, lang: Lang) -> String {
    let Picture { width, height, lanes, strokes } = Picture::of(strokes, lang);
    format!(
        r#"<svg class="run" viewBox="0 0 {width} {height}" width="{}" role="img" aria-label="{title}">{lanes}{strokes}</svg>"#,
        width * 5 / 4
    )
}

/// What was told, as items of a list; `html` turns a sentence into HTML.
pub fn story(facts: &[Fact], lang: Lang, mut html: impl FnMut(&str) -> String) -> String {
    let class = |mood: Mood| match mood {
        Mood::Good => "good",
        Mood::Bad => "bad",
        Mood::Plain => "plain",
    };
    facts.iter().map(|fact| format!(r#"<li class="{}">{}</li>"#, class(fact.mood()), html(&fact.words(lang)))).collect()
}

/// A picture with its story beside it; `title` as for [`svg`].
pub fn shown(step: &RecordedStep, title: &str, lang: Lang) -> String {
    let (picture, story) = (svg(&step.strokes, title, lang), story(&step.story, lang, escape));
    format!(r#"<div class="shown"><figure>{picture}</figure><ol class="story">{story}</ol></div>"#)
}

/// The participants, from left to right.
fn lanes(strokes: &[Stroke]) -> Vec<Lifeline> {
    let takes_part = |lane: Lifeline| strokes.iter().any(|stroke| stroke.from == lane || stroke.to == lane);
    let attacked = takes_part(Lifeline::Thief) || takes_part(Lifeline::OtherSite);
    let always = |lane| lane == Lifeline::Server || lane == Lifeline::Tab && !attacked;
    ORDER.into_iter().filter(|lane| takes_part(*lane) || always(*lane)).collect()
}

/// Draws one stroke and returns its height.
fn draw(
    out: &mut String,
    stroke: &Stroke,
    top: usize,
    width: usize,
    x: impl Fn(Lifeline) -> usize,
    lang: Lang,
) -> usize {
    let label = label(stroke, lang);
    let tone = tone(stroke);
    let half = label.chars().count() * LETTER / 2 + 8;
    let within = |middle: usize| middle.max(half + 2).min(width.saturating_sub(half + 2).max(half + 2));
    if stroke.from == stroke.to {
        let across = stroke.from == Lifeline::You;
        let middle = if across { width / 2 } else { within(x(stroke.from)) };
        let kind = if across { "note across" } else { "note" };
        *out += &format!(
            r#"<g class="{kind} {tone}"><rect x="{}" y="{}" width="{}" height="26" rx="7"/><text x="{middle}" y="{}">{}</text></g>"#,
            middle.saturating_sub(half),
            top + 4,
            half * 2,
            top + 22,
            escape(&label)
        );
        return NOTE;
    }
    let (start, end) = (x(stroke.from), x(stroke.to));
    let y = top + 32;
    let right = start < end;
    let tip = if right { format!("M{end} {y}l-9 -5v10z") } else { format!("M{end} {y}l9 -5v10z") };
    let middle = within(start.midpoint(end));
    *out += &format!(r#"<g class="arrow {tone}">"#);
    if stroke.what == What::Lost {
        let stop = start.midpoint(end);
        *out += &format!(
            r#"<path class="way" d="M{start} {y}H{stop}"/><path class="cross" d="M{} {}l12 12m0-12l-12 12"/>"#,
            stop - 6,
            y - 6
        );
    } else {
        *out += &format!(r#"<path class="way" d="M{start} {y}H{end}"/><path class="tip" d="{tip}"/>"#);
    }
    *out += &format!(r#"<text x="{middle}" y="{}">{}</text></g>"#, y - 9, escape(&label));
    ARROW
}

/// The class of a stroke: which token it is about, or that it is bad.
fn tone(stroke: &Stroke) -> &'static str {
    match (&stroke.what, stroke.token) {
        (What::Answer { status: 400.. } | What::Lost | What::Ends | What::ScriptRan { .. }, _) => "bad",
        (What::Rule { ruling: Ruled::Reuse | Ruled::Refuse, .. }, _) => "bad",
        _ if [stroke.from, stroke.to].contains(&Lifeline::Thief) => "bad",
        (What::KeepsBack | What::ScriptStopped, _) => "good",
        (What::Rule { .. } | What::TakesBack, _) | (_, Some(Token::Refresh { .. })) => "refresh",
        (_, Some(Token::Access { .. })) => "access",
        (_, Some(Token::Forged)) => "bad",
        _ => "plain",
    }
}

pub const fn name(who: Lifeline, lang: Lang) -> &'static str {
    match (who, lang) {
        (Lifeline::You, Lang::En) => "You",
        (Lifeline::You, Lang::De) => "Du",
        (Lifeline::Tab, _) => "Tab",
        (Lifeline::Tab2, _) => "Tab 2",
        (Lifeline::CookieJar, Lang::En) => "Cookie jar",
        (Lifeline::CookieJar, Lang::De) => "Cookies",
        (Lifeline::Server, _) => "Server",
        (Lifeline::Database, Lang::En) => "Database",
        (Lifeline::Database, Lang::De) => "Datenbank",
        (Lifeline::Thief, Lang::En) => "Thief",
        (Lifeline::Thief, Lang::De) => "Dieb",
        (Lifeline::OtherDevice, Lang::En) => "Other device",
        (Lifeline::OtherDevice, Lang::De) => "Anderes Gerät",
        (Lifeline::OtherSite, Lang::En) => "Other site",
        (Lifeline::OtherSite, Lang::De) => "Andere Site",
    }
}

/// The short label of an arrow or a note.
fn label(stroke: &Stroke, lang: Lang) -> String {
    let en = lang == Lang::En;
    let either = |english: &str, german: &str| if en { english.to_owned() } else { german.to_owned() };
    let times = if stroke.times > 1 { format!("{} × ", stroke.times) } else { String::new() };
    let text = match &stroke.what {
        What::Ask { method, path } => format!("{method} /{}", endpoint(path)),
        What::Adds => stroke.token.map_or_else(String::new, |token| short(token, lang)),
        What::KeepsBack => either("keeps the cookie", "behält das Cookie"),
        What::Answer { status } => match stroke.token {
            Some(token @ Token::Access { .. }) => format!("{status} · {}", short(token, lang)),
            _ => status.to_string(),
        },
        What::Lost => either("lost", "verloren"),
        What::Sets => stroke.token.map_or_else(String::new, |token| short(token, lang)),
        What::TakesBack => either("no cookie", "kein Cookie"),
        What::Copies => stroke.token.map_or_else(String::new, |token| {
            format!("{} {}", if en { "copies" } else { "kopiert" }, short(token, lang))
        }),
        What::CopiesRow => either("copies the row", "kopiert die Zeile"),
        What::Rule { ruling, number } => rule(*ruling, *number, lang),
        What::Ends => either("session ends", "Sitzung endet"),
        What::Later { seconds } => {
            format!("{} {}", labels::duration(*seconds), if en { "later" } else { "später" })
        }
        What::Restart => either("starts again", "startet neu"),
        What::NextKey => either("next key", "nächster Schlüssel"),
        What::ForgetsKeys => either("forgets old keys", "vergisst alte Schlüssel"),
        What::Typed => either("half a note", "halbe Notiz"),
        What::ScriptStopped => either("script is stopped", "Skript läuft nicht"),
        What::ScriptRan { read, places } => {
            let of = if en { "script reads" } else { "Skript liest" };
            format!("{of} {read}/{places}")
        }
    };
    [times, text].concat()
}

/// The last word of a path that says something.
fn endpoint(path: &str) -> &str {
    let mut words = path.rsplit('/');
    match words.next() {
        Some("list") => words.next().unwrap_or_default(),
        last => last.unwrap_or_default(),
    }
}

fn short(token: Token, lang: Lang) -> String {
    match (token, lang) {
        (Token::Access { .. }, _) => "access".to_owned(),
        (Token::Refresh { number }, _) => format!("refresh {number}"),
        (Token::Forged, Lang::En) => "forged".to_owned(),
        (Token::Forged, Lang::De) => "gefälscht".to_owned(),
    }
}

fn rule(ruling: Ruled, number: u32, lang: Lang) -> String {
    match (ruling, lang) {
        (Ruled::Rotate, Lang::En) => format!("rotate: {number}"),
        (Ruled::Rotate, Lang::De) => format!("tauschen: {number}"),
        (Ruled::Again, Lang::En) => format!("{number} again"),
        (Ruled::Again, Lang::De) => format!("noch einmal {number}"),
        (Ruled::Instead, Lang::En) => format!("instead: {number}"),
        (Ruled::Instead, Lang::De) => format!("stattdessen {number}"),
        (Ruled::Reuse, Lang::En) => format!("{number} comes back"),
        (Ruled::Reuse, Lang::De) => format!("{number} kommt wieder"),
        (Ruled::Refuse, Lang::En) => "refuse".to_owned(),
        (Ruled::Refuse, Lang::De) => "ablehnen".to_owned(),
    }
}

/// A stroke as a line of a list: who, to whom, what.
pub fn words(stroke: &Stroke, lang: Lang) -> String {
    let label = label(stroke, lang);
    let with = match (&stroke.what, stroke.token) {
        (What::Ask { .. }, Some(token)) => format!(" ({})", short(token, lang)),
        _ => String::new(),
    };
    match stroke.from {
        Lifeline::You => label,
        from if from == stroke.to => format!("{}: {label}", name(from, lang)),
        from => format!("{} → {}: {label}{with}", name(from, lang), name(stroke.to, lang)),
    }
}

/// Text for HTML and SVG.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::super::super::scenes::SCENES;
    use super::super::recording;
    use super::*;

    #[test]
    fn every_recorded_step_is_drawn_and_no_text_leaves_the_picture() {
        for scene in SCENES.iter().filter(|scene| !scene.run.is_empty()) {
            let recording = recording::of(scene.id).unwrap_or_else(|| panic!("no recording of {}", scene.id));
            for step in scene.run {
                let strokes = &recording[step.id].strokes;
                assert!(!strokes.is_empty(), "{}/{}", scene.id, step.id);
                for lang in Lang::ALL {
                    let picture = svg(strokes, "x", lang);
                    let width = EDGE * 2 + GAP * (lanes(strokes).len() - 1);
                    for stroke in strokes {
                        assert!(label(stroke, lang).chars().count() * LETTER + 20 <= width, "{}", label(stroke, lang));
                        assert!(!words(stroke, lang).is_empty());
                    }
                    assert_eq!(picture.matches("<g class").count(), strokes.len());
                }
            }
        }
    }
}
