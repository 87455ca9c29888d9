//! The base path of the page being rendered, from the Leptos context.

use super::BasePath;

/// The base path of the page being rendered; the root outside a page.
pub fn current() -> BasePath {
    leptos::prelude::use_context().unwrap_or_default()
}

/// The base path of the built files, in the Leptos context of a page: an embedded app takes them from its host.
#[derive(Clone)]
pub struct FilesBase(pub BasePath);

/// The base path of the built files of the page being rendered.
pub fn files() -> BasePath {
    leptos::prelude::use_context::<FilesBase>().map(|base| base.0).unwrap_or_default()
}
