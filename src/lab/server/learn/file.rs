//! The picture of a recorded step as a file of its own (SVG): for the documents, for the start page, and for anybody's page. Unlike the
//! pictures on `/learn` it has its style and its story inside, and can show one stroke after the other.

use std::fmt::Write as _;

use axum::response::{IntoResponse as _, Response};

use super::picture::{self, escape};
use super::recording::RecordedStep;
use crate::api::edge::headers;
use crate::lang::Lang;

/// From one stroke to the next, in seconds.
const PACE: f32 = 0.9;
/// Letters of a line of the story, for each hundred pixels of the picture's width.
const LETTERS_PER_HUNDRED: usize = 14;
const LINE: usize = 19;

/// How a picture is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Show {
    Whole,
    /// Stroke after stroke, where the reader has not asked for less motion.
    Play,
}

/// The picture with its story, as the text of a file. `title` is HTML.
pub fn svg(step: &RecordedStep, title: &str, lang: Lang, show: Show) -> String {
    let picture = picture::Picture::of(&step.strokes, lang);
    let (story, below) = story(step, lang, picture.width, picture.height);
    let (width, height) = (picture.width, picture.height + below);
    let paced = |groups: String, count: usize| match show {
        Show::Whole => groups,
        Show::Play => one_after_another(&groups, count, step.strokes.len()),
    };
    let (lanes, strokes) = (picture.lanes, paced(picture.strokes, step.strokes.len()));
    let story = paced(story, step.story.len());
    let style = style(show);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"run\" viewBox=\"0 0 {width} {height}\" width=\"{}\" role=\"img\">\
         <title>{title}</title><style>{style}</style><rect class=\"paper\" width=\"{width}\" height=\"{height}\" rx=\"10\"/>{lanes}{strokes}{story}\
         </svg>\n",
        width * 5 / 4
    )
}

pub fn response(step: &RecordedStep, title: &str, lang: Lang) -> Response {
    (headers::SVG, [headers::FOR_ANY_SITE], svg(step, title, lang, Show::Play)).into_response()
}

/// Gives each of the `count` groups its moment in a run of so many strokes.
fn one_after_another(groups: &str, count: usize, strokes: usize) -> String {
    const GROUP: &str = "<g class=";
    let mut parts = groups.split(GROUP);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for (index, part) in parts.enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "a few dozen strokes")]
        let seconds = PACE * (index + 1) as f32 * strokes as f32 / count.max(1) as f32;
        let _ = write!(out, "<g style=\"animation-delay:{seconds:.1}s\" class={part}");
    }
    out
}

/// The sentences below the picture, and how high they are.
fn story(step: &RecordedStep, lang: Lang, width: usize, top: usize) -> (String, usize) {
    let letters = width * LETTERS_PER_HUNDRED / 100;
    let (mut out, mut y) = (String::new(), top + LINE);
    for (index, fact) in step.story.iter().enumerate() {
        out += "<g class=\"told\">";
        for (at, line) in lines(&format!("{}. {}", index + 1, fact.words(lang)), letters).iter().enumerate() {
            let x = if at == 0 { 12 } else { 28 };
            let _ = write!(out, "<text x=\"{x}\" y=\"{y}\">{}</text>", escape(line));
            y += LINE;
        }
        out += "</g>";
    }
    (out, y - top)
}

/// A sentence in lines of at most so many letters; a longer word has a line of its own.
fn lines(sentence: &str, letters: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in sentence.split(' ') {
        let last = lines.len() - 1;
        let line = &mut lines[last];
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= letters {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

/// The colours of the site and the style of its pictures, from its style sheets.
fn style(show: Show) -> String {
    const MAIN: &str = include_str!("../../../../style/main.css");
    const LEARN: &str = include_str!("../../../../style/learn.css");
    let between = |text: &'static str, from: &str, to: &str| {
        text.split_once(from).and_then(|(_, rest)| rest.split_once(to)).map_or("", |(part, _)| part)
    };
    let colours: String = between(MAIN, ":root {", "\n}").lines().filter(|line| line.contains("light-dark")).collect();
    let picture = between(LEARN, "/* --- The picture --- */", "/* ---");
    let play = match show {
        Show::Whole => "",
        Show::Play => {
            "@keyframes come{from{opacity:0}}\
             @media (prefers-reduced-motion: no-preference){.run g{animation:come .4s both}}"
        }
    };
    let own = ".run .paper{fill:var(--card);stroke:var(--line)}.run .told text{text-anchor:start}";
    let style = format!(":root{{color-scheme:light dark;{colours}}}{picture}{own}{play}");
    style.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::super::super::scenes::SCENES;
    use super::super::recording;
    use super::*;

    #[test]
    fn a_picture_for_itself_has_the_sites_colours_and_shows_every_stroke_and_sentence() {
        let recording = recording::of("silent-refresh").unwrap();
        let step = &recording["expire"];
        for (show, animated) in [(Show::Whole, 0), (Show::Play, step.strokes.len() + step.story.len())] {
            let file = svg(step, "x", Lang::En, show);
            assert!(file.contains("--access: light-dark(#") && file.contains(".run .way {"), "{file}");
            assert_eq!(file.matches("animation-delay").count(), animated);
            assert_eq!(file.matches("<g ").count(), step.strokes.len() + step.story.len());
            assert!(!file.contains("http://") || file.matches("http://").count() == 1, "it loads nothing");
        }
    }

    #[test]
    fn no_line_of_a_story_leaves_its_picture() {
        for scene in SCENES.iter().filter(|scene| !scene.run.is_empty()) {
            for step in recording::of(scene.id).unwrap().values() {
                for lang in Lang::ALL {
                    let letters = picture::Picture::of(&step.strokes, lang).width * LETTERS_PER_HUNDRED / 100;
                    for fact in &step.story {
                        let lines = lines(&fact.words(lang), letters);
                        assert!(lines.iter().all(|line| line.chars().count() <= letters), "{lines:?}");
                        assert_eq!(lines.join(" "), fact.words(lang));
                    }
                }
            }
        }
    }
}
