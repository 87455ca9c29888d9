//! Thin wrappers around the DOM (browser only): attributes of `html`, event listeners, timers,
//! timeouts.

use std::time::Duration;

use futures::future::{Either, select};
use gloo_timers::future::TimeoutFuture;
use wasm_bindgen::{JsCast as _, JsValue, closure::Closure};
use web_sys::{Blob, BlobPropertyBag, Document, Element, EventTarget, HtmlAnchorElement, Url};

/// `None` in a worker.
pub fn document() -> Option<Document> {
    web_sys::window()?.document()
}

fn root() -> Option<Element> {
    document()?.document_element()
}

pub fn set_root_attribute(name: &str, value: &str) {
    if let Some(root) = root() {
        let _ = root.set_attribute(name, value);
    }
}

pub fn remove_root_attribute(name: &str) {
    if let Some(root) = root() {
        let _ = root.remove_attribute(name);
    }
}

pub fn root_attribute(name: &str) -> Option<String> {
    root()?.get_attribute(name)
}

/// Saves a file as a download. `None` where the browser has no way to.
pub fn save(name: &str, kind: &str, content: &[u8]) -> Option<()> {
    let options = BlobPropertyBag::new();
    options.set_type(kind);
    let parts = js_sys::Array::of1(&js_sys::Uint8Array::from(content));
    let blob = Blob::new_with_u8_array_sequence_and_options(&parts, &options).ok()?;
    let address = Url::create_object_url_with_blob(&blob).ok()?;
    let link = document()?.create_element("a").ok()?.dyn_into::<HtmlAnchorElement>().ok()?;
    link.set_href(&address);
    link.set_download(name);
    link.click();
    // The browser has started the download by then.
    gloo_timers::callback::Timeout::new(10_000, move || _ = Url::revoke_object_url(&address)).forget();
    Some(())
}

/// Adds an event listener that is never removed.
pub fn on(target: &EventTarget, event: &str, handler: impl FnMut(web_sys::Event) + 'static) {
    let closure = Closure::<dyn FnMut(web_sys::Event)>::new(handler);
    let _ = target.add_event_listener_with_callback(event, closure.as_ref().unchecked_ref());
    closure.forget();
}

/// Resolves at the next `event`.
pub async fn next_event(target: &EventTarget, event: &str) {
    let promise = js_sys::Promise::new(&mut |resolve, _| {
        let options = web_sys::AddEventListenerOptions::new();
        options.set_once(true);
        let _ = target.add_event_listener_with_callback_and_add_event_listener_options(event, &resolve, &options);
    });
    let _ = wasm_bindgen_futures::JsFuture::from(promise).await;
}

/// Feature detection: `None` where this browser lacks the property.
pub fn property(object: &JsValue, name: &str) -> Option<JsValue> {
    js_sys::Reflect::get(object, &name.into()).ok().filter(|value| !value.is_undefined() && !value.is_null())
}

/// Whether the page is prerendered: loaded speculatively and not shown yet (Speculation Rules).
pub fn is_prerendering() -> bool {
    document().and_then(|document| property(&document, "prerendering")).is_some_and(|value| value.is_truthy())
}

/// `false` when the browser knows that it has no network at all.
pub fn is_online() -> bool {
    web_sys::window().is_none_or(|window| window.navigator().on_line())
}

pub fn is_visible() -> bool {
    document().is_some_and(|document| document.visibility_state() == web_sys::VisibilityState::Visible)
}

fn milliseconds(duration: Duration) -> u32 {
    u32::try_from(duration.as_millis()).unwrap_or(u32::MAX)
}

/// Sleeps for `duration`. Browsers throttle timers in background tabs, so it may take longer.
pub async fn wait(duration: Duration) {
    TimeoutFuture::new(milliseconds(duration)).await;
}

/// Runs `work` with a timeout. After `limit` it returns `None` and drops `work`, which aborts a
/// request in progress.
pub async fn with_timeout<T>(limit: Duration, work: impl Future<Output = T>) -> Option<T> {
    let work = std::pin::pin!(work);
    match select(work, TimeoutFuture::new(milliseconds(limit))).await {
        Either::Left((value, _)) => Some(value),
        Either::Right(((), _)) => None,
    }
}
