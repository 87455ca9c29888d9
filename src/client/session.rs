//! What the person does: sign in, register, sign out; and what the page does by itself when it loads, comes back, or hears
//! from another tab.

use leptos::prelude::*;

use crate::api::auth::User;
use crate::api::error::{Code, Problem};
use crate::lang::lang;

#[cfg(feature = "hydrate")]
pub use browser::{
    cookies_are_blocked, hydrated, reauthenticate, register, renamed, sign_in, sign_out, sign_out_pending, start,
};

#[cfg(not(feature = "hydrate"))]
pub use server::{cookies_are_blocked, reauthenticate, register, renamed, sign_in, sign_out, sign_out_pending};

/// What to say where no cookie is kept.
pub fn cookies_blocked() -> Problem {
    Problem::new(Code::RefreshTokenMissing, lang().client_cookies_blocked())
}

#[cfg(feature = "hydrate")]
mod browser {
    use std::{rc::Rc, time::Duration};

    use wasm_bindgen::JsCast as _;
    use wasm_bindgen_futures::spawn_local;

    use super::*;
    use crate::api;
    use crate::api::auth::TokenResponse;
    use crate::api::error::Reaction;
    use crate::client::auth_state::{self, AuthState, EndReason};
    use crate::client::hint::{self, Hint};
    use crate::client::refresh::Outcome;
    use crate::client::tabs::{self, Event};
    use crate::client::token_store::HeldToken;
    use crate::client::{connection, page, refresh, token_store};
    use crate::mount;

    /// For a sign-in and a sign-out, each of which may wait for a password to be checked.
    const REQUEST_LIMIT: Duration = Duration::from_secs(20);

    thread_local! {
        static SIGN_OUT_PENDING: ArcRwSignal<bool> = ArcRwSignal::new(false);
    }

    /// Signed out here, and the server is still to be told.
    pub fn sign_out_pending() -> ArcRwSignal<bool> {
        SIGN_OUT_PENDING.with(Clone::clone)
    }

    pub fn cookies_are_blocked() -> bool {
        !hint::can_be_kept()
    }

    pub async fn sign_in(email: String, password: String) -> Result<User, Problem> {
        begin(api::auth::login(email, password)).await
    }

    pub async fn register(email: String, password: String) -> Result<User, Problem> {
        begin(api::auth::register(email, password)).await
    }

    /// No refresh may be under way: its late answer would put the old session's cookie over the new one's.
    async fn begin(asked: impl Future<Output = Result<TokenResponse, Problem>>) -> Result<User, Problem> {
        refresh::landed().await;
        let (grant, cookie_kept) = tabs::with_lock(async {
            let grant = page::within(REQUEST_LIMIT, asked).await.unwrap_or_else(|| Err(too_slow()))?;
            token_store::begin(grant.clone());
            let cookie_kept = hint::read() == Hint::SignedIn;
            if cookie_kept {
                tabs::tell(&Event::SignedIn { session_id: grant.session_id.clone() });
            }
            Ok((grant, cookie_kept))
        })
        .await?;
        if !cookie_kept {
            return Err(undo(grant).await);
        }
        auth_state::set(AuthState::SignedIn { user: grant.user.clone() });
        connection::reached();
        Ok(grant.user)
    }

    /// The browser kept no cookie, so the session would be over at the next reload: better to say so now.
    async fn undo(grant: TokenResponse) -> Problem {
        let _ = api::account::revoke_session(grant.session_id).await;
        token_store::forget();
        auth_state::set(AuthState::Anonymous { ended: None });
        cookies_blocked()
    }

    /// Makes the sign-in of this session recent; the token changes, the session stays.
    pub async fn reauthenticate(password: String) -> Result<(), Problem> {
        refresh::landed().await;
        let epoch = token_store::epoch();
        let asked = page::within(REQUEST_LIMIT, api::auth::reauthenticate(password));
        let grant = tabs::with_lock(asked).await.unwrap_or_else(|| Err(too_slow()));
        if let Err(problem) = &grant
            && problem.code.reaction() == Reaction::SignOut
            && token_store::epoch() == epoch
        {
            refresh::end_session(problem);
        }
        match refresh::renewed(grant?, epoch) {
            Outcome::Renewed(_) => Ok(()),
            Outcome::SignedOut(problem) | Outcome::Unavailable(problem) => Err(problem),
        }
    }

    /// The same person under another address.
    pub fn renamed(user: User) {
        auth_state::set(AuthState::SignedIn { user });
    }

    fn too_slow() -> Problem {
        Problem::unavailable(lang().client_too_slow(), 1)
    }

    /// This tab at once, the others with it, and the server as soon as it can be reached.
    pub fn sign_out() {
        let held = token_store::held();
        forget(EndReason::SignedOutHere);
        hint::remember_ending();
        if let Some(held) = held {
            tabs::tell(&Event::SignedOut { session_id: held.identity.session_id.clone() });
        }
        spawn_local(tell_the_server());
    }

    fn forget(reason: EndReason) {
        token_store::forget();
        hint::forget();
        auth_state::set(AuthState::Anonymous { ended: Some(reason) });
        connection::reached();
    }

    async fn tell_the_server() {
        sign_out_pending().set(true);
        refresh::landed().await;
        let mut pause = Duration::from_secs(1);
        while !tabs::with_lock(server_was_told()).await {
            wait_for_network(pause).await;
            pause = (pause * 2).min(Duration::from_secs(60));
        }
        sign_out_pending().set(false);
    }

