//! The route guard of the sign-in pages: redirects a signed-in user to the return path. Until the
//! auth state is known it shows no form, so a reload never flashes one. Typed input survives every
//! change of the auth state. Without the program there is nobody to wait for: the form is shown.

use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate},
};

use crate::ui::components::parts::Restoring;
use crate::ui::support::browser;
use crate::ui::support::return_to::{local_or_default, requested_path};
use crate::ui::support::sync_hydrated::sync_hydrated;
use crate::ui::support::viewer::{Viewer, viewer};

#[component]
pub fn SignedOutOnly(
    /// Whether this page load answers a refused plain form. The form is then shown at once,
    /// whatever the hint cookie says.
    refused: bool,
    children: ChildrenFn,
) -> impl IntoView {
    let viewer = viewer();
    let restoring = Memo::new(move |before: Option<&bool>| match viewer.get() {
        Viewer::SignedOut => false,
        // A visible form stays visible: with its input while restoring, and after signing in until
        // the next page replaces it.
        Viewer::Restoring => before.copied().unwrap_or(!refused),
        Viewer::SignedIn(_) => before.copied().unwrap_or(true),
    });
    let navigate = use_navigate();
    let next = requested_path();
    let here = use_location().pathname;
    Effect::new(move |_| {
        if matches!(viewer.get(), Viewer::SignedIn(_)) {
            let replace = browser::is_shown(&here.get_untracked());
            let options = NavigateOptions { replace, ..Default::default() };
            navigate(local_or_default(&next.get_untracked()), options);
        }
    });
    // The form is there while the session is being restored, out of sight: the style shows it where the program will not come.
    view! {
        {move || restoring.get().then(|| sync_hydrated(view! { <Restoring /> }))}
        <div class="waits" hidden=restoring>{children()}</div>
    }
}
