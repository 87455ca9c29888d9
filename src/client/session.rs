//! What the person does: sign in, register, sign out; and what the page does by itself when it loads, comes back, or hears
//! from another tab.

use crate::api::auth::User;
use crate::api::error::Problem;

#[cfg(feature = "hydrate")]
pub use browser::{hydrated, register, sign_in, sign_out, start};

#[cfg(not(feature = "hydrate"))]
pub use server::{register, sign_in, sign_out};

#[cfg(feature = "hydrate")]
mod browser {
    use std::{rc::Rc, time::Duration};

    use leptos::prelude::*;
    use wasm_bindgen::JsCast as _;
    use wasm_bindgen_futures::spawn_local;

    use super::*;
    use crate::api::auth::TokenResponse;
    use crate::client::auth_state::{self, AuthState, EndReason};
    use crate::client::tabs::{self, Event};
    use crate::client::token_store::HeldToken;
    use crate::client::{page, refresh, token_store};
    use crate::{api, client};

    pub async fn sign_in(email: String, password: String) -> Result<User, Problem> {
        begin(api::auth::login(email, password)).await
    }

    pub async fn register(email: String, password: String) -> Result<User, Problem> {
        begin(api::auth::register(email, password)).await
    }

    /// No refresh may be under way: its late answer would put the old session's cookie over the new one's.
    async fn begin(asked: impl Future<Output = Result<TokenResponse, Problem>>) -> Result<User, Problem> {
        refresh::landed().await;
        let grant = tabs::with_lock(asked).await?;
        let user = grant.user.clone();
        tabs::tell(&Event::SignedIn { session_id: grant.session_id.clone() });
        token_store::begin(grant);
        auth_state::set(AuthState::SignedIn { user: user.clone() });
        Ok(user)
    }

    /// This tab at once, the others with it, and the server as soon as it can be reached.
    pub fn sign_out() {
        let held = token_store::held();
        forget(EndReason::SignedOutHere);
        if let Some(held) = held {
            tabs::tell(&Event::SignedOut { session_id: held.identity.session_id.clone() });
        }
        spawn_local(tell_the_server());
    }

    fn forget(reason: EndReason) {
        token_store::forget();
        auth_state::forget_hint();
        auth_state::set(AuthState::Anonymous { ended: Some(reason) });
    }

    async fn tell_the_server() {
        let epoch = token_store::epoch();
        refresh::landed().await;
        let mut pause = Duration::from_secs(1);
        // Whoever signs in meanwhile ends the old session by doing so.
        while token_store::epoch() == epoch {
            if tabs::with_lock(api::auth::logout()).await.is_ok() {
                return;
            }
            wait_for_network(pause).await;
            pause = (pause * 2).min(Duration::from_secs(60));
        }
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
        tabs::listen(heard);
        let (Some(window), Some(document)) = (web_sys::window(), page::document()) else { return };
        page::on(&window, "online", |_| came_back());
        page::on(&window, "pageshow", |event| {
            if event.dyn_ref::<web_sys::PageTransitionEvent>().is_some_and(|event| event.persisted()) {
                came_back();
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
            } else {
                auth_state::set(AuthState::Anonymous { ended: None });
            }
        });
    }

    /// A page that slept, was cached or was offline asks first when its token is past its time.
    fn came_back() {
        let version = match (auth_state::auth_state().get_untracked(), token_store::held()) {
            (AuthState::SignedIn { .. }, Some(held)) if held.is_past_its_time() => held.version,
            (AuthState::Offline { .. }, held) => held.map_or(0, |held| held.version),
            _ => return,
        };
        spawn_local(async move {
            refresh::newer_than(version).await;
        });
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
            _ => {}
        }
    }

    /// Another session holds this browser now: what was in memory is dropped at once, then asked for anew.
    fn become_whoever_signed_in() {
        token_store::forget();
        client::auth_state::set(AuthState::Unknown);
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

    pub fn sign_out() {}
}
