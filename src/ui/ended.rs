//! The session has ended without the person asking: says why in plain words and offers the one thing to do. It stands in
//! the place of the page, which waits behind it with whatever was typed.

use leptos::{html, prelude::*};

use super::credentials::{CredentialsForm, Purpose};
use crate::client::auth_state::EndReason;
use crate::lang::lang;

/// A title, and a sentence or two.
pub fn words(reason: EndReason) -> (&'static str, &'static str) {
    let lang = lang();
    match reason {
        EndReason::SignedOutHere => (lang.ended_signed_out_title(), lang.ended_signed_out()),
        EndReason::Expired => (lang.ended_expired_title(), lang.ended_expired()),
        EndReason::SignedOutElsewhere => (lang.ended_ended_title(), lang.ended_elsewhere()),
        EndReason::ForSafety => (lang.ended_safety_title(), lang.ended_safety()),
        EndReason::PasswordChanged => (lang.ended_ended_title(), lang.ended_password_changed()),
        EndReason::AccountGone => (lang.ended_ended_title(), lang.ended_account_gone()),
        EndReason::NotValid => (lang.ended_ended_title(), lang.ended_not_valid()),
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
            {kept.then(|| view! { <p>{lang().ended_kept()}</p> })}
            <CredentialsForm purpose=Purpose::SignIn email=email />
        </section>
    }
}
