//! Export and import of a log: as JSON, as a diagram, as commands. An imported log looks like the live one, and nothing is sent for
//! it.

use leptos::{ev::Event, prelude::*};
use wasm_bindgen::JsCast as _;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::HtmlInputElement;

use super::super::{diagram, state::LabState, words::t};
use crate::dom;
use crate::lab::model::{event::LogEvent, export};

/// More than a lesson produces. Bytes.
const FILE_MAX: f64 = 20_000_000.0;

#[component]
pub fn Exports(state: LabState) -> impl IntoView {
    let problem = RwSignal::new(None::<String>);
    let download = move |name: &'static str, kind: &'static str, text: fn(&[LogEvent], Option<u64>) -> String| {
        move |_| {
            let chosen = state.watch.chosen.get_untracked();
            let text = state.watch.events.with_untracked(|events| text(events, chosen));
            if dom::save(name, kind, text.as_bytes()).is_none() {
                problem.set(Some(
                    t("This browser would not save the file.", "Dieser Browser speichert die Datei nicht.").to_owned(),
                ));
            }
        }
    };
    view! {
        <section class="keep" aria-labelledby="keep-title">
        <h2 id="keep-title">{t("Take this run along", "Diesen Lauf mitnehmen")}</h2>
        <div class="actions exports">
            <button type="button" on:click=download("two-tokens.json", "application/json", |events, _| export::json(events))>
                {t("Save as JSON", "Als JSON speichern")}
            </button>
            <button type="button" on:click=download("two-tokens.mmd", "text/plain", |events, _| export::mermaid(events))>
                {t("Save as Mermaid", "Als Mermaid speichern")}
            </button>
            <button type="button" on:click=download("two-tokens.svg", "image/svg+xml", diagram::svg)>
                {t("Save as SVG", "Als SVG speichern")}
            </button>
            <button type="button" on:click=download("two-tokens.sh", "text/plain", |events, _| export::curl(events))>
                {t("Save as curl", "Als curl speichern")}
            </button>
        </div>
        <label>
            {t("Open a saved log (JSON)", "Gespeichertes Protokoll öffnen (JSON)")}
            <input type="file" accept="application/json,.json" on:change=move |event| open(state, problem, &event) />
        </label>
        {move || problem.get().map(|why| view! { <p class="problem" role="alert">{why}</p> })}
        </section>
    }
}

fn open(state: LabState, problem: RwSignal<Option<String>>, event: &Event) {
    let field = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
    let Some(file) = field.and_then(|field| field.files()?.get(0)) else { return };
    problem.set(None);
    if file.size() > FILE_MAX {
        return problem.set(Some(
            t("This file is too large for a log of the lab.", "Die Datei ist zu groß für ein Protokoll des Labors.")
                .to_owned(),
        ));
    }
    spawn_local(async move {
        let text = JsFuture::from(file.text()).await.ok().and_then(|text| text.as_string()).unwrap_or_default();
        match export::parse(&text) {
            Ok(events) => state.replay(events),
            Err(why) => problem.set(Some(why)),
        }
    });
}
