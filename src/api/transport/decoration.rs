//! A request hook (interceptor): lets a program add its own header to every request of the tab.

use std::cell::Cell;

use gloo_net::http::Request;

thread_local! {
    static DECORATION: Cell<Option<fn(&Request)>> = const { Cell::new(None) };
}

/// Installs the hook and replaces an earlier one.
pub fn install(decoration: fn(&Request)) {
    DECORATION.set(Some(decoration));
}

pub(super) fn decorate(request: &Request) {
    if let Some(decorate) = DECORATION.get() {
        decorate(request);
    }
}
