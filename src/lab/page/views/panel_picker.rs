//! Progressive disclosure: a newcomer sees four panels and adds others one by one.

use leptos::prelude::*;

use super::super::panels::{
    FamilyTree, ProbeTable, RequestInspector, SessionRows, SigningKeys, ThiefPanel, WhereThingsLive,
};
use super::super::state::LabState;
use crate::lab::model::labels;
use crate::ui::support::sync_hydrated::client_only;

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

/// The panels that are shown in addition to the first four.
#[derive(Clone, Copy)]
pub struct PanelSelection(RwSignal<Vec<Panel>>);

impl PanelSelection {
    pub fn new() -> Self {
        Self(RwSignal::new(Vec::new()))
    }

    fn has(self, panel: Panel) -> bool {
        self.0.with(|selection| selection.contains(&panel))
    }

    fn toggle(self, panel: Panel) {
        self.0.update(|selection| match selection.iter().position(|other| *other == panel) {
            Some(at) => _ = selection.remove(at),
            None => selection.push(panel),
        });
    }
}

#[component]
pub fn PanelPicker(state: LabState, selection: PanelSelection) -> impl IntoView {
    let choose = move |(panel, name): (Panel, &'static str)| {
        view! {
            <button type="button" aria-pressed=move || selection.has(panel).to_string() on:click=move |_| selection.toggle(panel)>
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
                    aria-pressed=move || state.tab2.get().to_string()
                    on:click=move |_| state.turn_tab2()
                >
                    "Tab 2"
                </button>
                {ALL.map(choose).collect_view()}
            </div>
        </section>
    }
}

#[component]
pub fn ChosenPanels(state: LabState, selection: PanelSelection) -> impl IntoView {
    let panels = move || ALL.map(|(panel, _)| selection.has(panel).then(|| content(panel, state)));
    view! { <div class="panels">{panels}</div> }
}

fn content(panel: Panel, state: LabState) -> AnyView {
    let watch = state.watch;
    match panel {
        Panel::Inspector => client_only(view! { <RequestInspector watch=watch /> }),
        Panel::WhereThingsLive => client_only(view! { <WhereThingsLive watch=watch /> }),
        Panel::Family => client_only(view! { <FamilyTree watch=watch /> }),
        Panel::SessionRow => client_only(view! { <SessionRows watch=watch /> }),
        Panel::SigningKeys => client_only(view! { <SigningKeys watch=watch /> }),
        Panel::Thief => client_only(view! { <ThiefPanel watch=watch /> }),
        Panel::Script => client_only(view! { <ProbeTable watch=watch /> }),
        Panel::Settings => client_only(view! { <SettingsPanel state=state /> }),
    }
}

/// The sandbox's settings.
#[component]
fn SettingsPanel(state: LabState) -> impl IntoView {
    let words = move || state.settings().map(|settings| labels::settings(&settings));
    client_only(view! {
        <section class="panel" aria-labelledby="lab-settings">
            <h2 id="lab-settings">"Settings"</h2>
            <p>{words}</p>
        </section>
    })
}
