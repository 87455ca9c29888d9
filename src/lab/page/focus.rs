//! The page keeps its focus and its place while something happens in a frame: an app that is loaded or signed out moves its own
//! focus, and the browser then scrolls the page around it to the frame.

use std::cell::{Cell, RefCell};

use leptos::prelude::{RwSignal, WithUntracked as _, document, window};
use wasm_bindgen::{JsCast as _, JsValue};

use super::state::Pressed;
use crate::dom;

thread_local! {
    /// What had the focus last, outside of the frames.
    static HAD: RefCell<Option<web_sys::HtmlElement>> = const { RefCell::new(None) };
    /// How far the page is scrolled, in pixels.
    static AT: Cell<f64> = const { Cell::new(0.0) };
}

/// Gives the focus back whenever a frame takes it during an action.
pub fn keep(busy: RwSignal<Option<Pressed>>) {
    dom::on(&document(), "focusin", |event| {
        let target = event.target().and_then(|target| target.dyn_into::<web_sys::HtmlElement>().ok());
        if let Some(element) = target.filter(|element| element.tag_name() != "IFRAME") {
            HAD.set(Some(element));
        }
    });
    dom::on(&window(), "blur", move |_| {
        let in_frame = document().active_element().is_some_and(|element| element.tag_name() == "IFRAME");
        if in_frame && busy.with_untracked(Option::is_some) {
            give_back();
        }
    });
}

/// Remembers where the page is, before an action.
pub fn begin() {
    AT.set(window().scroll_y().unwrap_or(0.0));
}

fn give_back() {
    HAD.with_borrow(|had| {
        if let Some(element) = had.as_ref().filter(|element| element.is_connected()) {
            focus(element);
            window().scroll_to_with_x_and_y(0.0, AT.get());
        }
    });
}

/// Focuses without scrolling (`preventScroll`).
pub fn focus(element: &web_sys::HtmlElement) {
    let options = js_sys::Object::new();
    _ = js_sys::Reflect::set(&options, &"preventScroll".into(), &JsValue::TRUE);
    if let Some(focus) = dom::property(element, "focus").and_then(|focus| focus.dyn_into::<js_sys::Function>().ok()) {
        _ = focus.call1(element, &options);
    }
}
