//! Below the stage: the story of the moment, and beside it the scene's text: before the run a question, then the step, then the
//! rule, the same run with its defence off, and what all this does not protect against.

use leptos::prelude::*;

use super::super::course::steps;
use super::super::diagram::escape;
use super::super::markup::tag;
use super::super::state::LabState;
use super::html::{button, html};
use crate::base_path::at;
use crate::lab::model::narration::Mood;
use crate::lab::model::scene::{Before, BreakIt, Scene};
use crate::lab::words::t;
use crate::lang::lang;
use crate::ui::support::sync_hydrated::client_only;

pub fn lesson(state: LabState) -> AnyView {
    let title = move || match state.free.get() {
        true => t("What happened", "Was geschah").to_owned(),
        false => state.course.scene().map(|scene| scene.title).unwrap_or_default(),
    };
    let (story, text) = (Memo::new(move |_| story(state)), Memo::new(move |_| text(state)));
    client_only(view! {
        <section class="lesson" aria-labelledby="lesson-title" tabindex="0">
            <h2 id="lesson-title">{title}</h2>
            <div class="lesson-body">{html(state, "story", story, press)} {html(state, "text", text, press)}</div>
            // The one live region of the page: what came of an action, when it has ended.
            <p id="outcome" class="unseen" role="status" aria-live="polite">
                {move || state.outcome.get()}
            </p>
        </section>
    })
}

fn press(state: LabState, on: &str) {
    match on.split_once(':') {
        Some(("seq", seq)) => state.watch.chosen.set(seq.parse().ok()),
        Some(("answer", index)) => state.course.answer.set(index.parse().ok()),
        _ if state.busy.with_untracked(Option::is_none) => state.break_it(),
        _ => {}
    }
}

/// What happened, in a few sentences. Each leads to its moment.
fn story(state: LabState) -> String {
    let free = state.free.get();
    if !free && state.watch.since.with(Option::is_none) {
        return String::new();
    }
    let told = state.watch.story();
    let chosen = state.watch.chosen.get();
    let current = chosen.and_then(|chosen| told.iter().rev().map(|one| one.seq).find(|seq| *seq <= chosen));
    let lines: String = told
        .iter()
        .map(|sentence| {
            let class = match sentence.mood() {
                Mood::Plain => " class=\"plain\"",
                Mood::Good => " class=\"good\"",
                Mood::Bad => " class=\"bad\"",
            };
            let mark = if current == Some(sentence.seq) { " aria-current=\"step\"" } else { "" };
            let on = ["seq:", &sentence.seq.to_string()].concat();
            tag("li", class, &button(&on, "line", mark, &escape(&sentence.words(lang()))))
        })
        .collect();
    let nothing = match told.is_empty() {
        false => String::new(),
        true if state.busy.with(Option::is_some) => t("It begins…", "Es geht los…").to_owned(),
        true if free && state.outcome.with(|words| !words.is_empty()) => state.outcome.with(|words| escape(words)),
        true => t("Nothing has happened yet.", "Noch ist nichts geschehen.").to_owned(),
    };
    [tag("ol", " class=\"told\"", &lines), tag("p", " class=\"hint\"", &nothing)].concat()
}

fn text(state: LabState) -> String {
    let course = state.course;
    let Some(scene) = course.scene().filter(|_| !state.free.get()) else { return String::new() };
    let (steps, of) = (steps(&scene, course.broken.get()), scene.run.len());
    let (done, busy) = (course.done.get(), state.busy.with(Option::is_some));
    // The step under way, or the last one.
    let step = if busy && state.watch.since.with(Option::is_some) { (done + 1).min(steps) } else { done };
    let mut text = String::new();
    if step == 0 {
        text += &question(state, &scene.before);
    } else if let Some(now) = scene.run.get(step - 1) {
        let place = (of > 1).then(|| {
            tag(
                "span",
                " class=\"which-step\"",
                &[t("Step", "Schritt"), " ", &*step.to_string(), "/", &*of.to_string()].concat(),
            )
        });
        text += &tag("p", " class=\"caption\"", &[place.unwrap_or_default(), now.caption.clone()].concat());
    }
    if done >= steps && !busy {
        text += &after(state, &scene);
    }
    text
}

