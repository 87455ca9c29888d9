//! Create an account. Like signing in, a plain form first; who registers is signed in.

use leptos::prelude::*;
use leptos_meta::Title;

use super::{
    at_once::at_once,
    credentials::{CredentialsForm, Purpose},
    next::{keeping, wanted},
    posted::{Posted, posted},
    signed_out_only::SignedOutOnly,
};
use crate::mount::at;

#[component]
pub fn Register() -> impl IntoView {
    let posted = posted();
    at_once(view! {
        <Title text="Create account" />
        <SignedOutOnly refused=posted.is_some()>
            <RegisterPage posted=posted.clone() />
        </SignedOutOnly>
    })
}

#[component]
fn RegisterPage(posted: Option<Posted>) -> impl IntoView {
    let next = wanted();
    at_once(view! {
        <div class="narrow">
            <h1 tabindex="-1">"Create account"</h1>
            <CredentialsForm purpose=Purpose::Register posted=posted />
            <p class="aside">
                "Already have one? " <a href=move || at(&keeping("/login", &next.get()))>"Sign in instead"</a>
            </p>
        </div>
    })
}
