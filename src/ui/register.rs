//! Create an account. Like signing in, a plain form first; who registers is signed in.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::A;

use super::{
    credentials::{CredentialsForm, Purpose},
    next::{keeping, wanted},
    posted::posted,
    signed_out_only::SignedOutOnly,
};

#[component]
pub fn Register() -> impl IntoView {
    let posted = posted();
    let next = wanted();
    view! {
        <Title text="Create account" />
        <SignedOutOnly refused=posted.is_some()>
            <div class="narrow">
                <h1 tabindex="-1">"Create account"</h1>
                <CredentialsForm purpose=Purpose::Register posted=posted.clone() />
                <p class="aside">
                    "Already have one? " <A href=move || keeping("/login", &next.get())>"Sign in instead"</A>
                </p>
            </div>
        </SignedOutOnly>
    }
}
