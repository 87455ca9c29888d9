//! A box that scrolls to what is new, as long as the person has not scrolled away from its end: then they are reading, and
//! nothing moves. A moment that was chosen is brought into view. No travelling, so there is nothing to reduce.

use leptos::{html, prelude::*};

#[derive(Clone, Copy)]
pub struct Follow {
    pub node: NodeRef<html::Div>,
    at_end: StoredValue<bool>,
}

impl Follow {
    /// `chosen` tells how far down the chosen moment is, `length` changes with what is new.
    pub fn new(
        chosen: impl Fn() -> Option<u32> + Send + Sync + 'static,
        length: impl Fn() -> usize + Send + Sync + 'static,
    ) -> Self {
        let follow = Self { node: NodeRef::new(), at_end: StoredValue::new(true) };
        Effect::new(move |_| {
            length();
            let depth = chosen();
            let Some(element) = follow.node.get() else { return };
            // After the new lines are in the page.
            request_animation_frame(move || match depth {
                Some(depth) => {
                    let depth = i32::try_from(depth).unwrap_or(0);
                    let (top, height) = (element.scroll_top(), element.client_height());
                    if depth < top + 20 || depth + 80 > top + height {
                        element.set_scroll_top(depth - height / 2);
                    }
                }
                None if follow.at_end.get_value() => element.set_scroll_top(element.scroll_height()),
                None => {}
            });
        });
        follow
    }

    pub fn scrolled(self) {
        if let Some(element) = self.node.get_untracked() {
            let below = element.scroll_height() - element.scroll_top() - element.client_height();
            self.at_end.set_value(below < 30);
        }
    }
}
