//! The lab's page in the browser: what happened last, in words, on top; then the app itself, the diagram of what it does, and
//! the tokens with everything that can be done to them. It is built by the browser alone, because without a sandbox there is
//! nothing to show.

mod actions;
mod driving;
mod exports;
mod frames;
mod keys;
mod more;
mod strip;

use leptos::{mount::mount_to_renderer, prelude::*};
use wasm_bindgen::JsCast as _;
use wasm_bindgen_futures::spawn_local;
use wasm_split_helpers::{SplitLoaderError, wasm_split};

use super::room::Room;
use crate::lab::diagram::SequenceDiagram;
use crate::lab::panels::{self, EventList, TokenCard};
use actions::Actions;
use driving::Driving;
use exports::Exports;
use frames::{Stage, Visited};
use more::{MorePanels, Panels, Shown};
use strip::Strip;

/// Downloads the lab, which nobody else needs, and begins.
pub async fn start() {
    match whole().await {
        Ok(begin) => begin(),
        Err(_) => {
            if let Some(word) = document().get_element_by_id("boot-failed") {
                _ = word.remove_attribute("hidden");
            }
        }
    }
}

#[wasm_split(lab, fallible)]
fn whole() -> Result<fn(), SplitLoaderError> {
    Ok(begin)
}

/// Into `#lab`, and then the sandbox is opened.
fn begin() {
    let Some(place) = document().get_element_by_id("lab") else { return };
    let room = Room::new();
    place.set_text_content(None);
    let inside = place.clone();
    // The room outlives this call: nobody ever leaves the page but by closing it.
    mount_to_renderer(&inside, move || Lab(LabProps { room })).forget();
    if let Some(place) = place.dyn_ref::<web_sys::HtmlElement>() {
        _ = place.remove_attribute("aria-busy");
    }
    spawn_local(room.open());
}

/// For a projector: larger, and only what a class needs to see.
fn is_for_a_class() -> bool {
    window().location().search().is_ok_and(|query| query.contains("view=presenter"))
}

#[component]
fn Lab(room: Room) -> impl IntoView {
    let presenter = is_for_a_class();
    let shown = Shown::new();
    let keys = keys::Keys::new(room);
    panels::tell(room.watch);
    view! {
        <div class="lab" class:presenter=presenter on:keydown=move |event| keys.pressed(&event)>
            <Strip room=room presenter=presenter />
            <Closed room=room />
            <div class="columns">
                <div class="column">
                    <Stage room=room presenter=presenter />
                    <div hidden=presenter>
                        <Actions room=room />
                    </div>
                </div>
                <div class="column">
                    <Visited room=room />
                    <SequenceDiagram watch=room.watch />
                    <div class="column" hidden=presenter>
                        <EventList watch=room.watch />
                        <Driving room=room keys=keys />
                        <Exports room=room />
                    </div>
                </div>
                <div class="column" hidden=presenter>
                    <TokenCard watch=room.watch />
                </div>
            </div>
            <div hidden=presenter>
                <MorePanels room=room shown=shown />
                <Panels room=room shown=shown />
            </div>
        </div>
    }
}

/// Why there is nothing to see.
#[component]
fn Closed(room: Room) -> impl IntoView {
    let word = move || match (room.closed.get(), room.opened.with(Option::is_none)) {
        (Some(why), _) => Some(
            view! {
                <p class="problem" role="alert">
                    {why}
                    " "
                    <a href="/lab">"Open a new sandbox"</a>
                </p>
            }
            .into_any(),
        ),
        (None, true) => Some(view! { <p role="status">"Opening a sandbox for you…"</p> }.into_any()),
        (None, false) => None,
    };
    view! { {word} }
}
