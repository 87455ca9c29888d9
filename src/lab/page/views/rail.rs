//! The rail at the left: the scenes in their chapters, or free play with every lever.

use leptos::prelude::*;
use wasm_split_helpers::wasm_split;

use super::super::diagram::escape;
use super::super::markup::tag;
use super::super::state::LabState;
use super::actions::levers;
use super::exports::exports;
use super::html::{html, toggle};
use super::part::part;
use crate::lab::model::labels;
use crate::lab::model::scene::{Chapter, Scene};
use crate::lab::words::t;
use crate::ui::support::lazy_page::LazyPart;
use crate::ui::support::sync_hydrated::client_only;

pub fn rail(state: LabState) -> AnyView {
    let choice = Memo::new(move |_| {
        let free = state.free.get();
        [toggle("scenes", !free, t("Scenes", "Szenen")), toggle("levers", free, t("Free play", "Freies Spiel"))]
            .concat()
    });
    let scenes =
        Memo::new(move |_| tag("nav", &[" aria-label=\"", t("Scenes", "Szenen"), "\""].concat(), &chapters(state)));
    client_only(view! {
        <section class="rail" id="scenes" aria-label=t("Scenes and free play", "Szenen und freies Spiel")>
            {html(state, "picture", choice, |state, on| state.free.set(on == "levers"))}
            {move || match state.free.get() {
                true => part(state, free_play()),
                false => html(state, "chapters", scenes, |state, on| {
                    if let Ok(index) = on.trim_start_matches("scene:").parse() {
                        state.choose(index);
                    }
                }),
            }}
        </section>
    })
}

fn chapters(state: LabState) -> String {
    let course = state.course;
    let (chosen, finished) = (course.chosen.get(), course.finished.get());
    let line = |(index, scene): (usize, &Scene)| {
        let number = if finished.contains(&scene.id) { "✓".to_owned() } else { (index + 1).to_string() };
        let current = if chosen == Some(index) { " aria-current=\"true\"" } else { "" };
        let link = format!(r#" href="/lab?scene={}" data-on="scene:{index}"{current}"#, scene.id);
        let number = tag("span", " class=\"number\" aria-hidden=\"true\"", &number);
        tag("li", "", &tag("a", &link, &[number, escape(&scene.title)].concat()))
    };
    course.scenes.with(|scenes| {
        let part = |chapter: Chapter| {
            let name = match chapter {
                Chapter::Everyday => t("Everyday", "Alltag"),
                Chapter::Accidents => t("Accidents", "Unfälle"),
                Chapter::Attacks => t("Attacks", "Angriffe"),
                Chapter::Beyond => t("Beyond", "Darüber hinaus"),
            };
            let lines: String =
                scenes.iter().enumerate().filter(|(_, scene)| scene.chapter == chapter).map(line).collect();
            [tag("h2", "", name), tag("ol", "", &lines)].concat()
        };
        Chapter::ALL.into_iter().map(part).collect()
    })
}

#[wasm_split(lab_tools, fallible)]
fn free_play() -> LazyPart<LabState> {
    Ok(levers_and_exports)
}

fn levers_and_exports(state: LabState) -> AnyView {
    let more = Memo::new(move |_| {
        let settings = state.settings().map(|settings| labels::settings(&settings)).unwrap_or_default();
        [toggle("tab2", state.tab2.get(), "Tab 2"), tag("p", " class=\"hint\"", &escape(&settings))].concat()
    });
    client_only((levers(state), html(state, "more", more, |state, _| state.turn_tab2()), exports(state)))
}
