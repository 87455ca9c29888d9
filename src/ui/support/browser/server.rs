//! Server stubs: nothing to focus or scroll; times are formatted in the browser.

use leptos::prelude::RwSignal;
use leptos::web_sys;

pub fn focus(_selector: &str) {}

pub fn focus_element<T>(_element: &T) {}

pub fn is_shown(_pathname: &str) -> bool {
    true
}

pub fn hide_popover(_id: &str) {}

pub fn copy(_text: &str, _copied: RwSignal<bool>) {}

pub fn relative_time(_millis: i64) -> String {
    String::new()
}

pub fn local_day(_millis: i64) -> String {
    String::new()
}

pub fn exists(_selector: &str) -> bool {
    false
}

pub fn scroll_to_fragment() {}

pub fn restore_focus(_event: &web_sys::Event) {}

pub const BEFORE_RELOAD: &str = "two-tokens-reload";

pub fn reload() {}

pub const BEFORE_SIGN_OUT: &str = "two-tokens-sign-out";

pub fn may_sign_out() -> bool {
    true
}

pub fn confirm(_question: &str) -> bool {
    true
}

pub fn put_away(_text: &str) {}

pub fn take_back() -> Option<String> {
    None
}

pub fn is_put_away() -> bool {
    false
}

pub fn is_online() -> bool {
    true
}

#[derive(Clone, Copy)]
pub struct Stopwatch;

impl Stopwatch {
    pub fn start() -> Self {
        Self
    }

    pub fn elapsed_ms(&self) -> f64 {
        0.0
    }
}

pub fn page_is_visible() -> bool {
    false
}

pub fn random_uuid() -> String {
    uuid::Uuid::new_v4().to_string()
}

pub fn local_time(_millis: i64) -> String {
    String::new()
}

pub fn machine_time(_millis: i64) -> String {
    String::new()
}
