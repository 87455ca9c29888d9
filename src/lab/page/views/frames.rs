//! The frames (iframes): the app itself, once or twice, and attackers' pages. They are real pages in a real browser; the lab only
//! observes them from outside.

use leptos::prelude::*;

use super::super::state::LabState;
use super::super::words::t;

#[component]
pub fn TabFrames(state: LabState) -> impl IntoView {
    // Before anything runs there is a form for a password that nobody has.
    let veiled = Memo::new(move |_| !state.free.get() && !state.course.prepared.get());
    view! {
        <div class="frame" class:veiled=veiled inert=veiled>
            <h3>{move || if state.tab2.get() { "Tab 1" } else { t("The app itself", "Die App selbst") }}</h3>
            <Frame state=state name="tab" title="Tab 1" path="/notes" />
        </div>
        <Show when=move || state.tab2.get()>
            <div class="frame" class:veiled=veiled inert=veiled>
                <h3>"Tab 2"</h3>
                <Frame state=state name="tab2" title="Tab 2" path="/notes?tab=2" />
            </div>
        </Show>
    }
}

#[component]
fn Frame(state: LabState, name: &'static str, title: &'static str, path: &'static str) -> impl IntoView {
    let frame = move || state.opened.with(|opened| opened.as_ref().map(|opened| [&opened.mount, path].concat()));
    view! {
        <For each=frame key=String::clone let:address>
            <iframe name=name title=title src=address></iframe>
        </For>
    }
}

/// An attacker's page, or a page with an injected script. The next action closes it.
#[component]
pub fn VisitedPage(state: LabState) -> impl IntoView {
    view! {
        <For each=move || state.visit.get() key=|visit| (visit.number, visit.address.clone()) let:visit>
            <div class="frame visited">
                <h3>{visit.title}</h3>
                <button type="button" class="small" on:click=move |_| state.visit.set(None)>
                    {t("Close", "Schließen")}
                </button>
                <iframe title=visit.title src=visit.address></iframe>
            </div>
        </For>
    }
}
