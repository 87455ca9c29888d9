//! Sticky auto-scroll: a box follows new content while it is scrolled to its end, and stays still once the reader scrolls up. A
//! chosen moment is scrolled into view. It jumps without animation, so `prefers-reduced-motion` needs no special case.

use leptos::{html, prelude::*, wasm_bindgen::JsCast as _, web_sys};

#[derive(Clone, Copy)]
pub struct AutoScroll {
    pub node: NodeRef<html::Div>,
    at_end: StoredValue<bool>,
    /// The scroll position at the last scroll event.
    top: StoredValue<i32>,
}

impl AutoScroll {
    /// `chosen` returns the chosen moment's offset in pixels, for boxes without an element marked as current; `length` changes
    /// with new content.
    pub fn new(
        chosen: impl Fn() -> Option<u32> + Send + Sync + 'static,
        length: impl Fn() -> usize + Send + Sync + 'static,
    ) -> Self {
        let auto_scroll = Self { node: NodeRef::new(), at_end: StoredValue::new(true), top: StoredValue::new(0) };
        Effect::new(move |was_chosen: Option<bool>| {
            length();
            let depth = chosen();
            if was_chosen == Some(true) && depth.is_none() {
                // Following live again.
                auto_scroll.at_end.set_value(true);
            }
            let Some(element) = auto_scroll.node.get() else { return depth.is_some() };
            // After the new content was rendered.
            request_animation_frame(move || match depth {
                Some(depth) => {
                    let depth = marked(&element).unwrap_or(i32::try_from(depth).unwrap_or(0));
                    let (top, height) = (element.scroll_top(), element.client_height());
                    if depth < top + 20 || depth + 80 > top + height {
                        element.set_scroll_top(depth - height / 2);
                    }
                }
                None if auto_scroll.at_end.get_value() => element.set_scroll_top(element.scroll_height()),
                None => {}
            });
            depth.is_some()
        });
        auto_scroll
    }

    /// Only scrolling up leaves the end: new content moves the end away without a scroll by the reader.
    pub fn scrolled(self) {
        if let Some(element) = self.node.get_untracked() {
            let top = element.scroll_top();
            let below = element.scroll_height() - top - element.client_height();
            if below < 30 {
                self.at_end.set_value(true);
            } else if top < self.top.get_value() {
                self.at_end.set_value(false);
            }
            self.top.set_value(top);
        }
    }
}

/// The offset of the element marked as current. Lines wrap, so only the browser knows it.
fn marked(element: &web_sys::Element) -> Option<i32> {
    let line = element.query_selector("[aria-current]").ok()??;
    Some(line.dyn_into::<web_sys::HtmlElement>().ok()?.offset_top())
}
