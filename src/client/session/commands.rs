//! The session commands and the page lifecycle of a tab: sign-in, sign-out, bfcache, visibility,
//! messages of other tabs. Loaded after the page is live (lazy loading): the first download reaches
//! them through [`super::browser`] alone.

use std::{rc::Rc, time::Duration};

use futures::{FutureExt as _, future::LocalBoxFuture};
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use wasm_bindgen_futures::spawn_local;

use super::browser::{is_plain_http, sign_out_pending};
use super::{cookies_blocked, renewal};
use crate::api;
use crate::api::transport::held_token::HeldToken;
use crate::api::transport::renewer;
use crate::client::auth_state::{self, AuthState, EndReason};
use crate::client::refresh::RefreshOutcome;
use crate::client::session_hint_cookie::{self, SessionHint};
use crate::client::tabs::{self, TabEvent};
use crate::client::{connection, refresh, token_store};
use crate::dom;
use crate::lang::lang;
use crate::protocol::code::Reaction;
use crate::protocol::problem::Problem;
use crate::protocol::tokens::TokenResponse;
use crate::protocol::tokens::User;

/// Request timeout of sign-in, step-up and sign-out. Password hashing may be queued on the server.
const REQUEST_LIMIT: Duration = Duration::from_secs(20);

/// The commands that the first download calls.
pub struct Commands {
    pub start: fn(),
    pub sign_in: fn(String, String, String) -> Answer<User>,
    pub register: fn(String, String, String) -> Answer<User>,
    pub sign_out: fn(),
}

type Answer<T> = LocalBoxFuture<'static, Result<T, Problem>>;

pub static COMMANDS: Commands = Commands {
    start,
    sign_in: |email, password, key| begin(api::auth::login(email, password, key)).boxed_local(),
    register: |email, password, key| begin(api::auth::register(email, password, key)).boxed_local(),
    sign_out: || leave(EndReason::SignedOutHere),
};

/// Signs in, and tells the other tabs.
///
/// Waits for a refresh in flight first: its late answer would overwrite the new session's cookie
/// with the old one's.
async fn begin(asked: impl Future<Output = Result<TokenResponse, Problem>>) -> Result<User, Problem> {
    // Nothing is sent, because an account would be made that cannot be signed in to.
    if is_plain_http() {
        return Err(cookies_blocked());
    }
    refresh::settled().await;
    let (grant, cookie_kept) = tabs::with_lock(async {
        let grant = dom::with_timeout(REQUEST_LIMIT, asked).await.unwrap_or_else(|| Err(too_slow()))?;
        token_store::begin(grant.clone());
        // Not whether the hint is there: others may overwrite it, and that ends no session.
        let cookie_kept = session_hint_cookie::can_be_kept();
        if cookie_kept {
            tabs::broadcast(&TabEvent::SignedIn { session_id: grant.session_id.clone() });
        }
        Ok((grant, cookie_kept))
    })
    .await?;
    if !cookie_kept {
        return Err(undo(grant).await);
    }
    auth_state::set(AuthState::SignedIn { user: grant.user.clone() });
    connection::mark_reachable();
    Ok(grant.user)
}

/// The browser kept no cookie, so the next reload would lose the session: ends it now and says why.
async fn undo(grant: TokenResponse) -> Problem {
    let _ = api::account::revoke_session(grant.session_id).await;
    token_store::forget();
    auth_state::set(AuthState::Anonymous { ended: None });
    cookies_blocked()
}

/// Step-up authentication (RFC 9470): verifies the password anew. The session stays and gets new
/// tokens.
///
/// # Errors
///
/// The server's refusal, or a code with [`Reaction::Wait`] without an answer in time.
pub async fn reauthenticate(password: String) -> Result<(), Problem> {
    refresh::settled().await;
    let epoch = token_store::epoch();
    let asked = dom::with_timeout(REQUEST_LIMIT, api::auth::reauthenticate(password));
    let grant = tabs::with_lock(asked).await.unwrap_or_else(|| Err(too_slow()));
    if let Err(problem) = &grant
        && problem.code.reaction() == Reaction::SignOut
        && token_store::epoch() == epoch
    {
        refresh::end_session(problem);
    }
    match refresh::renewed(grant?, epoch) {
        RefreshOutcome::Renewed(_) => Ok(()),
        RefreshOutcome::SignedOut(problem) | RefreshOutcome::Unavailable(problem) => Err(problem),
    }
}

/// Replaces the shown user after a change of the e-mail address.
pub fn user_changed(user: User) {
    auth_state::set(AuthState::SignedIn { user });
}

fn too_slow() -> Problem {
    Problem::unavailable(lang().client_too_slow(), 1)
}

/// Signs out like a press of the button, after the server has deleted the account.
pub fn account_deleted() {
    leave(EndReason::AccountGone);
}

/// Signs out this tab and the other tabs at once, and the server as soon as it can be reached.
fn leave(reason: EndReason) {
    let held = token_store::held();
    forget(reason);
    session_hint_cookie::remember_ending();
    if let Some(held) = held {
        tabs::broadcast(&TabEvent::SignedOut { session_id: held.identity.session_id.clone() });
    }
    spawn_local(send_sign_out());
}

