//! Parts of the page that are text and not views, as the drawing of the diagram is: they change as a whole, and a view for each
//! element would need far more code in the browser. What comes from elsewhere passes through [`escape`](super::super::diagram::escape).

use leptos::{ev::MouseEvent, prelude::*};
use wasm_bindgen::JsCast as _;

use super::super::{focus, state::LabState};
use crate::ui::support::sync_hydrated::client_only;

/// A part with this text. A press on an element with `data-on` calls `press` with its value, and leaves the focus there.
pub fn html(state: LabState, class: &'static str, text: Memo<String>, press: fn(LabState, &str)) -> AnyView {
    let pressed = move |event: MouseEvent| {
        // A link opens in a tab of its own where that is asked for.
        if event.ctrl_key() || event.meta_key() || event.shift_key() {
            return;
        }
        let Some(on) = value(&event) else { return };
        event.prevent_default();
        press(state, &on);
        request_animation_frame(move || keep_focus(&on));
    };
    client_only(view! { <div class=class inner_html=move || text.get() on:click=pressed></div> })
}

fn value(event: &MouseEvent) -> Option<String> {
    let target: web_sys::Element = event.target()?.dyn_into().ok()?;
    let element = target.closest("[data-on]").ok()??;
    (element.get_attribute("aria-disabled").as_deref() != Some("true")).then(|| element.get_attribute("data-on"))?
}

/// The text was written anew, and the element that had the focus with it.
fn keep_focus(on: &str) {
    let is_lost = document().active_element().is_none_or(|element| element.tag_name() == "BODY");
    let found = || document().query_selector(&["[data-on=\"", on, "\"]"].concat()).ok()?;
    if let Some(element) = found().filter(|_| is_lost) {
        focus::focus(element.unchecked_ref());
    }
}

/// A button that calls the press of its part. `attributes` begin with a space.
pub fn button(on: &str, class: &str, attributes: &str, words: &str) -> String {
    [r#"<button type="button" data-on=""#, on, r#"" class=""#, class, "\"", attributes, ">", words, "</button>"]
        .concat()
}

/// A button that is pressed or not.
pub fn toggle(on: &str, pressed: bool, words: &str) -> String {
    button(on, "small", if pressed { " aria-pressed=\"true\"" } else { " aria-pressed=\"false\"" }, words)
}
