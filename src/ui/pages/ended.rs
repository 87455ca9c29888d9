//! The card for a session that ended without the user asking: says why and offers to sign in again.
//! It covers the page, which stays mounted behind it with unsaved input.

use leptos::{html, prelude::*};

use crate::client::auth_state::EndReason;
use crate::lang::lang;
use crate::ui::components::credentials::{CredentialsForm, Purpose};
use crate::ui::components::lesson_link::lesson_link;
use crate::ui::support::browser;
use crate::ui::support::page_settings::{absolute_limit, idle_limit};

/// Title and text for a reason.
pub fn words(reason: EndReason) -> (&'static str, String) {
    let lang = lang();
    let (title, text) = match reason {
        EndReason::SignedOutHere => (lang.ended_signed_out_title(), lang.ended_signed_out()),
        EndReason::Idle => return (lang.ended_expired_title(), lang.ended_idle(&idle_limit())),
        EndReason::Absolute => return (lang.ended_expired_title(), lang.ended_absolute(&absolute_limit())),
        EndReason::SignedOutElsewhere => (lang.ended_ended_title(), lang.ended_elsewhere()),
        EndReason::ForSafety => (lang.ended_safety_title(), lang.ended_safety()),
        EndReason::PasswordChanged => (lang.ended_ended_title(), lang.ended_password_changed()),
        EndReason::AccountGone => (lang.ended_deleted_title(), lang.ended_deleted()),
        EndReason::AccountDisabled => (lang.ended_ended_title(), lang.ended_disabled()),
        EndReason::ByOperator => (lang.ended_ended_title(), lang.ended_by_operator()),
        EndReason::NotValid => (lang.ended_ended_title(), lang.ended_not_valid()),
    };
    (title, text.to_owned())
}

/// The lesson about what ended the session.
const fn lesson(reason: EndReason) -> &'static str {
    match reason {
        EndReason::Idle | EndReason::Absolute => "/learn/silent-refresh",
        EndReason::ForSafety => "/learn/stolen-refresh-token",
        EndReason::NotValid => "/learn/restart",
        _ => "/learn/sign-out",
    }
}

#[component]
pub fn EndedCard(
    reason: EndReason,
    /// The e-mail address of the ended session; empty when unknown.
    email: String,
    /// Whether a page is mounted behind this card.
    kept: bool,
) -> impl IntoView {
    let (title, text) = words(reason);
    let heading = NodeRef::<html::H1>::new();
    // The element that had the focus is hidden now.
    Effect::new(move |_| {
        if let Some(heading) = heading.get() {
            browser::focus_element(&heading);
        }
    });
    view! {
        <section class="narrow ended" aria-labelledby="ended-title">
            <h1 id="ended-title" tabindex="-1" node_ref=heading>
                {title}
            </h1>
            <p>{text}</p>
            {lesson_link(lesson(reason))}
            {kept.then(|| view! { <p>{lang().ended_kept()}</p> })}
            // There is nothing to sign in to after a deletion.
            {(reason != EndReason::AccountGone)
                .then(|| view! { <CredentialsForm purpose=Purpose::SignIn email=email /> })}
        </section>
    }
}
