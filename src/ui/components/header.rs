//! The page header: navigation and account menu. The menu is a popover, so the browser opens and
//! closes it, by Escape and a press elsewhere too. Its place keeps its height in every auth state, so
//! nothing shifts when the state becomes known (cumulative layout shift).

use leptos::prelude::*;
use leptos_router::{components::A, hooks::use_navigate};

use crate::base_path::at;
use crate::client::session;
use crate::lang::lang;
use crate::ui::components::icons::Icon;
use crate::ui::support::browser;
use crate::ui::support::page_settings::header_link;
use crate::ui::support::sync_hydrated::{client_only, sync_hydrated};
use crate::ui::support::viewer::{Viewer, viewer};

/// The id of the account menu.
const MENU: &str = "account-menu";

#[component]
pub fn Header() -> impl IntoView {
    view! {
        <header class="top">
            <Brand />
            <nav aria-label=lang().common_main_navigation()>
                <A href=at("/") exact=true>
                    {lang().common_home()}
                </A>
                <A href=at("/notes")>{lang().common_notes()}</A>
                // Served beside the app, outside its router.
                {header_link().map(|link| view! { <a href=link.href rel="external">{link.label}</a> })}
            </nav>
            <Account />
        </header>
    }
}

/// The logo, a link to the start page.
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
    let viewer = viewer();
    let sign_out = sign_out_and_leave(viewer);
    move || {
        let part = match viewer.get() {
            Viewer::Restoring => sync_hydrated(view! { <span class="bone" aria-hidden="true"></span> }),
            Viewer::SignedOut => sync_hydrated(view! {
                <a href=at("/login")>{lang().common_sign_in()}</a>
                <a href=at("/register")>{lang().common_create_account()}</a>
            }),
            Viewer::SignedIn(user) => client_only(view! {
                <button type="button" class="account-button" popovertarget=MENU>
                    <Icon name="person" />
                    <span class="unseen">{lang().menu_label()} ": "</span>
                    <span class="email">{user.email.clone()}</span>
                    <Icon name="chevron" />
                </button>
                // A link leads to another page, and the menu would stay open over it.
                <div id=MENU class="menu" popover="auto" on:click=|_| browser::hide_popover(MENU)>
                    <p class="email">{user.email}</p>
                    <a href=at("/account")>{lang().account_title()}</a>
                    <a href=at("/sessions")>{lang().sessions_title()}</a>
                    <button type="button" on:click=move |_| sign_out()>
                        {lang().common_sign_out()}
                    </button>
                </div>
            }),
        };
        view! { <div class="account">{part}</div> }
    }
}

/// Signs out, then navigates to the sign-in page once the auth state has changed. Earlier, that
/// page would redirect back.
fn sign_out_and_leave(viewer: Memo<Viewer>) -> impl Fn() + Copy + Send + Sync {
    let requested = RwSignal::new(false);
    let navigate = use_navigate();
    Effect::new(move |_| {
        if requested.get() && viewer.get() == Viewer::SignedOut {
            requested.set(false);
            navigate("/login", Default::default());
        }
    });
    move || {
        if browser::may_sign_out() {
            requested.set(true);
            session::sign_out();
        }
    }
}
