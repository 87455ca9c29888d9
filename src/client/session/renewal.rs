//! The renewer of the bearer client: gives it the access token, refreshes on request, reacts to its
//! reports.

use std::rc::Rc;

use futures::{FutureExt as _, future::LocalBoxFuture};

use crate::api::transport::held_token::HeldToken;
use crate::api::transport::renewer::{Renewer, TransportEvent};
use crate::client::observer::{ClientEvent, emit};
use crate::client::refresh::{self, RefreshOutcome};
use crate::client::{connection, token_store};
use crate::protocol::problem::Problem;

/// Connects the bearer client to this tab's session.
pub struct TabRenewer;

impl Renewer for TabRenewer {
    fn held(&self) -> Option<Rc<HeldToken>> {
        token_store::held()
    }

    fn newer_than(&self, version: u64) -> LocalBoxFuture<'static, Result<Rc<HeldToken>, Problem>> {
        async move {
            match refresh::newer_than(version).await {
                RefreshOutcome::Renewed(held) => Ok(held),
                RefreshOutcome::SignedOut(problem) | RefreshOutcome::Unavailable(problem) => Err(problem),
            }
        }
        .boxed_local()
    }

    fn on_event(&self, event: TransportEvent<'_>) {
        match event {
            TransportEvent::Reached => connection::mark_reachable(),
            TransportEvent::Unreachable(problem) => connection::suspect(problem),
            TransportEvent::SessionEnded { problem, under } => {
                if token_store::held().is_some_and(|now| now.identity == *under) {
                    refresh::end_session(problem);
                }
            }
            TransportEvent::Refused(code) => emit(|| ClientEvent::Refused(code)),
            TransportEvent::Retried(path) => emit(|| ClientEvent::Retries(path.to_owned())),
        }
    }
}
