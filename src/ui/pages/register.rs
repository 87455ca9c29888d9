//! The registration page. A plain form like the sign-in page; registering also signs in.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::base_path::at;
use crate::lang::lang;
use crate::ui::components::credentials::{CredentialsForm, Purpose};
use crate::ui::support::form_result::{FormResult, form_result};
use crate::ui::support::return_to::{requested_path, with_next};
use crate::ui::support::signed_out_only::SignedOutOnly;
use crate::ui::support::sync_hydrated::sync_hydrated;

#[component]
pub fn Register() -> impl IntoView {
    let form_result = form_result();
    sync_hydrated(view! {
        <Title text=lang().common_create_account() />
        <SignedOutOnly refused=form_result.is_some()>
            <RegisterPage form_result=form_result.clone() />
        </SignedOutOnly>
    })
}

#[component]
fn RegisterPage(form_result: Option<FormResult>) -> impl IntoView {
    let next = requested_path();
    sync_hydrated(view! {
        <div class="narrow">
            <h1 tabindex="-1">{lang().common_create_account()}</h1>
            <CredentialsForm purpose=Purpose::Register form_result=form_result />
            <p class="aside">
                {lang().login_have_one()} <a href=move || at(&with_next("/login", &next.get()))>{lang().login_instead()}</a>
            </p>
        </div>
    })
}
