//! The session hint cookie `two_tokens_signed_in`: readable by scripts, not secret, and no proof of a session.
//! The server sets it to `1` together with the `HttpOnly` refresh cookie. It shows a resumed tab
//! what other tabs did, and it records a sign-out that has not reached the server yet.

use wasm_bindgen::JsCast as _;

use crate::base_path;
use crate::dom;
use crate::protocol::session::hint_cookie_name;

const ENDING: &str = "ending";
/// The default absolute lifetime of a session: after that there is nothing left to sign out of.
const REMEMBERED_SECONDS: u32 = 30 * 24 * 3600;

/// The value of the cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionHint {
    None,
    SignedIn,
    /// Signed out in this browser; the server does not know yet.
    Ending,
}

pub fn read() -> SessionHint {
    let cookies = cookies();
    let name = hint_cookie_name(&base_path::current());
    // A sibling site may have planted others of the name (cookie tossing); they hide none of ours.
    let values = || cookies.split(';').filter_map(|pair| pair.trim().strip_prefix(&*name)?.strip_prefix('='));
    if values().any(|value| value == ENDING) {
        SessionHint::Ending
    } else if values().any(|value| value == "1") {
        SessionHint::SignedIn
    } else {
        SessionHint::None
    }
}

/// Removes the hint. A pending sign-out stays recorded.
pub fn forget() {
    dom::remove_root_attribute("data-signed-in-hint");
    if read() == SessionHint::SignedIn {
        write(&hint_cookie_name(&base_path::current()), "", 0);
    }
}

/// Records a sign-out that has not reached the server.
pub fn remember_ending() {
    write(&hint_cookie_name(&base_path::current()), ENDING, REMEMBERED_SECONDS);
}

/// Whether the browser keeps cookies of this site, by setting one: `navigator.cookieEnabled`
/// ignores per-site blocking.
pub fn can_be_kept() -> bool {
    const PROBE: &str = "cookie_check";
    if read() != SessionHint::None {
        return true;
    }
    write(PROBE, "1", 60);
    let kept = cookies().contains(PROBE);
    write(PROBE, "", 0);
    kept
}

fn write(name: &str, value: &str, max_age: u32) {
    let path = base_path::at("/");
    if let Some(document) = document() {
        let _ = document.set_cookie(&format!("{name}={value}; Path={path}; Max-Age={max_age}; Secure; SameSite=Lax"));
    }
}

fn cookies() -> String {
    document().and_then(|document| document.cookie().ok()).unwrap_or_default()
}

fn document() -> Option<web_sys::HtmlDocument> {
    dom::document()?.dyn_into().ok()
}
