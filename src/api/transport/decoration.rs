//! A request hook (interceptor): lets a program add its own header to every request of the tab.

use std::cell::Cell;

use leptos::server_fn::request::browser::BrowserRequest;

thread_local! {
    static DECORATION: Cell<Option<fn(&BrowserRequest)>> = const { Cell::new(None) };
}

/// Installs the hook and replaces an earlier one.
pub fn install(decoration: fn(&BrowserRequest)) {
    DECORATION.set(Some(decoration));
}

pub(super) fn apply(request: &BrowserRequest) {
    if let Some(decorate) = DECORATION.get() {
        decorate(request);
    }
}
