//! The observer pattern: each step of a use case is reported as a [`FlowEvent`] while it happens (instrumentation hook). An
//! observer cannot influence the flow. Without one, a report costs a check of an empty `Option` and allocates nothing.

use std::sync::Arc;
use std::time::Duration;

use super::binding::{BindingOutcome, Skipped};
use super::model::session::{Session, SessionId};
use super::report_order::{ReportOrder, ReportTurn};
use super::service::NotAuthenticated;
use super::token::{access::Verified, rotation::Decision};
use crate::protocol::session::RevokeReason;

/// One step of a use case, named as in `docs/flow.md`. It contains no token and no password.
#[derive(Debug)]
pub enum FlowEvent<'a> {
    /// A password was verified. For an unknown address the hasher did the same work for nothing (constant time).
    PasswordChecked { right: bool },
    /// A sign-in created a session; its row is committed.
    SessionOpened { session: &'a Session },
    /// The rotation rule decided about a presented refresh token.
    Decided { session: &'a Session, presented: u32, decision: &'a Decision },
    /// A refresh token of a session that is bound to a device came from elsewhere, and nothing moved.
    Unbound { session: &'a Session, presented: u32 },
    /// The rotation that was decided is committed.
    Rotated { session_id: SessionId },
    /// Both tokens are issued and about to be sent. `generation` is the refresh token's.
    Issued { session_id: SessionId, generation: u32 },
    /// A bearer token was verified, without a query.
    AccessChecked { outcome: Result<&'a Verified, NotAuthenticated> },
    /// A session was revoked, and its access tokens with it.
    SessionEnded { session_id: SessionId, reason: RevokeReason },
    /// The set of signing keys changed.
    KeysChanged,
    /// An attempt was refused by this counter; the names are those of [`AttemptCounter`](super::throttle::attempts).
    Throttled { by: &'static str },
    /// A browser answered, or did not, for the device that a session is bound to.
    Binding { outcome: BindingOutcome },
    /// A browser says why it did not renew its bound cookie before a refresh.
    BindingSkipped { why: Skipped },
    /// Another instance or a command ended sessions `lag` ago, and this instance refuses their access tokens from now on.
    EndHeard { lag: Duration },
}

/// Receives the steps of every use case. It runs on the request's own task and must not block.
pub trait Observer: Send + Sync {
    /// Called once for each step, in order; decisions about one session in the order in which they were made.
    fn observe(&self, event: &FlowEvent<'_>);
}

/// The observer of a service, or none.
#[derive(Clone, Default)]
pub struct Observers(Option<(Arc<dyn Observer>, Arc<ReportOrder>)>);

impl Observers {
    /// Reports to `observer`.
    pub fn new(observer: Arc<dyn Observer>) -> Self {
        Self(Some((observer, Arc::default())))
    }

    /// Reports an event. `event` is built only when there is an observer.
    #[inline]
    pub fn emit<'a>(&self, event: impl FnOnce() -> FlowEvent<'a>) {
        if let Some((observer, _)) = &self.0 {
            observer.observe(&event());
        }
    }

    /// The turn of a caller that will report a decision about a session.
    pub(super) fn turn(&self) -> ReportTurn {
        self.0.as_ref().map_or_else(ReportTurn::default, |(_, order)| ReportTurn::new(order.clone()))
    }
}
