//! One refresh per tab at a time, detached from whoever asked: a component that goes away must not abort a rotation under
//! way. It ends in one of three ways, and only the server's word signs anybody out.

use std::{cell::RefCell, rc::Rc, time::Duration};

use futures::{
    FutureExt as _,
    channel::oneshot,
    future::{LocalBoxFuture, Shared},
};

use super::auth_state::{self, AuthState, EndReason};
use super::connection;
use super::hint;
use super::page;
use super::tabs::{self, Event};
use super::token_store::{self, HeldToken};
use crate::api;
use crate::api::auth::TokenResponse;
use crate::api::error::{Code, Problem, Reaction};
use crate::lang::lang;

/// A refresh request that takes longer is aborted. Its answer may be lost; the server knows how to go on from there.
const REQUEST_LIMIT: Duration = Duration::from_secs(8);

#[derive(Clone, Debug)]
pub enum Outcome {
    Renewed(Rc<HeldToken>),
    /// The server ended the session, or somebody signed out meanwhile.
    SignedOut(Problem),
    /// No network, too busy, or too slow: still signed in, try later.
    Unavailable(Problem),
}

thread_local! {
    static FLIGHT: RefCell<Option<Shared<LocalBoxFuture<'static, Outcome>>>> = const { RefCell::new(None) };
}

/// A token newer than the one of `version`: the one that came meanwhile, or that of the refresh under way, or of a new one.
pub async fn newer_than(version: u64) -> Outcome {
    match token_store::held() {
        Some(held) if held.version > version => Outcome::Renewed(held),
        _ => flight().await,
    }
}

/// Waits for the refresh under way, if there is one.
pub async fn landed() {
    let under_way = FLIGHT.with_borrow(Clone::clone);
    if let Some(under_way) = under_way {
        under_way.await;
    }
}

fn flight() -> Shared<LocalBoxFuture<'static, Outcome>> {
    FLIGHT.with_borrow_mut(|flight| flight.get_or_insert_with(depart).clone())
}

fn depart() -> Shared<LocalBoxFuture<'static, Outcome>> {
    let (land, landed) = oneshot::channel();
    wasm_bindgen_futures::spawn_local(async move {
        let outcome = refresh().await;
        FLIGHT.set(None);
        let _ = land.send(outcome);
    });
    let lost = || Outcome::Unavailable(Problem::unavailable(lang().client_too_slow(), 1));
    landed.map(move |outcome| outcome.unwrap_or_else(|_| lost())).boxed_local().shared()
}

async fn refresh() -> Outcome {
    if let Some(document) = page::document() {
        while page::is_prerendering() {
            page::next_event(&document, "prerenderingchange").await;
        }
    }
    let epoch = token_store::epoch();
    if let Some(embargo) = connection::embargo() {
        return unavailable(embargo.into_problem(), epoch);
    }
    let answer = tabs::with_lock(page::within(REQUEST_LIMIT, api::auth::refresh())).await;
    match answer {
        Some(Ok(grant)) => renewed(grant, epoch),
        Some(Err(problem)) if problem.code.reaction() == Reaction::SignOut => ended(problem, epoch),
        Some(Err(problem)) => unavailable(problem, epoch),
        None => unavailable(Problem::unavailable(lang().client_too_slow(), 1), epoch),
    }
}

/// A grant for the session that was there at `epoch`.
pub fn renewed(grant: TokenResponse, epoch: u64) -> Outcome {
    let (user, session_id) = (grant.user.clone(), grant.session_id.clone());
    match token_store::renew(grant, epoch) {
        Some(held) => {
            auth_state::set(AuthState::SignedIn { user });
            connection::reached();
            tabs::tell(&Event::Refreshed { session_id });
            Outcome::Renewed(held)
        }
        None => meanwhile(),
    }
}

/// Somebody signed in or out while the answer was on its way: what holds now is what they did.
fn meanwhile() -> Outcome {
    match token_store::held() {
        Some(held) => Outcome::Renewed(held),
        None => Outcome::SignedOut(Problem::new(Code::SessionRevoked, lang().problem_signed_out())),
    }
}

fn ended(problem: Problem, epoch: u64) -> Outcome {
    if token_store::epoch() != epoch {
        return meanwhile();
    }
    end_session(&problem);
    Outcome::SignedOut(problem)
}

/// The server's word that the session is over: this tab forgets it, the others are told.
pub fn end_session(problem: &Problem) {
    let held = token_store::held();
    // A first visit with a stale hint never had a session here: nothing ended that the person should hear of.
    let had_session = held.is_some() || problem.code != Code::RefreshTokenMissing;
    token_store::forget();
    hint::forget();
    auth_state::set(AuthState::Anonymous { ended: had_session.then(|| EndReason::of(problem)) });
    connection::reached();
    if let Some(held) = held {
        tabs::tell(&Event::SignedOut { session_id: held.identity.session_id.clone() });
    }
}

fn unavailable(problem: Problem, epoch: u64) -> Outcome {
    if token_store::epoch() != epoch {
        return meanwhile();
    }
    connection::lost(&problem);
    Outcome::Unavailable(problem)
}
