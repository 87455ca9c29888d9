//! The language of this page, from `html[lang]`, which the server wrote.

use super::Lang;
use crate::dom;

/// The language of this page. Read once: a page never changes its language.
pub fn lang() -> Lang {
    thread_local! {
        static CURRENT: Lang =
            dom::root_attribute("lang").and_then(|tag| Lang::parse(&tag)).unwrap_or_default();
    }
    CURRENT.with(|lang| *lang)
}
