//! Sign in. The form is a plain one that works before the program is loaded; the program only spares the page load.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::A;

use super::{
    credentials::{CredentialsForm, Purpose},
    ended,
    next::{keeping, wanted},
    posted::posted,
    signed_out_only::SignedOutOnly,
};
use crate::client::auth_state::{AuthState, auth_state};

#[component]
pub fn Login() -> impl IntoView {
    let posted = posted();
    let next = wanted();
    view! {
        <Title text="Sign in" />
        <SignedOutOnly refused=posted.is_some()>
            <div class="narrow">
                <h1 tabindex="-1">"Sign in"</h1>
                <WhyHere />
                <CredentialsForm purpose=Purpose::SignIn posted=posted.clone() />
                <p class="aside">
                    "New here? " <A href=move || keeping("/register", &next.get())>"Create an account"</A>
                </p>
            </div>
        </SignedOutOnly>
    }
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
