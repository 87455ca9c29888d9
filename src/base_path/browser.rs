//! The base path of this page, from `html[data-mount]`, which the server wrote.

use super::BasePath;
use crate::dom;

/// The base path of this page. Read once: it does not change while the page is open.
pub fn current() -> BasePath {
    thread_local! {
        static CURRENT: BasePath = BasePath::new(&dom::root_attribute("data-mount").unwrap_or_default());
    }
    CURRENT.with(Clone::clone)
}
