//! The base path of the page being rendered, from the Leptos context.

use super::BasePath;

/// The base path of the page being rendered; the root outside a page.
pub fn current() -> BasePath {
    leptos::prelude::use_context().unwrap_or_default()
}
