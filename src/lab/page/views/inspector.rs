//! The inspector at the right: the panels as tabs, one at a time (ARIA tabs pattern). All show the chosen moment. Those behind the
//! first tab are downloaded when one of them is chosen.

use leptos::{ev::KeyboardEvent, prelude::*};
use wasm_bindgen::JsCast as _;
use wasm_split_helpers::wasm_split;

use super::super::markup::tag;
use super::super::panels::{
    EventList, FamilyTree, ProbeTable, RequestInspector, SessionRows, SigningKeys, ThiefPanel, TokenCard,
    WhereThingsLive,
};
use super::super::{focus, state::LabState};
use super::html::{button, html};
use super::part::part;
use crate::lab::words::t;
use crate::ui::support::lazy_page::LazyPart;
use crate::ui::support::sync_hydrated::client_only;

fn names() -> [&'static str; 7] {
    [
        t("Tokens", "Token"),
        t("Request", "Anfrage"),
        t("Family", "Familie"),
        t("Places", "Orte"),
        t("Rows", "Zeilen"),
        t("Thief", "Dieb"),
        t("Log", "Protokoll"),
    ]
}

fn content(state: LabState) -> AnyView {
    match state.panel.get() {
        0 => client_only(view! { <TokenCard watch=state.watch /> }),
        _ => part(state, others()),
    }
}

#[wasm_split(lab_tools, fallible)]
fn others() -> LazyPart<LabState> {
    Ok(other)
}

fn other(state: LabState) -> AnyView {
    let watch = state.watch;
    match state.panel.get_untracked() {
        1 => client_only(view! { <RequestInspector watch=watch /> }),
        2 => client_only(view! { <FamilyTree watch=watch /> }),
        3 => client_only(view! { <WhereThingsLive watch=watch /> }),
        4 => client_only(view! { <SessionRows watch=watch /><SigningKeys watch=watch /> }),
        5 => client_only(view! { <ThiefPanel watch=watch /><ProbeTable watch=watch /> }),
        _ => client_only(view! { <EventList watch=watch /> }),
    }
}

fn id(tab: usize) -> String {
    ["tab:", &tab.to_string()].concat()
}

fn tabs(shown: usize) -> String {
    let tab = |(index, name): (usize, &str)| {
        let id = id(index);
        let (selected, order) = if index == shown { ("true", "0") } else { ("false", "-1") };
        let attributes =
            format!(r#" role="tab" id="{id}" aria-controls="inspector" aria-selected="{selected}" tabindex="{order}""#);
        button(&id, "", &attributes, name)
    };
    let tabs: String = names().into_iter().enumerate().map(tab).collect();
    tag("div", &[" role=\"tablist\" aria-label=\"", t("Panels", "Tafeln"), "\""].concat(), &tabs)
}

/// Chooses the tab, and leaves the focus on it.
fn moved(state: LabState, event: &KeyboardEvent) {
    let is_tab = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    if is_tab.is_none_or(|element| element.get_attribute("role").as_deref() != Some("tab")) {
        return;
    }
    let (now, count) = (state.panel.get_untracked(), names().len());
    let to = match event.key().as_str() {
        "ArrowRight" => (now + 1) % count,
        "ArrowLeft" => (now + count - 1) % count,
        "Home" => 0,
        "End" => count - 1,
        _ => return,
    };
    event.prevent_default();
    event.stop_propagation();
    state.panel.set(to);
    request_animation_frame(move || {
        if let Some(tab) = document().get_element_by_id(&id(to)) {
            focus::focus(tab.unchecked_ref());
        }
    });
}

pub fn inspector(state: LabState) -> AnyView {
    let list = Memo::new(move |_| tabs(state.panel.get()));
    client_only(view! {
        <section class="inspector" aria-label=t("Inspector", "Inspektor") on:keydown=move |event| moved(state, &event)>
            {html(state, "tabs", list, |state, on| {
                if let Ok(tab) = on.trim_start_matches("tab:").parse() {
                    state.panel.set(tab);
                }
            })}
            <div id="inspector" role="tabpanel" tabindex="0" aria-labelledby=move || id(state.panel.get())>
                {move || content(state)}
            </div>
        </section>
    })
}
