//! What the flow does, told while it does it. One listener may hear it (the lab's recorder); where there is none, telling is
//! one look at an empty `Option`, and nothing is built, copied or allocated. Who listens changes nothing: it is told, not asked.

use std::sync::Arc;

use super::access_token::Verified;
use super::rotation::Decision;
use super::service::NotAuthenticated;
use super::session::{Session, SessionId};
use crate::api::error::RevokeReason;

/// One step of the flow, in the words of `docs/flow.md`. Holds no token and no password.
#[derive(Debug)]
pub enum FlowEvent<'a> {
    /// A password was compared with its hash; for an unknown address, with one that nothing fits.
    PasswordChecked { right: bool },
    /// A sign-in made a session: its row is written.
    SessionOpened { session: &'a Session },
    /// The session of a presented refresh token was read and the rule has spoken; nothing is written yet.
    Decided { session: &'a Session, presented: u32, decision: &'a Decision },
    /// The compare-and-swap that turns the token; `won` is false where another racer was faster.
    Swapped { session_id: SessionId, won: bool },
    /// Both tokens are made and about to be sent. `generation` is the refresh token's.
    Issued { session_id: SessionId, generation: u32 },
    /// A bearer token was looked at, without the database.
    AccessChecked { outcome: Result<&'a Verified, NotAuthenticated> },
    /// A session is over, and every access token of it.
    SessionEnded { session_id: SessionId, reason: RevokeReason },
    /// Which signing keys there are has changed.
    KeysChanged,
}

/// Hears the flow. Called on the request's own task, so it must return at once.
pub trait FlowListener: Send + Sync {
    fn hear(&self, event: &FlowEvent<'_>);
}

/// Where the flow tells.
#[derive(Clone, Default)]
pub struct Flow(Option<Arc<dyn FlowListener>>);

impl Flow {
    pub fn heard_by(listener: Arc<dyn FlowListener>) -> Self {
        Self(Some(listener))
    }

    /// `event` is made only where somebody listens.
    #[inline]
    pub fn tell<'a>(&self, event: impl FnOnce() -> FlowEvent<'a>) {
        if let Some(listener) = &self.0 {
            listener.hear(&event());
        }
    }
}
