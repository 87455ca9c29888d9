//! The functions in the browser.

use leptos::prelude::{RwSignal, Set as _, document, request_animation_frame, window};
use leptos::task::{spawn_local, tick};
use wasm_bindgen::{JsCast, JsValue};

use crate::lang::{Lang, lang};

/// Focuses the first match of a CSS selector after the next frame, when pending renders are in the
/// document.
pub fn focus(selector: &str) {
    let selector = selector.to_owned();
    request_animation_frame(move || {
        let found = document().query_selector(&selector).ok().flatten();
        if let Some(element) = found.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok()) {
            focus_element(&element);
        }
    });
}

/// Focuses an element. Inside a frame only when the frame has the focus: a page takes it neither from the page around it nor
/// scrolls that page.
pub fn focus_element(element: &web_sys::HtmlElement) {
    let window = window();
    let is_framed = window.parent().ok().flatten().is_some_and(|parent| parent != window);
    if !is_framed || document().has_focus().unwrap_or(true) {
        _ = element.focus();
    }
}

/// Whether the address bar shows this path. After a click the router shows a page first and changes
/// the address then: a redirect in between that replaced the address would take away the page of
/// the click, and Back would leave the site.
pub fn is_shown(pathname: &str) -> bool {
    window().location().pathname().is_ok_and(|shown| shown == pathname)
}

/// Closes an open popover.
pub fn hide_popover(id: &str) {
    let found = document().get_element_by_id(id);
    if let Some(element) = found.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok()) {
        _ = element.hide_popover();
    }
}

/// Copies a text to the clipboard, which exists in secure contexts alone.
pub fn copy(text: &str, copied: RwSignal<bool>) {
    if !window().is_secure_context() {
        return;
    }
    let written = window().navigator().clipboard().write_text(text);
    spawn_local(async move {
        let is_written = wasm_bindgen_futures::JsFuture::from(written).await.is_ok();
        copied.try_set(is_written);
    });
}

/// The event that precedes a [`reload`]: what must survive puts itself away with [`put_away`].
pub const BEFORE_RELOAD: &str = "two-tokens-reload";

/// Loads the page again, on the person's wish, without losing what was typed.
pub fn reload() {
    if let Ok(event) = web_sys::Event::new(BEFORE_RELOAD) {
        _ = window().dispatch_event(&event);
    }
    spawn_local(async {
        // The question whether to leave goes when the text is put away.
        tick().await;
        _ = window().location().reload();
    });
}

/// The cancelable event that precedes a sign-out by a press of a button. What a sign-out would drop asks, and cancels it.
pub const BEFORE_SIGN_OUT: &str = "two-tokens-sign-out";

/// Whether nothing unsaved stands against a sign-out, or the person gives it up.
pub fn may_sign_out() -> bool {
    let init = web_sys::EventInit::new();
    init.set_cancelable(true);
    match web_sys::Event::new_with_event_init_dict(BEFORE_SIGN_OUT, &init) {
        Ok(event) => window().dispatch_event(&event).unwrap_or(true),
        Err(_) => true,
    }
}

/// Asks a question that is answered with yes or no. The browser's own dialog: no second click of a double click answers it.
pub fn confirm(question: &str) -> bool {
    window().confirm_with_message(question).unwrap_or(true)
}

const PUT_AWAY: &str = "two-tokens-put-away";

/// Keeps a text in this tab over a [`reload`].
pub fn put_away(text: &str) {
    if let Ok(Some(storage)) = window().session_storage() {
        _ = storage.set_item(PUT_AWAY, text);
    }
}

/// Takes back the text that was put away. It is deleted a moment later: where the program fails at the server's HTML, the instance
/// that replaces it asks again.
pub fn take_back() -> Option<String> {
    let storage = window().session_storage().ok()??;
    let text = storage.get_item(PUT_AWAY).ok()??;
    spawn_local(async move { _ = storage.remove_item(PUT_AWAY) });
    Some(text)
}

/// Whether a text is put away.
pub fn is_put_away() -> bool {
    let storage = window().session_storage().ok().flatten();
    storage.is_some_and(|storage| storage.get_item(PUT_AWAY).is_ok_and(|text| text.is_some()))
}

