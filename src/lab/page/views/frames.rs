//! The frames (iframes): the app itself, once or twice, and attackers' pages. They are real pages in a real browser; the lab only
//! observes them from outside.

use leptos::prelude::*;

use super::super::state::LabState;

#[component]
pub fn TabFrames(state: LabState, presenter: bool) -> impl IntoView {
    // In the presenter view the app runs unseen: without a tab there is nothing to show.
    view! {
        <div class="stage" class:unseen=presenter inert=presenter>
            <section class="panel" aria-labelledby="tab-title">
                <h2 id="tab-title">"Tab 1: the app itself"</h2>
                <Frame state=state name="tab" title="Tab 1" path="/notes" />
            </section>
            <Show when=move || state.tab2.get()>
                <section class="panel" aria-labelledby="tab2-title">
                    <h2 id="tab2-title">"Tab 2: the same browser"</h2>
                    <Frame state=state name="tab2" title="Tab 2" path="/notes?tab=2" />
                </section>
            </Show>
        </div>
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

/// An attacker's page, or a page with an injected script.
#[component]
pub fn VisitedPage(state: LabState) -> impl IntoView {
    view! {
        <For each=move || state.visit.get() key=|visit| (visit.number, visit.address.clone()) let:visit>
            <section class="panel visited" aria-labelledby="visit-title">
                <h2 id="visit-title">{visit.title}</h2>
                <iframe title=visit.title src=visit.address></iframe>
                <button type="button" on:click=move |_| state.visit.set(None)>
                    "Close this page"
                </button>
            </section>
        </For>
    }
}
