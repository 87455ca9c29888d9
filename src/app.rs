//! The app: page frame, router and list of routes. The server renders it (SSR) and the browser
//! hydrates the same elements, so the first render does not depend on the visitor; the auth state
//! brings that in later.

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    components::{FlatRoutes, Route, Router},
    hooks::use_location,
    path,
};

use crate::base_path;
use crate::lang::lang;
use crate::notes::page::{Notes, take_back_drafts};
use crate::ui::components::{header::Header, notices::Notices, parts::ConnectionBanner};
use crate::ui::pages::{
    account::Account, home::Home, login::Login, not_found::NotFound, register::Register, sessions::Sessions,
};
use crate::ui::support::browser;

/// The root component, for server rendering and hydration.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    take_back_drafts();
    view! {
        <Title formatter=|title: String| {
            if title.is_empty() { "Two Tokens".to_owned() } else { title + " · Two Tokens" }
        } />
        <Router base=base_path::current().as_str().to_owned()>
            <a class="skip" href="#main" rel="external">
                {lang().common_skip()}
            </a>
            <Header />
            <ConnectionBanner />
            <Notices />
            <main id="main" tabindex="-1">
                <FlatRoutes fallback=NotFound>
                    <Route path=path!("/") view=Home />
                    <Route path=path!("/login") view=Login />
                    <Route path=path!("/register") view=Register />
                    <Route path=path!("/notes") view=Notes />
                    <Route path=path!("/sessions") view=Sessions />
                    <Route path=path!("/account") view=Account />
                </FlatRoutes>
            </main>
            <FocusFollowsNavigation />
        </Router>
    }
}

/// Focus management for client-side navigation: moves the focus to the new heading. Without it,
/// keyboard and screen-reader users would stay at the position they had in the old page.
#[component]
fn FocusFollowsNavigation() -> impl IntoView {
    let path = use_location().pathname;
    Effect::new(move |previous: Option<String>| {
        let current = path.get();
        if previous.is_some_and(|previous| previous != current) {
            browser::focus("#main h1");
        }
        current
    });
}
