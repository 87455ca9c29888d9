//! The observer: reports each step of the tab to an installed callback. Without an observer no
//! event is constructed.

use std::cell::RefCell;

use crate::protocol::code::Code;

/// One step of a tab.
pub enum ClientEvent {
    AuthState(&'static str),
    TokenHeld {
        version: u64,
        expires_in: u64,
    },
    TokenForgotten,
    /// A call was refused, and a newer access token can fix that.
    Refused(Code),
    RefreshBegins,
    /// A refresh is requested while one is in flight (single-flight).
    JoinsRefresh,
    /// A call is retried; its path, below the base path.
    Retries(String),
}

type ClientObserver = Box<dyn Fn(ClientEvent)>;

thread_local! {
    static OBSERVER: RefCell<Option<ClientObserver>> = const { RefCell::new(None) };
}

/// Installs the observer and replaces an earlier one.
pub fn observe(observer: impl Fn(ClientEvent) + 'static) {
    OBSERVER.set(Some(Box::new(observer)));
}

pub(super) fn emit(event: impl FnOnce() -> ClientEvent) {
    OBSERVER.with_borrow(|observer| {
        if let Some(observer) = observer {
            observer(event());
        }
    });
}
