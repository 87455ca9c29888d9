//! A box that scrolls to what is new, as long as the person has not scrolled away from its end: then they are reading, and
//! nothing moves. A moment that was chosen is brought into view. No travelling, so there is nothing to reduce.

use leptos::{html, prelude::*, wasm_bindgen::JsCast as _, web_sys};

#[derive(Clone, Copy)]
pub struct Follow {
    pub node: NodeRef<html::Div>,
    at_end: StoredValue<bool>,
    /// Where it was scrolled to when that was last looked at.
    top: StoredValue<i32>,
}

impl Follow {
    /// `chosen` tells how far down the chosen moment is, where no element is marked as current; `length` changes with what is
    /// new.
    pub fn new(
        chosen: impl Fn() -> Option<u32> + Send + Sync + 'static,
        length: impl Fn() -> usize + Send + Sync + 'static,
    ) -> Self {
        let follow = Self { node: NodeRef::new(), at_end: StoredValue::new(true), top: StoredValue::new(0) };
        Effect::new(move |was_chosen: Option<bool>| {
            length();
            let depth = chosen();
            if was_chosen == Some(true) && depth.is_none() {
                // Back to live.
                follow.at_end.set_value(true);
            }
            let Some(element) = follow.node.get() else { return depth.is_some() };
            // After the new lines are in the page.
            request_animation_frame(move || match depth {
                Some(depth) => {
                    let depth = marked(&element).unwrap_or(i32::try_from(depth).unwrap_or(0));
                    let (top, height) = (element.scroll_top(), element.client_height());
                    if depth < top + 20 || depth + 80 > top + height {
                        element.set_scroll_top(depth - height / 2);
                    }
                }
                None if follow.at_end.get_value() => element.set_scroll_top(element.scroll_height()),
                None => {}
            });
            depth.is_some()
        });
        follow
    }

    /// Only who scrolls up leaves the end: what is new puts the end further off, and nobody has moved.
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

/// How far down the current line is: lines are as high as their words, so only the browser knows.
fn marked(element: &web_sys::Element) -> Option<i32> {
    let line = element.query_selector("[aria-current]").ok()??;
    Some(line.dyn_into::<web_sys::HtmlElement>().ok()?.offset_top())
}
