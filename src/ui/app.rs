//! The frame of every page and the list of routes. The server renders it and the browser takes over the same elements, so
//! nothing here may depend on who is visiting: that comes later, through the auth state.

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    components::{FlatRoutes, Route, Router},
    hooks::use_location,
    path,
};

use super::{
    account::Account, browser, desk::Desk, header::Header, home::Home, language::Languages, login::Login,
    not_found::NotFound, notes::Notes, notices::Notices, parts::ConnectionBanner, register::Register,
    sessions::Sessions,
};
use crate::lang::lang;
use crate::mount;

#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    Desk::provide();
    view! {
        <Title formatter=|title: String| {
            if title.is_empty() { "Two Tokens".to_owned() } else { title + " · Two Tokens" }
        } />
        <Router base=mount::current().as_str().to_owned()>
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
            <Languages />
            <FocusFollowsNavigation />
        </Router>
    }
}

/// A page that is swapped in place leaves a keyboard or a screen reader where the old one was; a loaded page starts at the
/// top. So after each navigation the new heading gets the focus, as if the page had been loaded.
#[component]
fn FocusFollowsNavigation() -> impl IntoView {
    let path = use_location().pathname;
    Effect::new(move |before: Option<String>| {
        let now = path.get();
        if before.is_some_and(|before| before != now) {
            browser::focus("#main h1");
        }
        now
    });
}
