//! The readable cookie `signed_in`: not secret, and no proof of anything. The server sets it to `1` beside the refresh cookie,
//! which no script can see; here it tells at once what another tab did while this one slept, and it remembers a sign-out
//! that the server has not heard of yet.

use wasm_bindgen::JsCast as _;

use super::page;
use crate::mount;

const ENDING: &str = "ending";
/// As long as the longest session.
const REMEMBERED_SECONDS: u32 = 30 * 24 * 3600;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hint {
    None,
    SignedIn,
    /// Signed out here, and the server is still to be told.
    Ending,
}

pub fn read() -> Hint {
    let cookies = cookies();
    let name = mount::current().hint_name();
    let value = cookies.split(';').find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='));
    match value {
        Some("1") => Hint::SignedIn,
        Some(ENDING) => Hint::Ending,
        _ => Hint::None,
    }
}

/// The session is over: nothing must promise one. A sign-out that is still to be told stays remembered.
pub fn forget() {
    page::remove_root_attribute("data-signed-in-hint");
    if read() == Hint::SignedIn {
        write(mount::current().hint_name(), "", 0);
    }
}

pub fn remember_ending() {
    write(mount::current().hint_name(), ENDING, REMEMBERED_SECONDS);
}

/// Whether this browser keeps cookies for us. `navigator.cookieEnabled` does not know of what is blocked for one site.
pub fn can_be_kept() -> bool {
    const PROBE: &str = "cookie_check";
    if read() != Hint::None {
        return true;
    }
    write(PROBE, "1", 60);
    let kept = cookies().contains(PROBE);
    write(PROBE, "", 0);
    kept
}

fn write(name: &str, value: &str, max_age: u32) {
    let path = mount::at("/");
    if let Some(document) = document() {
        let _ = document.set_cookie(&format!("{name}={value}; Path={path}; Max-Age={max_age}; Secure; SameSite=Lax"));
    }
}

fn cookies() -> String {
    document().and_then(|document| document.cookie().ok()).unwrap_or_default()
}

fn document() -> Option<web_sys::HtmlDocument> {
    page::document()?.dyn_into().ok()
}
