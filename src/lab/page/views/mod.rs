//! The views of the lab's page (client-side rendering): the summary bar on top, then the app in frames, the actions, the diagram and
//! the panels. Only the browser renders them, because without a sandbox there is nothing to show.

mod actions;
mod exports;
mod frames;
mod panel_picker;
mod playback;
mod shortcuts;
mod summary_bar;

use leptos::{mount::mount_to_renderer, prelude::*};
use wasm_bindgen::JsCast as _;
use wasm_bindgen_futures::spawn_local;
use wasm_split_helpers::{SplitLoaderError, wasm_split};

use super::diagram::SequenceDiagram;
use super::panels::{EventList, TokenCard, provide_snapshot};
use super::state::LabState;
use actions::Actions;
use exports::Exports;
use frames::{TabFrames, VisitedPage};
use panel_picker::{ChosenPanels, PanelPicker, PanelSelection};
use playback::Playback;
use summary_bar::SummaryBar;

/// Downloads the lab's own chunk (lazy loading) and starts it.
pub async fn start() {
    match whole().await {
        Ok(begin) => begin(),
        Err(_) => {
            if let Some(notice) = document().get_element_by_id("boot-failed") {
                _ = notice.remove_attribute("hidden");
            }
        }
    }
}

#[wasm_split(lab, fallible)]
fn whole() -> Result<fn(), SplitLoaderError> {
    Ok(begin)
}

/// Mounts the views into `#lab`, then opens the sandbox.
fn begin() {
    let Some(place) = document().get_element_by_id("lab") else { return };
    let state = LabState::new();
    place.set_text_content(None);
    let inside = place.clone();
    // The views live until the page is closed.
    mount_to_renderer(&inside, move || LabPage(LabPageProps { state })).forget();
    if let Some(place) = place.dyn_ref::<web_sys::HtmlElement>() {
        _ = place.remove_attribute("aria-busy");
    }
    spawn_local(state.open());
}

/// The presenter view for a projector: larger, with only the essentials.
fn is_presenter_view() -> bool {
    window().location().search().is_ok_and(|query| query.contains("view=presenter"))
}

#[component]
fn LabPage(state: LabState) -> impl IntoView {
    let presenter = is_presenter_view();
    let selection = PanelSelection::new();
    let shortcuts = shortcuts::Shortcuts::new(state);
    provide_snapshot(state.watch);
    view! {
        <div class="lab" class:presenter=presenter on:keydown=move |event| shortcuts.pressed(&event)>
            <SummaryBar state=state presenter=presenter />
            <ClosedNotice state=state />
            <div class="columns">
                <div class="column">
                    <TabFrames state=state presenter=presenter />
                    <div hidden=presenter>
                        <Actions state=state />
                    </div>
                </div>
                <div class="column">
                    <VisitedPage state=state />
                    <SequenceDiagram watch=state.watch />
                    <div class="column" hidden=presenter>
                        <EventList watch=state.watch />
                        <Playback state=state shortcuts=shortcuts />
                        <Exports state=state />
                    </div>
                </div>
                <div class="column" hidden=presenter>
                    <TokenCard watch=state.watch />
                </div>
            </div>
            <div hidden=presenter>
                <PanelPicker state=state selection=selection />
                <ChosenPanels state=state selection=selection />
            </div>
        </div>
    }
}

/// Why there is no sandbox.
#[component]
fn ClosedNotice(state: LabState) -> impl IntoView {
    let message = move || match (state.closed.get(), state.waiting.get(), state.opened.with(Option::is_none)) {
        (Some(why), _, _) => Some(
            view! {
                <p class="problem" role="alert">
                    {why}
                    " "
                    <a href="/lab">"Open a new sandbox"</a>
                </p>
            }
            .into_any(),
        ),
        (None, Some(why), _) => Some(view! { <p role="status">{why}</p> }.into_any()),
        (None, None, true) => Some(view! { <p role="status">"Opening a sandbox for you…"</p> }.into_any()),
        (None, None, false) if state.stopped.get() => Some(
            view! {
                <p class="notice" role="status">
                    "Newer pages of this browser show the lab, so this one has stopped. "
                    <button type="button" on:click=move |_| state.follow_again()>
                        "Go on here"
                    </button>
                </p>
            }
            .into_any(),
        ),
        (None, None, false) => None,
    };
    view! { {message} }
}
