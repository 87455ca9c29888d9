//! The rail at the left: the scenes in their chapters, or free play with every lever.

use leptos::prelude::*;

use super::super::state::LabState;
use super::super::words::t;
use super::actions::Actions;
use super::exports::Exports;
use crate::lab::model::labels;
use crate::lab::model::scene::Chapter;
use crate::ui::support::sync_hydrated::client_only;

#[component]
pub fn Rail(state: LabState) -> impl IntoView {
    let choice = move |on: bool, name: &'static str| {
        client_only(view! {
            <button type="button" class="small" aria-pressed=move || (state.free.get() == on).to_string()
                on:click=move |_| state.free.set(on)>
                {name}
            </button>
        })
    };
    client_only(view! {
        <section class="rail" id="scenes" aria-label=t("Scenes and free play", "Szenen und freies Spiel")>
            <div class="picture" role="group" aria-label=t("What to show", "Was gezeigt wird")>
                {choice(false, t("Scenes", "Szenen"))}
                {choice(true, t("Free play", "Freies Spiel"))}
            </div>
            {move || if state.free.get() { free_play(state) } else { scenes(state) }}
        </section>
    })
}

fn scenes(state: LabState) -> AnyView {
    let chapters = move || Chapter::ALL.into_iter().map(|chapter| part(state, chapter)).collect::<Vec<_>>();
    client_only(view! { <nav aria-label=t("Scenes", "Szenen")>{chapters}</nav> })
}

fn part(state: LabState, chapter: Chapter) -> AnyView {
    let course = state.course;
    let name = match chapter {
        Chapter::Everyday => t("Everyday", "Alltag"),
        Chapter::Accidents => t("Accidents", "Unfälle"),
        Chapter::Attacks => t("Attacks", "Angriffe"),
        Chapter::Beyond => t("Beyond", "Darüber hinaus"),
    };
    let scenes: Vec<(usize, String, String)> = course.scenes.with(|scenes| {
        let all = scenes.iter().enumerate().filter(|(_, scene)| scene.chapter == chapter);
        all.map(|(index, scene)| (index, scene.id.clone(), scene.title.clone())).collect()
    });
    let line = |(index, id, title): (usize, String, String)| {
        let address = ["/lab?scene=", &id].concat();
        let is_done = move || course.finished.with(|finished| finished.contains(&id));
        client_only(view! {
            <li>
                <a href=address aria-current=move || (course.chosen.get() == Some(index)).then_some("true")
                    on:click=move |event| {
                        event.prevent_default();
                        state.choose(index);
                    }>
                    <span class="number" aria-hidden="true">{move || if is_done() { "✓".to_owned() } else { (index + 1).to_string() }}</span>
                    {title}
                </a>
            </li>
        })
    };
    client_only(view! {
        <h2>{name}</h2>
        <ol>{scenes.into_iter().map(line).collect::<Vec<_>>()}</ol>
    })
}

fn free_play(state: LabState) -> AnyView {
    let words = move || state.settings().map(|settings| labels::settings(&settings));
    client_only(view! {
        <Actions state=state />
        <button type="button" class="small" aria-pressed=move || state.tab2.get().to_string() on:click=move |_| state.turn_tab2()>
            "Tab 2"
        </button>
        <Exports state=state />
        <p class="hint">{words}</p>
    })
}
