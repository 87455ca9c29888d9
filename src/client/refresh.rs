//! The silent refresh, single-flight: at most one per tab, shared by all callers. It runs detached
//! from them, because dropping a component must not abort a rotation in progress. Only an explicit
//! refusal by the server signs the user out.

use std::{cell::RefCell, rc::Rc, time::Duration};

use futures::{
    FutureExt as _,
    channel::oneshot,
    future::{LocalBoxFuture, Shared},
};

use super::auth_state::{self, AuthState, EndReason};
use super::connection;
use super::tabs::{self, TabEvent};
use super::token_store;
use crate::api;
use crate::api::transport::held_token::HeldToken;
use crate::client::observer::{ClientEvent, emit};
use crate::client::session_hint_cookie;
use crate::dom;
use crate::lang::lang;
use crate::protocol::code::{Code, Reaction};
use crate::protocol::problem::Problem;
use crate::protocol::tokens::TokenResponse;

/// Request timeout. The rotation may have happened with its answer lost; the server's re-key rule
/// recovers from that.
const REQUEST_LIMIT: Duration = Duration::from_secs(8);

/// The result of a refresh.
#[derive(Clone, Debug)]
pub enum RefreshOutcome {
    Renewed(Rc<HeldToken>),
    /// The session has ended: by the server's word, or by a sign-out meanwhile.
    SignedOut(Problem),
    /// Network trouble, overload or timeout: still signed in, to be retried later.
    Unavailable(Problem),
}

thread_local! {
    static IN_FLIGHT: RefCell<Option<Shared<LocalBoxFuture<'static, RefreshOutcome>>>> = const { RefCell::new(None) };
}

/// An access token newer than `version`: the current one if it is newer already, else by joining
/// the refresh in flight or starting one.
pub async fn newer_than(version: u64) -> RefreshOutcome {
    match token_store::held() {
        Some(held) if held.version > version => RefreshOutcome::Renewed(held),
        _ => in_flight().await,
    }
}

/// Waits for the refresh in flight, if there is one.
pub async fn settled() {
    let in_flight = IN_FLIGHT.with_borrow(Clone::clone);
    if let Some(in_flight) = in_flight {
        in_flight.await;
    }
}

fn in_flight() -> Shared<LocalBoxFuture<'static, RefreshOutcome>> {
    IN_FLIGHT.with_borrow_mut(|in_flight| {
        emit(|| if in_flight.is_some() { ClientEvent::JoinsRefresh } else { ClientEvent::RefreshBegins });
        in_flight.get_or_insert_with(start).clone()
    })
}

fn start() -> Shared<LocalBoxFuture<'static, RefreshOutcome>> {
    let (settle, settled) = oneshot::channel();
    wasm_bindgen_futures::spawn_local(async move {
        let outcome = refresh().await;
        IN_FLIGHT.set(None);
        let _ = settle.send(outcome);
    });
    let lost = || RefreshOutcome::Unavailable(Problem::unavailable(lang().client_too_slow(), 1));
    settled.map(move |outcome| outcome.unwrap_or_else(|_| lost())).boxed_local().shared()
}

async fn refresh() -> RefreshOutcome {
    if let Some(document) = dom::document() {
        while dom::is_prerendering() {
            dom::next_event(&document, "prerenderingchange").await;
        }
    }
    let epoch = token_store::epoch();
    if let Some(backoff) = connection::backoff() {
        return unavailable(backoff.into_problem(), epoch);
    }
    let answer = tabs::with_lock(dom::with_timeout(REQUEST_LIMIT, api::auth::refresh())).await;
    outcome(answer, epoch)
}

/// What comes of the answer to a refresh that was requested in `epoch`; `None` when it took too
/// long.
pub(super) fn outcome(answer: Option<Result<TokenResponse, Problem>>, epoch: u64) -> RefreshOutcome {
    match answer {
        Some(Ok(grant)) => renewed(grant, epoch),
        Some(Err(problem)) if problem.code.reaction() == Reaction::SignOut => ended(problem, epoch),
        Some(Err(problem)) => unavailable(problem, epoch),
        None => unavailable(Problem::unavailable(lang().client_too_slow(), 1), epoch),
    }
}

/// Stores a grant that was requested in `epoch`; see [`token_store::epoch`].
pub fn renewed(grant: TokenResponse, epoch: u64) -> RefreshOutcome {
    let (user, session_id) = (grant.user.clone(), grant.session_id.clone());
    match token_store::renew(grant, epoch) {
        Some(held) => {
            auth_state::set(AuthState::SignedIn { user });
            connection::mark_reachable();
            tabs::broadcast(&TabEvent::Refreshed { session_id });
            RefreshOutcome::Renewed(held)
        }
        None => superseded(),
    }
}

/// A sign-in or sign-out happened while the answer was under way. It takes precedence over the
/// answer.
fn superseded() -> RefreshOutcome {
    match token_store::held() {
        Some(held) => RefreshOutcome::Renewed(held),
        None => RefreshOutcome::SignedOut(Problem::new(Code::SessionRevoked, lang().problem_signed_out())),
    }
}

fn ended(problem: Problem, epoch: u64) -> RefreshOutcome {
    if token_store::epoch() != epoch {
        return superseded();
    }
    end_session(&problem);
    RefreshOutcome::SignedOut(problem)
}

/// The server has ended the session: clears this tab and notifies the others.
pub fn end_session(problem: &Problem) {
    let held = token_store::held();
    // Without a token here and without a refresh cookie only the hint cookie was stale: no session
    // ended, so the page shows no reason.
    let had_session = held.is_some() || problem.code != Code::RefreshTokenMissing;
    token_store::forget();
    session_hint_cookie::forget();
    auth_state::set(AuthState::Anonymous { ended: had_session.then(|| EndReason::of(problem)) });
    connection::mark_reachable();
    if let Some(held) = held {
        tabs::broadcast(&TabEvent::SignedOut { session_id: held.identity.session_id.clone() });
    }
}

fn unavailable(problem: Problem, epoch: u64) -> RefreshOutcome {
    if token_store::epoch() != epoch {
        return superseded();
    }
    connection::mark_unreachable(&problem);
    RefreshOutcome::Unavailable(problem)
}