/// `false` when the browser knows that it has no network at all.
pub use crate::dom::is_online;

/// Whether an element matches the CSS selector.
pub fn exists(selector: &str) -> bool {
    document().query_selector(selector).is_ok_and(|found| found.is_some())
}

/// Scrolls to the element of the URL fragment after the next frame: the browser did so at page
/// load, when a lazy-loaded element did not exist yet.
pub fn scroll_to_fragment() {
    request_animation_frame(|| {
        let fragment = window().location().hash().unwrap_or_default();
        if let Some(element) = fragment.strip_prefix('#').and_then(|id| document().get_element_by_id(id)) {
            element.scroll_into_view();
        }
    });
}

/// Returns the focus to the target of an earlier event, unless another element has it after the
/// next frame.
pub fn restore_focus(event: &web_sys::Event) {
    let target = event.target().and_then(|target| target.dyn_into::<web_sys::HtmlElement>().ok());
    let Some(element) = target else { return };
    request_animation_frame(move || {
        if document().active_element().is_none_or(|active| active.tag_name() == "BODY") {
            focus_element(&element);
        }
    });
}

pub use crate::clock::Stopwatch;

pub fn page_is_visible() -> bool {
    !document().hidden()
}

pub fn random_uuid() -> String {
    // Not `randomUUID`, which exists in secure contexts alone.
    let mut bytes = [0_u8; 16];
    if let Ok(crypto) = window().crypto() {
        let _ = crypto.get_random_values_with_u8_array(&mut bytes);
    }
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex: String = bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|nibble| char::from(b"0123456789abcdef"[usize::from(nibble)]))
        .collect();
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

/// Formats date and time for the browser's locale. `millis` since the Unix epoch.
pub fn local_time(millis: i64) -> String {
    formatted(millis, &[("dateStyle", "medium"), ("timeStyle", "short")])
}

fn formatted(millis: i64, styles: &[(&str, &str)]) -> String {
    let preferred = window().navigator().language().unwrap_or_default();
    // The browser's own regional format where its language is the page's.
    let locale = if Lang::parse(&preferred) == Some(lang()) { "default" } else { lang().tag() };
    let options = js_sys::Object::new();
    for (key, value) in styles {
        _ = js_sys::Reflect::set(&options, &(*key).into(), &(*value).into());
    }
    date(millis).to_locale_string(locale, &options).into()
}

/// The distance of a time from now in its largest unit, "2 hours ago". A server whose clock is ahead
/// sends times of the future; they are "now".
pub fn relative_time(millis: i64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    let seconds = ((js_sys::Date::now() - millis as f64) / 1e3).max(0.0);
    let (value, unit) = match seconds {
        ..60.0 => (0.0, "second"),
        ..3600.0 => (seconds / 60.0, "minute"),
        ..86400.0 => (seconds / 3600.0, "hour"),
        ..5_184_000.0 => (seconds / 86400.0, "day"),
        ..63_072_000.0 => (seconds / 2_592_000.0, "month"),
        _ => (seconds / 31_536_000.0, "year"),
    };
    let options = js_sys::Object::new();
    _ = js_sys::Reflect::set(&options, &"numeric".into(), &"auto".into());
    let format = js_sys::Intl::RelativeTimeFormat::new(&js_sys::Array::of1(&lang().tag().into()), &options);
    format.format(-value.floor(), unit).into()
}

/// The day of a time, "27 Nov 2026". Equal words are the same day.
pub fn local_day(millis: i64) -> String {
    formatted(millis, &[("dateStyle", "medium")])
}

/// ISO 8601, for `<time datetime>`. Empty for a time that JavaScript cannot represent.
pub fn machine_time(millis: i64) -> String {
    let date = date(millis);
    if date.get_time().is_nan() { String::new() } else { date.to_iso_string().into() }
}

#[expect(clippy::cast_precision_loss, reason = "JavaScript stores milliseconds as a double")]
fn date(millis: i64) -> js_sys::Date {
    js_sys::Date::new(&JsValue::from_f64(millis as f64))
}
