//! Sends a request with the access token in memory. On a 401 that a new token can fix, refreshes
//! (single-flight) and retries once.

use std::time::Duration;

use leptos::server_fn::{error::FromServerFnError as _, response::ClientRes as _};
use send_wrapper::SendWrapper;

use super::super::answer::{Answer, exchange};
use super::super::held_token::HeldToken;
use super::super::outgoing::Outgoing;
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
    Answered(Answer),
    /// Refused, and a newer access token can fix that.
    Stale(Problem),
}

/// Sends a request with the access token; the answer is this server's.
///
/// # Errors
///
/// The refusal of the session or of something in front of the server, and [`Code::NoAnswer`].
pub fn send(request: Outgoing) -> impl Future<Output = Result<Answer, Problem>> + Send {
    SendWrapper::new(send_local(request))
}

/// At most two attempts: nothing below the second one retries.
async fn send_local(request: Outgoing) -> Result<Answer, Problem> {
    let first = match renewer::held() {
        Some(held) => held,
        None => renewer::newer_than(0).await?,
    };
    match attempt(&request, &first).await? {
        SendOutcome::Answered(answer) => Ok(answer),
        SendOutcome::Stale(problem) => {
            notify(TransportEvent::Refused(problem.code));
            let second = renewer::newer_than(first.version).await?;
            if second.identity != first.identity {
                return Err(another_user());
            }
            notify(TransportEvent::Retried(base_path::current().within(request.path())));
            match attempt(&request, &second).await? {
                SendOutcome::Answered(answer) => Ok(answer),
                SendOutcome::Stale(problem) => Err(problem),
            }
        }
    }
}

/// Another user or session took over during the refresh. The request belongs to the old one and is
/// not sent again.
fn another_user() -> Problem {
    Problem::new(Code::SessionRevoked, lang().client_another_person())
}

async fn attempt(request: &Outgoing, held: &HeldToken) -> Result<SendOutcome, Problem> {
    let authorization = format!("Bearer {}", held.token.reveal());
    let answer = match dom::with_timeout(REQUEST_LIMIT, exchange(request, Some(&authorization))).await {
        Some(answer) => answer,
        None => Err(Problem::new(Code::NoAnswer, lang().client_too_slow())),
    };
    let answer = match answer {
        Ok(answer) if !is_refusal(&answer) => {
            notify(TransportEvent::Reached);
            return Ok(SendOutcome::Answered(answer));
        }
        Ok(answer) => answer,
        Err(problem) => {
            if problem.code == Code::NoAnswer {
                notify(TransportEvent::Unreachable(&problem));
            }
            return Err(problem);
        }
    };
    let problem = Problem::de(answer.try_into_bytes().await?);
    match problem.code.reaction() {
        Reaction::RefreshAndRetry => return Ok(SendOutcome::Stale(problem)),
        Reaction::SignOut => notify(TransportEvent::SessionEnded { problem: &problem, under: &held.identity }),
        // The caller decides: a form shows the remaining time, `retry_while_offline` waits.
        Reaction::Wait => {}
        Reaction::Show => notify(TransportEvent::Reached),
    }
    Err(problem)
}

/// Whether the answer is about the session or the server, not about the content of the request.
fn is_refusal(answer: &Answer) -> bool {
    let status = answer.status();
    status == 401 || status == 429 || status >= 500
}