/// Before the run: what will happen?
fn question(state: LabState, before: &Before) -> String {
    let chosen = state.course.answer.get();
    let answers: String = before
        .answers
        .iter()
        .enumerate()
        .map(|(index, answer)| {
            let is_chosen = chosen == Some(index);
            let pressed = if is_chosen { " aria-pressed=\"true\"" } else { " aria-pressed=\"false\"" };
            let on = ["answer:", &index.to_string()].concat();
            let (class, mark) =
                if answer.right { (" class=\"reply good\"", "✓ ") } else { (" class=\"reply\"", "✗ ") };
            let reply = is_chosen.then(|| tag("p", class, &[mark, &answer.reply].concat()));
            tag("li", "", &[button(&on, "answer", pressed, &escape(&answer.text)), reply.unwrap_or_default()].concat())
        })
        .collect();
    [
        tag("p", " class=\"lead\"", &before.sentence),
        tag("h3", "", &escape(&before.question)),
        tag("ul", " class=\"answers\" aria-live=\"polite\"", &answers),
    ]
    .concat()
}

/// After the run: the rule, where it stands, the other run, what popular articles say, and the limits.
fn after(state: LabState, scene: &Scene) -> String {
    let links: String = scene
        .why
        .links
        .iter()
        .map(|link| {
            let label = escape(&link.label);
            tag(
                "li",
                "",
                &match &link.href {
                    Some(href) => tag("a", &[" rel=\"external\" href=\"", &*escape(href), "\""].concat(), &label),
                    None => tag("code", "", &label),
                },
            )
        })
        .collect();
    // The recorded run's last step, as it stands on the pages of `/learn`.
    let picture = scene.run.last().map(|step| {
        let href = at(&["/embed/", &*scene.id, "/", &step.id, ".svg"].concat());
        let words = t("This scene as a picture (SVG)", "Diese Szene als Bild (SVG)");
        tag("li", "", &tag("a", &[" download href=\"", &*href, "\""].concat(), words))
    });
    let heading = |words: &str| tag("h3", "", words);
    let mut text = heading(t("Why", "Warum"));
    text += &tag("p", "", &scene.why.rule);
    text += &tag("ul", " class=\"links\"", &[links, picture.unwrap_or_default()].concat());
    if let Some(data) = &scene.break_it {
        text += &heading(t("Break it", "Mach es kaputt"));
        text += &broken(state, data);
    }
    if let Some(myth) = &scene.myth {
        text += &heading(t("Often said", "Oft gesagt"));
        text += &tag("p", "", &[&*myth.said, " ", &myth.shown].concat());
    }
    text += &heading(t("What this does not protect against", "Wovor das nicht schützt"));
    text += &tag("ul", "", &scene.limits.iter().map(|limit| tag("li", "", limit)).collect::<String>());
    text
}

/// The same run with the one defence off, and what came of both side by side.
fn broken(state: LabState, data: &BreakIt) -> String {
    let off = &*escape(&data.off);
    let mut text = tag("p", "", &data.sentence);
    text += &button("break", "break", "", &[t("Run without: ", "Ablaufen lassen ohne: "), off].concat());
    let side = |class: &str, name: &str, words: &str, results: &[String]| {
        let results: String = results.iter().map(|result| tag("li", "", &escape(result))).collect();
        let inside = [tag("h4", "", &[name, off].concat()), tag("p", "", words), tag("ol", "", &results)].concat();
        tag("div", class, &inside)
    };
    state.course.results.with(|[with, without]| {
        if !without.is_empty() {
            let with = side(" class=\"with\"", t("On: ", "An: "), &["✓ ", &*data.with].concat(), with);
            let words = ["✗ ", &*data.without].concat();
            let without = side(" class=\"without\"", t("Off: ", "Aus: "), &words, without);
            text += &tag("div", " class=\"both\"", &[with, without].concat());
        }
    });
    text
}