fn forget(reason: EndReason) {
    token_store::forget();
    session_hint_cookie::forget();
    auth_state::set(AuthState::Anonymous { ended: Some(reason) });
    connection::mark_reachable();
}

async fn send_sign_out() {
    sign_out_pending().set(true);
    refresh::settled().await;
    let mut pause = Duration::from_secs(1);
    while !tabs::with_lock(sign_out_delivered()).await {
        wait_for_network(pause).await;
        pause = (pause * 2).min(Duration::from_secs(60));
    }
    sign_out_pending().set(false);
}

/// Whether the sign-out has reached the server or is no longer needed: a later sign-in replaces the
/// old session.
async fn sign_out_delivered() -> bool {
    session_hint_cookie::read() != SessionHint::Ending
        || matches!(dom::with_timeout(REQUEST_LIMIT, api::auth::logout()).await, Some(Ok(_)))
}

async fn wait_for_network(at_most: Duration) {
    match web_sys::window() {
        Some(window) => tabs::either(dom::wait(at_most), dom::next_event(&window, "online")).await,
        None => dom::wait(at_most).await,
    }
}

/// Installs the renewer and the listeners, and restores the session.
fn start() {
    renewer::install(&renewal::TabRenewer);
    tabs::listen(on_tab_event);
    let (Some(window), Some(document)) = (web_sys::window(), dom::document()) else { return };
    dom::on(&window, "online", |_| on_resume());
    dom::on(&window, "pageshow", |event| {
        if event.dyn_ref::<web_sys::PageTransitionEvent>().is_some_and(|event| event.persisted()) {
            on_bfcache_restore();
        }
    });
    dom::on(&document, "visibilitychange", |_| {
        if dom::is_visible() {
            on_resume();
        }
    });
    restore();
}

fn restore() {
    if auth_state::signed_in_hint() {
        refresh_after(0);
    } else if session_hint_cookie::read() == SessionHint::Ending {
        spawn_local(send_sign_out());
    } else {
        // Another tab may have signed in before this one listened.
        follow_hint_cookie();
    }
}

/// The page becomes visible or online again: follows what other tabs did meanwhile, and refreshes
/// an expired token.
fn on_resume() {
    if follow_hint_cookie() {
        return;
    }
    match (auth_state::auth_state().get_untracked(), token_store::held()) {
        (AuthState::SignedIn { .. }, Some(held)) if held.is_expired() => refresh_after(held.version),
        (AuthState::Offline { .. }, _) => connection::retry_now(),
        _ => {}
    }
}

/// The page comes out of the back/forward cache (bfcache). It has missed every message of other
/// tabs, so it hides private content until a refresh has confirmed the session.
fn on_bfcache_restore() {
    if follow_hint_cookie() {
        return;
    }
    if let Some(held) = token_store::held() {
        auth_state::set(AuthState::Unknown);
        refresh_after(held.version);
    }
}

fn refresh_after(version: u64) {
    spawn_local(async move {
        refresh::newer_than(version).await;
    });
}

/// Follows a sign-in or sign-out of another tab, which the hint cookie shows without a request.
/// Returns whether there was one.
fn follow_hint_cookie() -> bool {
    match (auth_state::auth_state().get_untracked(), session_hint_cookie::read()) {
        (AuthState::SignedIn { .. } | AuthState::Offline { .. }, SessionHint::Ending) => {
            forget(EndReason::SignedOutElsewhere);
            true
        }
        // Another tab signed out, or the cookie is gone for a reason of its own: the server knows.
        // Until it has answered, nothing private is shown.
        (AuthState::SignedIn { .. } | AuthState::Offline { .. }, SessionHint::None) => {
            auth_state::set(AuthState::Unknown);
            refresh_after(token_store::held().map_or(0, |held| held.version));
            true
        }
        (AuthState::Anonymous { .. }, SessionHint::SignedIn) => {
            adopt_new_session();
            true
        }
        _ => false,
    }
}

fn on_tab_event(event: TabEvent) {
    let ours = |held: &Rc<HeldToken>, session_id: &str| held.identity.session_id == session_id;
    match (event, token_store::held()) {
        (TabEvent::SignedOut { session_id }, Some(held)) if ours(&held, &session_id) => {
            forget(EndReason::SignedOutElsewhere);
        }
        (TabEvent::SignedIn { session_id }, held) if !held.as_ref().is_some_and(|held| ours(held, &session_id)) => {
            adopt_new_session();
        }
        (TabEvent::Refreshed { session_id }, Some(held)) if !ours(&held, &session_id) => adopt_new_session(),
        (TabEvent::Refreshed { .. }, _) => {
            // Another tab has reached the server, so this one may as well.
            if matches!(auth_state::auth_state().get_untracked(), AuthState::Offline { .. }) {
                connection::retry_now();
            }
        }
        _ => {}
    }
}

/// The browser has another session now: clears the old one at once, then gets tokens for the new
/// one.
fn adopt_new_session() {
    token_store::forget();
    auth_state::set(AuthState::Unknown);
    spawn_local(async {
        refresh::settled().await;
        refresh::newer_than(0).await;
    });
}
