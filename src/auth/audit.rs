//! The audit log: each security event becomes a structured log line and a row of the account's history.

use std::sync::Arc;

use super::error::AuthError;
use super::model::device::Device;
use super::model::event::{EventKind, SecurityEvent};
use super::model::secret::FingerprintKey;
use super::model::session::{Session, SessionId};
use super::model::user::UserId;
use super::store::Events;
use super::token::access::Verified;
use crate::clock::Clock;
use crate::protocol::session::RevokeReason;

/// The account and the session that an event concerns.
#[derive(Clone, Copy, Debug)]
pub enum Subject {
    /// Neither: the event is about the server, an unknown account or a deleted one.
    None,
    User(UserId),
    Session(UserId, SessionId),
}

impl From<&Session> for Subject {
    fn from(session: &Session) -> Self {
        Self::Session(session.user_id, session.id)
    }
}

impl From<&Verified> for Subject {
    fn from(user: &Verified) -> Self {
        Self::Session(user.user_id, user.session_id)
    }
}

/// Writes security events. Cheap to clone.
#[derive(Clone)]
pub struct Audit {
    fingerprints: Arc<FingerprintKey>,
    events: Arc<dyn Events>,
    clock: Arc<dyn Clock>,
}

impl Audit {
    pub fn new(fingerprints: FingerprintKey, events: Arc<dyn Events>, clock: Arc<dyn Clock>) -> Self {
        Self { fingerprints: Arc::new(fingerprints), events, clock }
    }

    /// Builds an event that happens now, without recording it. `reason` says why a session ended.
    pub fn event(
        &self,
        kind: EventKind,
        subject: Subject,
        device: &Device,
        reason: Option<RevokeReason>,
    ) -> SecurityEvent {
        let (user_id, session_id) = match subject {
            Subject::None => (None, None),
            Subject::User(user_id) => (Some(user_id), None),
            Subject::Session(user_id, session_id) => (Some(user_id), Some(session_id)),
        };
        let (device, detail) = (device.as_str().to_owned(), reason.map_or("", RevokeReason::as_str).to_owned());
        SecurityEvent { at: self.clock.now(), kind, user_id, session_id, device, detail }
    }

    /// Logs an event that the store recorded together with what it is about.
    pub fn log(&self, event: &SecurityEvent) {
        event.log(&self.fingerprints);
    }

    /// Records an event that happens now and changes nothing: logs it and appends it to the history.
    ///
    /// # Errors
    ///
    /// The event is logged but not stored.
    pub async fn record(&self, kind: EventKind, subject: impl Into<Subject>, device: &Device) -> Result<(), AuthError> {
        let event = self.event(kind, subject.into(), device, None);
        self.log(&event);
        Ok(self.events.append_event(&event).await?)
    }
}
