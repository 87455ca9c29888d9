//! Request hooks (interceptors): they let a program add its own headers to every request of the tab.

use std::cell::RefCell;

use gloo_net::http::Request;

thread_local! {
    static DECORATIONS: RefCell<Vec<fn(&Request)>> = const { RefCell::new(Vec::new()) };
}

/// Adds a hook. Every hook is called, in the order in which they were added.
pub fn add(decoration: fn(&Request)) {
    DECORATIONS.with_borrow_mut(|decorations| decorations.push(decoration));
}

pub(super) fn decorate(request: &Request) {
    DECORATIONS.with_borrow(|decorations| decorations.iter().for_each(|decorate| decorate(request)));
}
