//! The guard of the pages that sign in: whoever is signed in goes on to where they wanted, and as long as that is not known
//! no form is shown, so that a reload never flashes one. What was typed into a form survives every change of mind.

use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};

use super::{
    at_once::at_once,
    next::{own_path, wanted},
    parts::Restoring,
    visitor::{Visitor, visitor},
};

#[component]
pub fn SignedOutOnly(
    /// The server has just refused this page's form: it is shown at once, whatever the cookie hints.
    refused: bool,
    children: ChildrenFn,
) -> impl IntoView {
    let who = visitor();
    let restoring = Memo::new(move |before: Option<&bool>| match who.get() {
        Visitor::SignedOut => false,
        // A form with typed text stays; one that has just signed in stays until the next page takes its place.
        Visitor::Restoring => before.copied().unwrap_or(!refused),
        Visitor::SignedIn(_) => before.copied().unwrap_or(true),
    });
    let navigate = use_navigate();
    let next = wanted();
    Effect::new(move |_| {
        if matches!(who.get(), Visitor::SignedIn(_)) {
            let options = NavigateOptions { replace: true, ..Default::default() };
            navigate(own_path(&next.get_untracked()), options);
        }
    });
    move || if restoring.get() { at_once(view! { <Restoring /> }) } else { children() }
}
