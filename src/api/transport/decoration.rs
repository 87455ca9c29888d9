//! A request hook (interceptor): lets a program add its own header to every request of the tab.

use std::cell::Cell;

use leptos::server_fn::{
    client::{Client, browser::BrowserClient},
    request::browser::BrowserRequest,
    response::browser::BrowserResponse,
};

use crate::protocol::problem::Problem;

thread_local! {
    static DECORATION: Cell<Option<fn(&BrowserRequest)>> = const { Cell::new(None) };
}

/// Installs the hook and replaces an earlier one.
pub fn install(decoration: fn(&BrowserRequest)) {
    DECORATION.set(Some(decoration));
}

/// Sends a request of either client, decorated.
pub(super) fn send(request: BrowserRequest) -> impl Future<Output = Result<BrowserResponse, Problem>> + Send {
    if let Some(decorate) = DECORATION.get() {
        decorate(&request);
    }
    <BrowserClient as Client<Problem>>::send(request)
}
