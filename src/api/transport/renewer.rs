//! The renewer: the port through which the bearer client reaches the tab's session (dependency
//! inversion). The session installs itself at start, so the transport imports nothing of it.

use std::{cell::Cell, rc::Rc};

use futures::future::LocalBoxFuture;

use super::held_token::{HeldToken, Identity};
use crate::lang::lang;
use crate::protocol::code::Code;
use crate::protocol::problem::Problem;

/// A report of the bearer client to the session.
pub enum TransportEvent<'a> {
    /// The server answered, so the connection works.
    Reached,
    /// No answer, or none before the timeout.
    Unreachable(&'a Problem),
    /// The server refused the token of `under` because its session has ended.
    SessionEnded { problem: &'a Problem, under: &'a Identity },
    /// A call was refused, and a newer access token can fix that.
    Refused(Code),
    /// A call is retried; its path, below the base path.
    Retried(&'a str),
}

/// The session as the transport sees it. `client::session` implements it.
pub trait Renewer {
    /// The access token in memory.
    fn held(&self) -> Option<Rc<HeldToken>>;

    /// An access token newer than `version`: the current one if it is newer already, else by a
    /// refresh (single-flight).
    ///
    /// # Errors
    ///
    /// The server's refusal when the session has ended; a code with
    /// [`Reaction::Wait`](crate::protocol::code::Reaction) when the server could not be asked.
    fn newer_than(&self, version: u64) -> LocalBoxFuture<'static, Result<Rc<HeldToken>, Problem>>;

    /// Called for every report; never asynchronous.
    fn on_event(&self, event: TransportEvent<'_>);
}

thread_local! {
    static RENEWER: Cell<Option<&'static dyn Renewer>> = const { Cell::new(None) };
}

/// Installs the session of this tab and replaces an earlier one.
pub fn install(renewer: &'static dyn Renewer) {
    RENEWER.set(Some(renewer));
}

pub(super) fn held() -> Option<Rc<HeldToken>> {
    RENEWER.get()?.held()
}

pub(super) async fn newer_than(version: u64) -> Result<Rc<HeldToken>, Problem> {
    match RENEWER.get() {
        Some(renewer) => renewer.newer_than(version).await,
        None => Err(Problem::unavailable(lang().client_too_slow(), 1)),
    }
}

pub(super) fn notify(event: TransportEvent<'_>) {
    if let Some(renewer) = RENEWER.get() {
        renewer.on_event(event);
    }
}
