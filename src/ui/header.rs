//! The bar on top of every page: where one is, who is signed in, and the way out. Its account part has the same size in
//! every state, so that nothing moves when the state becomes known.

use leptos::prelude::*;
use leptos_router::{components::A, hooks::use_navigate};

use super::{
    at_once::at_once,
    settings::lab_is_on,
    visitor::{Visitor, visitor},
};
use crate::client::session;
use crate::lang::lang;
use crate::mount::at;

#[component]
pub fn Header() -> impl IntoView {
    view! {
        <header class="top">
            <Brand />
            <nav aria-label=lang().common_main_navigation()>
                <A href="/" exact=true>
                    {lang().common_home()}
                </A>
                <A href="/notes">{lang().common_notes()}</A>
                // A page of its own, which the router does not know.
                {lab_is_on().then(|| view! { <a href="/lab" rel="external">{lang().common_lab()}</a> })}
            </nav>
            <Account />
        </header>
    }
}

/// The name, which leads to the start page.
#[component]
pub fn Brand() -> impl IntoView {
    view! {
        <a href=at("/") class="brand">
            <span class="coins" aria-hidden="true">
                <i class="access"></i>
                <i class="refresh"></i>
            </span>
            "Two Tokens"
        </a>
    }
}

#[component]
fn Account() -> impl IntoView {
    let who = visitor();
    let sign_out = sign_out_and_leave(who);
    move || {
        let part = match who.get() {
            Visitor::Restoring => at_once(view! { <span class="bone" aria-hidden="true"></span> }),
            Visitor::SignedOut => at_once(view! {
                <a href=at("/login")>{lang().common_sign_in()}</a>
                <a href=at("/register")>{lang().common_create_account()}</a>
            }),
            Visitor::SignedIn(user) => at_once(view! {
                <a href=at("/account") class="email" title=user.email.clone()>
                    {user.email.clone()}
                </a>
                <button type="button" on:click=move |_| sign_out()>
                    {lang().common_sign_out()}
                </button>
            }),
        };
        view! { <div class="account">{part}</div> }
    }
}

/// Signs out, and goes to the sign-in page once that has come into force: before, it would send us back.
fn sign_out_and_leave(who: Memo<Visitor>) -> impl Fn() + Copy + Send + Sync {
    let pressed = RwSignal::new(false);
    let navigate = use_navigate();
    Effect::new(move |_| {
        if pressed.get() && who.get() == Visitor::SignedOut {
            pressed.set(false);
            navigate("/login", Default::default());
        }
    });
    move || {
        pressed.set(true);
        session::sign_out();
    }
}
