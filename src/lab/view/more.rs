//! Which further panels are shown: one idea at a time, so that a newcomer meets four and adds the others when they ask for them.

use leptos::prelude::*;

use super::super::event::Event;
use super::super::room::Room;
use super::super::watch::Watch;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Panel {
    Inspector,
    WhereThingsLive,
    Family,
    SessionRow,
    SigningKeys,
    Settings,
}

const ALL: [(Panel, &str); 6] = [
    (Panel::Inspector, "Request inspector"),
    (Panel::WhereThingsLive, "Where things live"),
    (Panel::Family, "Refresh token family"),
    (Panel::SessionRow, "Session row"),
    (Panel::SigningKeys, "Signing keys"),
    (Panel::Settings, "Settings"),
];

/// The panels that are shown beside the first four.
#[derive(Clone, Copy)]
pub struct Shown(RwSignal<Vec<Panel>>);

impl Shown {
    pub fn new() -> Self {
        Self(RwSignal::new(Vec::new()))
    }

    fn has(self, panel: Panel) -> bool {
        self.0.with(|shown| shown.contains(&panel))
    }

    fn turn(self, panel: Panel) {
        self.0.update(|shown| match shown.iter().position(|other| *other == panel) {
            Some(at) => _ = shown.remove(at),
            None => shown.push(panel),
        });
    }
}

#[component]
pub fn MorePanels(room: Room, shown: Shown) -> impl IntoView {
    let choose = move |(panel, name): (Panel, &'static str)| {
        view! {
            <button type="button" aria-pressed=move || shown.has(panel).to_string() on:click=move |_| shown.turn(panel)>
                {name}
            </button>
        }
    };
    view! {
        <section class="more" aria-labelledby="more-title">
            <h2 id="more-title">"More panels"</h2>
            <div class="actions">
                <button
                    type="button"
                    aria-pressed=move || room.tab2.get().to_string()
                    on:click=move |_| room.turn_tab2()
                >
                    "Tab 2"
                </button>
                {ALL.map(choose).collect_view()}
            </div>
        </section>
    }
}

#[component]
pub fn Panels(room: Room, shown: Shown) -> impl IntoView {
    let panel = move |(panel, name): (Panel, &'static str)| {
        view! {
            <Show when=move || shown.has(panel)>
                <section class="panel" aria-label=name>
                    <h2>{name}</h2>
                    {content(panel, room.watch)}
                </section>
            </Show>
        }
    };
    view! { <div class="panels">{ALL.map(panel).collect_view()}</div> }
}

fn content(_panel: Panel, _watch: Watch) -> impl IntoView {
    view! { <p class="hint">"Not here yet."</p> }
}

#[component]
pub fn Diagram(watch: Watch) -> impl IntoView {
    view! { <p class="hint">{move || format!("{} events", watch.upto())}</p> }
}

#[component]
pub fn Token(watch: Watch) -> impl IntoView {
    view! { <p class="hint">{move || format!("{} events", watch.upto())}</p> }
}

#[component]
pub fn Events(watch: Watch) -> impl IntoView {
    let lines = move || watch.events.get();
    view! {
        <ol class="events">
            <For each=lines key=|event| event.seq let:event>
                <li>{serde_json::to_string(&event.what).unwrap_or_default()}</li>
            </For>
        </ol>
    }
}

pub fn last_refresh(_watch: Watch) -> Option<String> {
    None
}

pub fn mermaid(_events: &[Event], _chosen: Option<u64>) -> String {
    String::new()
}

pub fn curl(_events: &[Event], _chosen: Option<u64>) -> String {
    String::new()
}

pub fn svg(_events: &[Event], _chosen: Option<u64>) -> String {
    String::new()
}
