//! The few things pages ask of the browser that Leptos has no word for. On the server each has a stand-in that does nothing,
//! so that no page needs to know which build it is in.

#[cfg(feature = "hydrate")]
pub use in_browser::*;
#[cfg(not(feature = "hydrate"))]
pub use on_server::*;

#[cfg(feature = "hydrate")]
mod in_browser {
    use leptos::prelude::{document, request_animation_frame, window};
    use wasm_bindgen::{JsCast, JsValue};

    use crate::lang::{Lang, lang};

    /// Focuses the first element that matches, after the next frame: it may be on its way into the page.
    pub fn focus(selector: &str) {
        let selector = selector.to_owned();
        request_animation_frame(move || {
            let found = document().query_selector(&selector).ok().flatten();
            if let Some(element) = found.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok()) {
                _ = element.focus();
            }
        });
    }

    pub fn is_there(selector: &str) -> bool {
        document().query_selector(selector).is_ok_and(|found| found.is_some())
    }

    /// As after a page load, for what the address points to and was not there then; after the next frame.
    pub fn scroll_to_fragment() {
        request_animation_frame(|| {
            let fragment = window().location().hash().unwrap_or_default();
            if let Some(element) = fragment.strip_prefix('#').and_then(|id| document().get_element_by_id(id)) {
                element.scroll_into_view();
            }
        });
    }

    /// Gives the focus back to the element of an earlier event, if nothing else has it by then.
    pub fn give_back_focus(event: &web_sys::Event) {
        let target = event.target().and_then(|target| target.dyn_into::<web_sys::HtmlElement>().ok());
        let Some(element) = target else { return };
        request_animation_frame(move || {
            if document().active_element().is_none_or(|active| active.tag_name() == "BODY") {
                _ = element.focus();
            }
        });
    }

    pub use crate::clock::Stopwatch;

    pub fn page_is_visible() -> bool {
        !document().hidden()
    }

    pub fn random_uuid() -> String {
        window().crypto().map(|crypto| crypto.random_uuid()).unwrap_or_default()
    }

    /// Date and time as this person's browser writes them.
    pub fn local_time(millis: i64) -> String {
        let own = window().navigator().language().unwrap_or_default();
        // The person's own region where it is the page's language.
        let locale = if Lang::parse(&own) == Some(lang()) { "default" } else { lang().tag() };
        let options = js_sys::Object::new();
        for (key, value) in [("dateStyle", "medium"), ("timeStyle", "short")] {
            _ = js_sys::Reflect::set(&options, &key.into(), &value.into());
        }
        date(millis).to_locale_string(locale, &options).into()
    }

    /// The same moment for machines, for a `<time>`.
    pub fn machine_time(millis: i64) -> String {
        let date = date(millis);
        if date.get_time().is_nan() { String::new() } else { date.to_iso_string().into() }
    }

    #[expect(clippy::cast_precision_loss, reason = "JavaScript counts milliseconds in a double, too")]
    fn date(millis: i64) -> js_sys::Date {
        js_sys::Date::new(&JsValue::from_f64(millis as f64))
    }
}

#[cfg(not(feature = "hydrate"))]
mod on_server {
    use leptos::web_sys;

    pub fn focus(_selector: &str) {}

    pub fn is_there(_selector: &str) -> bool {
        false
    }

    pub fn scroll_to_fragment() {}

    pub fn give_back_focus(_event: &web_sys::Event) {}

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
        String::new()
    }

    pub fn local_time(_millis: i64) -> String {
        String::new()
    }

    pub fn machine_time(_millis: i64) -> String {
        String::new()
    }
}
