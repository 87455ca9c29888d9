//! What the tab does, told to one listener while it does it. The lab needs the browser's half of the story and cannot see it
//! from the server; this folder knows no lab. Where nobody listens nothing is even put together.

use std::cell::RefCell;

use leptos::server_fn::request::browser::BrowserRequest;

use crate::api::error::Code;
use crate::mount;

/// One thing a tab does.
pub enum Sight {
    AuthState(&'static str),
    TokenHeld {
        version: u64,
        expires_in: u64,
    },
    TokenForgotten,
    /// A call was refused in a way that a new token can mend.
    Refused(Code),
    RefreshBegins,
    /// A refresh is wanted while one is under way.
    JoinsRefresh,
    /// The path of a call that is sent again.
    Retries(String),
}

type Listener = Box<dyn Fn(Sight)>;

thread_local! {
    static LISTENER: RefCell<Option<Listener>> = const { RefCell::new(None) };
}

/// From now on; there is one listener.
pub fn listen(listener: impl Fn(Sight) + 'static) {
    LISTENER.set(Some(Box::new(listener)));
}

pub(super) fn saw(sight: impl FnOnce() -> Sight) {
    LISTENER.with_borrow(|listener| {
        if let Some(listener) = listener {
            listener(sight());
        }
    });
}

/// Which frame of the lab this is, for the names it gives its frames.
pub fn frame() -> Option<String> {
    if mount::current().is_root() {
        return None;
    }
    web_sys::window()?.name().ok().filter(|name| name == "tab" || name == "tab2")
}

/// Two tabs of a sandbox send the same cookie, so each says which one it is.
pub(super) fn sign(request: &BrowserRequest) {
    if let Some(frame) = frame() {
        request.headers().set("lab-tab", &frame);
    }
}
