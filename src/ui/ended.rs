//! The session has ended without the person asking: says why in plain words and offers the one thing to do. It stands in
//! the place of the page, which waits behind it with whatever was typed.

use leptos::{html, prelude::*};

use super::credentials::{CredentialsForm, Purpose};
use crate::client::auth_state::EndReason;

/// A title, and a sentence or two.
pub fn words(reason: EndReason) -> (&'static str, &'static str) {
    match reason {
        EndReason::SignedOutHere => ("You have signed out", "It counts for every tab of this browser."),
        EndReason::Expired => (
            "Your session has expired",
            "This browser was not used for a while, or the sign-in reached the longest time it may last.",
        ),
        EndReason::SignedOutElsewhere => {
            ("Your session has ended", "It was ended from another tab or another browser.")
        }
        EndReason::ForSafety => (
            "We ended your session for your safety",
            "A sign-in of this browser was used twice, as if someone had a copy of it. If this happens again, change your \
             password.",
        ),
        EndReason::PasswordChanged => {
            ("Your session has ended", "The password was changed, which ends every other session.")
        }
        EndReason::AccountGone => ("Your session has ended", "This account was deleted or disabled."),
        EndReason::NotValid => ("Your session has ended", "This browser's sign-in is no longer valid."),
    }
}

#[component]
pub fn EndedCard(
    reason: EndReason,
    /// Who was signed in, when we know.
    email: String,
    /// The page waits behind this card.
    kept: bool,
) -> impl IntoView {
    let (title, text) = words(reason);
    let heading = NodeRef::<html::H1>::new();
    // The page that had the focus is hidden now.
    Effect::new(move |_| {
        if let Some(heading) = heading.get() {
            _ = heading.focus();
        }
    });
    view! {
        <section class="narrow ended" aria-labelledby="ended-title">
            <h1 id="ended-title" tabindex="-1" node_ref=heading>
                {title}
            </h1>
            <p>{text}</p>
            {kept.then(|| view! { <p>"Sign in to go on: anything you typed is still here."</p> })}
            <CredentialsForm purpose=Purpose::SignIn email=email />
        </section>
    }
}
