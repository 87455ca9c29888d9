//! The frames: the app itself in small, once or twice, and pages of somebody else's. They are real pages in a real browser; the
//! lab only looks at them from outside.

use leptos::prelude::*;

use super::super::room::Room;

#[component]
pub fn Stage(room: Room, presenter: bool) -> impl IntoView {
    // On a projector the app goes on working where nobody sees it: without a tab there is nothing to show.
    view! {
        <div class="stage" class:unseen=presenter inert=presenter>
            <section class="panel" aria-labelledby="tab-title">
                <h2 id="tab-title">"Tab 1: the app itself"</h2>
                <Frame room=room name="tab" title="Tab 1" path="/notes" />
            </section>
            <Show when=move || room.tab2.get()>
                <section class="panel" aria-labelledby="tab2-title">
                    <h2 id="tab2-title">"Tab 2: the same browser"</h2>
                    <Frame room=room name="tab2" title="Tab 2" path="/notes?tab=2" />
                </section>
            </Show>
        </div>
    }
}

#[component]
fn Frame(room: Room, name: &'static str, title: &'static str, path: &'static str) -> impl IntoView {
    let frame = move || room.opened.with(|opened| opened.as_ref().map(|opened| [&opened.mount, path].concat()));
    view! {
        <For each=frame key=String::clone let:address>
            <iframe name=name title=title src=address></iframe>
        </For>
    }
}

/// What somebody else's page, or an injected script, is doing.
#[component]
pub fn Visited(room: Room) -> impl IntoView {
    view! {
        <For each=move || room.visit.get() key=|visit| (visit.number, visit.address.clone()) let:visit>
            <section class="panel visited" aria-labelledby="visit-title">
                <h2 id="visit-title">{visit.title}</h2>
                <iframe title=visit.title src=visit.address></iframe>
                <button type="button" on:click=move |_| room.visit.set(None)>
                    "Close this page"
                </button>
            </section>
        </For>
    }
}
