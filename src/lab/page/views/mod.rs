//! The views of the lab's page (client-side rendering), on one screen: the rail with the scenes, the stage with the story below it,
//! the inspector, and the bar at the bottom. Only the browser renders them, because without a sandbox there is nothing to show.

mod actions;
mod exports;
mod frames;
mod html;
mod inspector;
mod lesson;
mod part;
mod rail;
mod shortcuts;
mod stage;
mod status;
mod transport;

use leptos::{mount::mount_to_renderer, prelude::*};
use wasm_bindgen::JsCast as _;
use wasm_bindgen_futures::spawn_local;
use wasm_split_helpers::{SplitLoaderError, wasm_split};

use super::course::query;
use super::focus;
use super::panels::provide_snapshot;
use super::state::LabState;
use crate::lab::words::t;
use shortcuts::Shortcuts;

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

/// Mounts the views into `#lab`, then opens the sandbox and the scene of the address.
fn begin() {
    let Some(place) = document().get_element_by_id("lab") else { return };
    let state = LabState::new();
    let view = query("view").unwrap_or_default();
    state.free.set(view == "free");
    place.set_text_content(None);
    let inside = place.clone();
    // The views live until the page is closed.
    mount_to_renderer(&inside, move || LabPage(LabPageProps { state, presenter: view == "presenter" })).forget();
    if let Some(place) = place.dyn_ref::<web_sys::HtmlElement>() {
        _ = place.remove_attribute("aria-busy");
    }
    focus::keep(state.busy);
    spawn_local(state.open());
    spawn_local(state.open_course());
    spawn_local(state.open_levers());
}

/// The presenter view for a projector has the stage and the story alone, in large type.
#[component]
fn LabPage(state: LabState, presenter: bool) -> impl IntoView {
    let shortcuts = Shortcuts::new(state, presenter);
    provide_snapshot(state.watch);
    if presenter {
        // A clicker does not care what has the focus.
        window_event_listener(leptos::ev::keydown, move |event| shortcuts.pressed(&event));
    }
    let pressed = move |event: web_sys::KeyboardEvent| {
        if !presenter {
            shortcuts.pressed(&event);
        }
    };
    let first = Memo::new(move |_| state.course.chosen.with(Option::is_none) && !state.free.get());
    view! {
        <div class="lab" class:presenter=presenter class:first=first on:keydown=pressed>
            {status::status_line(state)}
            {stage::stage(state)}
            {lesson::lesson(state)}
            {transport::transport(state, shortcuts)}
            {(!presenter).then(|| (rail::rail(state), inspector::inspector(state)))}
            <div class="blank" hidden=move || !shortcuts.blank.get() role="img" aria-label=t("Blank", "Dunkel")></div>
        </div>
    }
}
