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
use crate::lang::lang;
use crate::mount::at;

#[component]
pub fn Register() -> impl IntoView {
    let posted = posted();
    at_once(view! {
        <Title text=lang().common_create_account() />
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
            <h1 tabindex="-1">{lang().common_create_account()}</h1>
            <CredentialsForm purpose=Purpose::Register posted=posted />
            <p class="aside">
                {lang().login_have_one()} <a href=move || at(&keeping("/login", &next.get()))>{lang().login_instead()}</a>
            </p>
        </div>
    })
}
