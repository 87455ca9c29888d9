//! Which further panels are shown: one idea at a time, so that a newcomer meets four and adds the others when they ask for them.

use leptos::prelude::*;

use super::super::room::Room;
use crate::lab::panels::{Family, ProbeTable, RequestInspector, SessionRows, SigningKeys, ThiefPanel, WhereThingsLive};
use crate::lab::words;
use crate::ui::at_once::in_browser;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Panel {
    Inspector,
    WhereThingsLive,
    Family,
    SessionRow,
    SigningKeys,
    Thief,
    Script,
    Settings,
}

const ALL: [(Panel, &str); 8] = [
    (Panel::Inspector, "Request inspector"),
    (Panel::WhereThingsLive, "Where things live"),
    (Panel::Family, "Refresh token family"),
    (Panel::SessionRow, "Session row"),
    (Panel::SigningKeys, "Signing keys"),
    (Panel::Thief, "The thief"),
    (Panel::Script, "An injected script"),
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
    let panels = move || ALL.map(|(panel, _)| shown.has(panel).then(|| content(panel, room)));
    view! { <div class="panels">{panels}</div> }
}

fn content(panel: Panel, room: Room) -> AnyView {
    let watch = room.watch;
    match panel {
        Panel::Inspector => in_browser(view! { <RequestInspector watch=watch /> }),
        Panel::WhereThingsLive => in_browser(view! { <WhereThingsLive watch=watch /> }),
        Panel::Family => in_browser(view! { <Family watch=watch /> }),
        Panel::SessionRow => in_browser(view! { <SessionRows watch=watch /> }),
        Panel::SigningKeys => in_browser(view! { <SigningKeys watch=watch /> }),
        Panel::Thief => in_browser(view! { <ThiefPanel watch=watch /> }),
        Panel::Script => in_browser(view! { <ProbeTable watch=watch /> }),
        Panel::Settings => in_browser(view! { <Settings room=room /> }),
    }
}

/// What the visitor has set.
#[component]
fn Settings(room: Room) -> impl IntoView {
    let words = move || room.settings().map(|settings| words::settings(&settings));
    in_browser(view! {
        <section class="panel" aria-labelledby="lab-settings">
            <h2 id="lab-settings">"Settings"</h2>
            <p>{words}</p>
        </section>
    })
}
