//! The sign-in page. Progressive enhancement: the form works before hydration; WebAssembly only
//! saves the page load.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::base_path::at;
use crate::client::auth_state::{AuthState, auth_state};
use crate::lang::lang;
use crate::ui::components::credentials::{CredentialsForm, Purpose};
use crate::ui::pages::ended;
use crate::ui::support::form_result::{FormResult, form_result};
use crate::ui::support::return_to::{requested_path, with_next};
use crate::ui::support::signed_out_only::SignedOutOnly;
use crate::ui::support::sync_hydrated::{client_only, sync_hydrated};

#[component]
pub fn Login() -> impl IntoView {
    let form_result = form_result();
    sync_hydrated(view! {
        <Title text=lang().common_sign_in() />
        <SignedOutOnly refused=form_result.is_some()>
            <LoginPage form_result=form_result.clone() />
        </SignedOutOnly>
    })
}

#[component]
fn LoginPage(form_result: Option<FormResult>) -> impl IntoView {
    let next = requested_path();
    sync_hydrated(view! {
        <div class="narrow">
            <h1 tabindex="-1">{lang().common_sign_in()}</h1>
            <EndNotice />
            <CredentialsForm purpose=Purpose::SignIn form_result=form_result />
            <p class="aside">
                // A page without the program, outside the router.
                <a href=at("/forgot-password") rel="external">
                    {lang().login_forgot()}
                </a>
            </p>
            <p class="aside">
                {lang().login_new_here()} <a href=move || at(&with_next("/register", &next.get()))>{lang().login_create()}</a>
            </p>
        </div>
    })
}

/// Says why the last session of this tab ended, if one did.
#[component]
fn EndNotice() -> impl IntoView {
    let state = auth_state();
    move || match state.get() {
        AuthState::Anonymous { ended: Some(reason) } => {
            let (title, text) = ended::words(reason);
            Some(client_only(view! { <p class="notice">{[title, ". ", &text].concat()}</p> }))
        }
        _ => None,
    }
}