    /// Somebody who signed in meanwhile has ended the old session by doing so; then there is nothing left to tell.
    async fn server_was_told() -> bool {
        hint::read() != Hint::Ending || matches!(page::within(REQUEST_LIMIT, api::auth::logout()).await, Some(Ok(_)))
    }

    async fn wait_for_network(at_most: Duration) {
        match web_sys::window() {
            Some(window) => tabs::either(page::wait(at_most), page::next_event(&window, "online")).await,
            None => page::wait(at_most).await,
        }
    }

    /// Before hydration: the page listens.
    pub fn start() {
        page::set_root_attribute("data-auth-state", AuthState::Unknown.as_str());
        let mount = mount::current();
        if !mount.is_root() {
            leptos::server_fn::client::set_server_url(String::leak(mount.as_str().to_owned()));
        }
        tabs::listen(heard);
        let (Some(window), Some(document)) = (web_sys::window(), page::document()) else { return };
        page::on(&window, "online", |_| came_back());
        page::on(&window, "pageshow", |event| {
            if event.dyn_ref::<web_sys::PageTransitionEvent>().is_some_and(|event| event.persisted()) {
                came_out_of_the_cache();
            }
        });
        page::on(&document, "visibilitychange", |_| {
            if page::is_visible() {
                came_back();
            }
        });
    }

    /// After hydration: the page is live, and finds out who is signed in.
    pub fn hydrated() {
        spawn_local(async {
            leptos::task::tick().await;
            page::set_root_attribute("data-hydrated", "true");
            if auth_state::signed_in_hint() {
                refresh::newer_than(0).await;
                return;
            }
            auth_state::set(AuthState::Anonymous { ended: None });
            if hint::read() == Hint::Ending {
                tell_the_server().await;
            }
        });
    }

    /// A page that slept or was offline looks at what others did meanwhile, and asks first when its token is past its time.
    fn came_back() {
        if overtaken() {
            return;
        }
        match (auth_state::auth_state().get_untracked(), token_store::held()) {
            (AuthState::SignedIn { .. }, Some(held)) if held.is_past_its_time() => ask_again(held.version),
            (AuthState::Offline { .. }, _) => connection::hurry(),
            _ => {}
        }
    }

    /// A page that was put away whole has missed every message: it shows nothing private before the server has spoken.
    fn came_out_of_the_cache() {
        if overtaken() {
            return;
        }
        if let Some(held) = token_store::held() {
            auth_state::set(AuthState::Unknown);
            ask_again(held.version);
        }
    }

    fn ask_again(version: u64) {
        spawn_local(async move {
            refresh::newer_than(version).await;
        });
    }

    /// Whether somebody signed out or in elsewhere in this browser, as its cookie tells without a question to anybody.
    fn overtaken() -> bool {
        match (auth_state::auth_state().get_untracked(), hint::read()) {
            (AuthState::SignedIn { .. } | AuthState::Offline { .. }, Hint::None | Hint::Ending) => {
                forget(EndReason::SignedOutElsewhere);
                true
            }
            (AuthState::Anonymous { .. }, Hint::SignedIn) => {
                become_whoever_signed_in();
                true
            }
            _ => false,
        }
    }

    fn heard(event: Event) {
        let ours = |held: &Rc<HeldToken>, session_id: &str| held.identity.session_id == session_id;
        match (event, token_store::held()) {
            (Event::SignedOut { session_id }, Some(held)) if ours(&held, &session_id) => {
                forget(EndReason::SignedOutElsewhere);
            }
            (Event::SignedIn { session_id }, held) if !held.as_ref().is_some_and(|held| ours(held, &session_id)) => {
                become_whoever_signed_in();
            }
            (Event::Refreshed { session_id }, Some(held)) if !ours(&held, &session_id) => become_whoever_signed_in(),
            (Event::Refreshed { .. }, _) => {
                // Where one tab gets through, the others may.
                if matches!(auth_state::auth_state().get_untracked(), AuthState::Offline { .. }) {
                    connection::hurry();
                }
            }
            _ => {}
        }
    }

    /// Another session holds this browser now: what was in memory is dropped at once, then asked for anew.
    fn become_whoever_signed_in() {
        token_store::forget();
        auth_state::set(AuthState::Unknown);
        spawn_local(async {
            refresh::landed().await;
            refresh::newer_than(0).await;
        });
    }
}

#[cfg(not(feature = "hydrate"))]
mod server {
    use super::*;

    fn only_in_a_browser<T>() -> Result<T, Problem> {
        Err(Problem::unavailable("Only a browser can do this.", 1))
    }

    pub async fn sign_in(_email: String, _password: String) -> Result<User, Problem> {
        only_in_a_browser()
    }

    pub async fn register(_email: String, _password: String) -> Result<User, Problem> {
        only_in_a_browser()
    }

    pub async fn reauthenticate(_password: String) -> Result<(), Problem> {
        only_in_a_browser()
    }

    pub fn renamed(_user: User) {}

    pub fn sign_out() {}

    pub fn cookies_are_blocked() -> bool {
        false
    }

    pub fn sign_out_pending() -> ArcRwSignal<bool> {
        ArcRwSignal::new(false)
    }
}
