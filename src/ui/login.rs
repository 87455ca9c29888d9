//! Sign in. The form is a plain one that works before the program is loaded; the program only spares the page load.

use leptos::prelude::*;
use leptos_meta::Title;

use super::{
    at_once::at_once,
    credentials::{CredentialsForm, Purpose},
    ended,
    next::{keeping, wanted},
    posted::{Posted, posted},
    signed_out_only::SignedOutOnly,
};
use crate::client::auth_state::{AuthState, auth_state};
use crate::lang::lang;
use crate::mount::at;

#[component]
pub fn Login() -> impl IntoView {
    let posted = posted();
    at_once(view! {
        <Title text=lang().common_sign_in() />
        <SignedOutOnly refused=posted.is_some()>
            <LoginPage posted=posted.clone() />
        </SignedOutOnly>
    })
}

#[component]
fn LoginPage(posted: Option<Posted>) -> impl IntoView {
    let next = wanted();
    at_once(view! {
        <div class="narrow">
            <h1 tabindex="-1">{lang().common_sign_in()}</h1>
            <WhyHere />
            <CredentialsForm purpose=Purpose::SignIn posted=posted />
            <p class="aside">
                {lang().login_new_here()} <a href=move || at(&keeping("/register", &next.get()))>{lang().login_create()}</a>
            </p>
        </div>
    })
}

/// Says what became of the last session, if one has ended in this tab.
#[component]
fn WhyHere() -> impl IntoView {
    let state = auth_state();
    move || match state.get() {
        AuthState::Anonymous { ended: Some(reason) } => {
            let (title, text) = ended::words(reason);
            Some(view! { <p class="notice">{title} ". " {text}</p> })
        }
        _ => None,
    }
}
