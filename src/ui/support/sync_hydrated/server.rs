//! On the server the size of the code does not matter.

use leptos::prelude::*;

/// Erases the type of a view that the server renders. For every page and every branch of a view.
pub fn sync_hydrated(view: impl IntoView + 'static) -> AnyView {
    view.into_any()
}

/// Erases the type of a view that the server never renders.
pub fn client_only(view: impl IntoView + 'static) -> AnyView {
    view.into_any()
}
