//! Sends a request with the access token in memory. On a 401 that a new token can fix, refreshes
//! (single-flight) and retries once.

use std::{rc::Rc, time::Duration};

use leptos::server_fn::{
    error::FromServerFnError as _,
    request::browser::BrowserRequest,
    response::{ClientRes, browser::BrowserResponse},
};
use send_wrapper::SendWrapper;

use super::super::decoration;
use super::super::held_token::HeldToken;
use super::super::outgoing::{Outgoing, Parts};
use super::super::renewer::{self, TransportEvent, notify};
use crate::base_path;
use crate::dom;
use crate::lang::lang;
use crate::protocol::code::{Code, Reaction};
use crate::protocol::problem::Problem;

/// Request timeout. The server may have carried out the request all the same.
const REQUEST_LIMIT: Duration = Duration::from_secs(20);

/// The outcome of one attempt.
enum SendOutcome {
    Answered(BrowserResponse),
    /// Refused, and a newer access token can fix that.
    Stale(Problem),
}

pub fn send(request: Outgoing) -> impl Future<Output = Result<BrowserResponse, Problem>> + Send {
    SendWrapper::new(send_local(request))
}

async fn send_local(request: Outgoing) -> Result<BrowserResponse, Problem> {
    match request.parts {
        Parts::Once(request) => {
            let held = fresh().await?;
            answered(attempt(request, &held).await?)
        }
        parts => send_replayable(&parts).await,
    }
}

/// At most two attempts: nothing below the second one retries.
async fn send_replayable(parts: &Parts) -> Result<BrowserResponse, Problem> {
    let first = match renewer::held() {
        Some(held) => held,
        None => renewer::newer_than(0).await?,
    };
    match attempt(parts.build()?, &first).await? {
        SendOutcome::Answered(response) => Ok(response),
        SendOutcome::Stale(problem) => {
            notify(TransportEvent::Refused(problem.code));
            let second = renewer::newer_than(first.version).await?;
            if second.identity != first.identity {
                return Err(another_user());
            }
            notify(TransportEvent::Retried(base_path::current().within(parts.path())));
            answered(attempt(parts.build()?, &second).await?)
        }
    }
}

fn answered(attempt: SendOutcome) -> Result<BrowserResponse, Problem> {
    match attempt {
        SendOutcome::Answered(response) => Ok(response),
        SendOutcome::Stale(problem) => Err(problem),
    }
}

/// Another user or session took over during the refresh. The request belongs to the old one and is
/// not sent again.
fn another_user() -> Problem {
    Problem::new(Code::SessionRevoked, lang().client_another_person())
}

/// An access token that has not expired, refreshed first where necessary: for a request that cannot
/// be repeated.
async fn fresh() -> Result<Rc<HeldToken>, Problem> {
    match renewer::held() {
        Some(held) if !held.is_expired() => Ok(held),
        Some(held) => renewer::newer_than(held.version).await,
        None => renewer::newer_than(0).await,
    }
}

async fn attempt(request: BrowserRequest, held: &HeldToken) -> Result<SendOutcome, Problem> {
    request.headers().set("authorization", &format!("Bearer {}", held.token.reveal()));
    let response = match sent(request).await {
        Ok(response) if !is_refusal(&response) => {
            notify(TransportEvent::Reached);
            return Ok(SendOutcome::Answered(response));
        }
        Ok(response) => response,
        Err(problem) => {
            notify(TransportEvent::Unreachable(&problem));
            return Err(problem);
        }
    };
    let problem = Problem::de(response.try_into_bytes().await?);
    match problem.code.reaction() {
        Reaction::RefreshAndRetry => return Ok(SendOutcome::Stale(problem)),
        Reaction::SignOut => notify(TransportEvent::SessionEnded { problem: &problem, under: &held.identity }),
        // The caller decides: a form shows the remaining time, `retry_while_offline` waits.
        Reaction::Wait => {}
        Reaction::Show => notify(TransportEvent::Reached),
    }
    Err(problem)
}

/// Whether the response is about the session or the server, not about the content of the request.
fn is_refusal(response: &BrowserResponse) -> bool {
    let status = ClientRes::<Problem>::status(response);
    status == 401 || status == 429 || status >= 500
}

async fn sent(request: BrowserRequest) -> Result<BrowserResponse, Problem> {
    match dom::with_timeout(REQUEST_LIMIT, decoration::send(request)).await {
        Some(answer) => answer,
        None => Err(Problem::unavailable(lang().client_too_slow(), 1)),
    }
}
