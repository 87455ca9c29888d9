//! Export and import of a log: as JSON, as a diagram, as commands. An imported log looks like the live one, and nothing is sent for
//! it.

use leptos::{ev::Event, prelude::*};
use wasm_bindgen::JsCast as _;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::HtmlInputElement;

use super::super::{diagram, state::LabState};
use super::html::{button, html};
use crate::dom;
use crate::lab::model::export;
use crate::lab::words::t;
use crate::ui::support::sync_hydrated::client_only;

/// More than a lesson produces. Bytes.
const FILE_MAX: f64 = 20_000_000.0;

pub fn exports(state: LabState) -> AnyView {
    let problem = RwSignal::new(None::<String>);
    let buttons = Memo::new(move |_| {
        let button = |form: &str| button(form, "", "", &[t("Save as ", "Speichern als "), form].concat());
        ["JSON", "Mermaid", "SVG", "curl"].map(button).concat()
    });
    client_only(view! {
        <section class="keep" aria-labelledby="keep-title">
            <h2 id="keep-title">{t("Take this run along", "Diesen Lauf mitnehmen")}</h2>
            {html(state, "actions exports", buttons, save)}
            <label>
                {t("Open a saved log (JSON)", "Gespeichertes Protokoll öffnen (JSON)")}
                <input type="file" accept="application/json,.json" on:change=move |event| open(state, problem, &event) />
            </label>
            {move || problem.get().map(|why| client_only(view! { <p class="problem" role="alert">{why}</p> }))}
        </section>
    })
}

/// A browser that would not save the file says so itself.
fn save(state: LabState, form: &str) {
    let chosen = state.watch.chosen.get_untracked();
    state.watch.events.with_untracked(|events| {
        let (name, kind, text) = match form {
            "JSON" => ("two-tokens.json", "application/json", export::json(events)),
            "Mermaid" => ("two-tokens.mmd", "text/plain", export::mermaid(events)),
            "SVG" => ("two-tokens.svg", "image/svg+xml", diagram::svg(events, chosen)),
            _ => ("two-tokens.sh", "text/plain", export::curl(events)),
        };
        dom::save(name, kind, text.as_bytes());
    });
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
