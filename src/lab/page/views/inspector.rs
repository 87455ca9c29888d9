//! The inspector at the right: the panels as tabs, one at a time (ARIA tabs pattern). All show the chosen moment.

use leptos::{ev::KeyboardEvent, prelude::*};
use wasm_bindgen::JsCast as _;

use super::super::panels::{
    EventList, FamilyTree, ProbeTable, RequestInspector, SessionRows, SigningKeys, ThiefPanel, TokenCard,
    WhereThingsLive,
};
use super::super::{focus, state::LabState, words::t};
use crate::lab::model::watch::Watch;
use crate::ui::support::sync_hydrated::client_only;

const COUNT: usize = 7;

fn name(tab: usize) -> &'static str {
    match tab {
        0 => t("Tokens", "Token"),
        1 => t("Request", "Anfrage"),
        2 => t("Family", "Familie"),
        3 => t("Places", "Orte"),
        4 => t("Rows", "Zeilen"),
        5 => t("Thief", "Dieb"),
        _ => t("Log", "Protokoll"),
    }
}

fn content(tab: usize, watch: Watch) -> AnyView {
    match tab {
        0 => client_only(view! { <TokenCard watch=watch /> }),
        1 => client_only(view! { <RequestInspector watch=watch /> }),
        2 => client_only(view! { <FamilyTree watch=watch /> }),
        3 => client_only(view! { <WhereThingsLive watch=watch /> }),
        4 => client_only(view! { <SessionRows watch=watch /><SigningKeys watch=watch /> }),
        5 => client_only(view! { <ThiefPanel watch=watch /><ProbeTable watch=watch /> }),
        _ => client_only(view! { <EventList watch=watch /> }),
    }
}

fn id(tab: usize) -> String {
    ["inspector-", &tab.to_string()].concat()
}

#[component]
pub fn Inspector(state: LabState) -> impl IntoView {
    let shown = RwSignal::new(0);
    let tab = move |tab: usize| {
        client_only(view! {
            <button type="button" role="tab" id=id(tab) aria-controls="inspector"
                aria-selected=move || (shown.get() == tab).to_string()
                tabindex=move || if shown.get() == tab { "0" } else { "-1" }
                on:click=move |_| shown.set(tab)>
                {name(tab)}
            </button>
        })
    };
    let moved = move |event: KeyboardEvent| {
        let now = shown.get_untracked();
        let to = match event.key().as_str() {
            "ArrowRight" => (now + 1) % COUNT,
            "ArrowLeft" => (now + COUNT - 1) % COUNT,
            "Home" => 0,
            "End" => COUNT - 1,
            _ => return,
        };
        event.prevent_default();
        event.stop_propagation();
        shown.set(to);
        let found = document().get_element_by_id(&id(to)).and_then(|tab| tab.dyn_into::<web_sys::HtmlElement>().ok());
        if let Some(tab) = found {
            focus::focus(&tab);
        }
    };
    client_only(view! {
        <section class="inspector" aria-label=t("Inspector", "Inspektor")>
            <div role="tablist" aria-label=t("Panels", "Tafeln") on:keydown=moved>
                {(0..COUNT).map(tab).collect::<Vec<_>>()}
            </div>
            <div id="inspector" role="tabpanel" tabindex="0" aria-labelledby=move || id(shown.get())>
                {move || content(shown.get(), state.watch)}
            </div>
        </section>
    })
}
