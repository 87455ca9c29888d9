//! Revocation: log out, end one session, end all sessions of a user. Each is one operation of the store, in a detached task
//! (cancellation safety): when the client disconnects, the in-memory revocation list still learns of the end.

use super::account::announce;
use super::audit::Subject;
use super::error::AuthError;
use super::model::device::Device;
use super::model::event::{EventKind, ReuseNotice};
use super::model::session::{Session, SessionId};
use super::observer::FlowEvent;
use super::service::AuthService;
use super::store::{EndAll, EndSession, EndedAll, Guard, Stale};
use super::token::{
    refresh::Presented,
    revoked::{LOADED, Revocation},
};
use crate::protocol::session::RevokeReason;

impl AuthService {
    /// Ends the session of the presented refresh token; a superseded token will do. Idempotent: no token, an unknown session
    /// and an ended one all succeed.
    ///
    /// # Errors
    ///
    /// [`AuthError::Store`].
    pub async fn logout(&self, presented: Option<Presented>, device: &Device) -> Result<(), AuthError> {
        let Some(presented) = presented else { return Ok(()) };
        match self.genuine(&presented).await? {
            Some(session) => self.end(&session, RevokeReason::Logout, EventKind::TokenRevoked, device).await,
            None => Ok(()),
        }
    }

    /// Reloads the sessions that ended within [`LOADED`].
    pub(super) async fn reload_revoked(&self) -> Result<(), AuthError> {
        let since = self.clock.now().minus(LOADED);
        self.revoked.add_all(self.store.revoked_since(since).await?);
        self.store.users_revoked_since(since).await?.into_iter().for_each(|end| self.revoked.add_user(end));
        Ok(())
    }

    /// The end of one session, as the store writes it.
    pub(super) fn end_of(
        &self,
        session: &Session,
        reason: RevokeReason,
        kind: EventKind,
        device: &Device,
    ) -> EndSession {
        let event = self.audit.event(kind, session.into(), device, Some(reason));
        let notice = (reason == RevokeReason::Reuse).then(|| ReuseNotice::of(session, &event));
        EndSession { user_id: session.user_id, session_id: session.id, reason, event, notice }
    }

    /// Revokes one session: in the store, which notifies the other instances, then in this instance's memory. For reuse, the
    /// owner's notice commits with it, so no crash ends the session without telling.
    pub(super) async fn end(
        &self,
        session: &Session,
        reason: RevokeReason,
        kind: EventKind,
        device: &Device,
    ) -> Result<(), AuthError> {
        let end = self.end_of(session, reason, kind, device);
        let (store, revoked, audit) = (self.store.clone(), self.revoked.clone(), self.audit.clone());
        let session_id = session.id;
        self.detached(async move {
            if store.end_session(&end).await? {
                revoked.add(Revocation { session_id, at: end.event.at, reason });
                audit.log(&end.event);
            }
            Ok(())
        })
        .await?;
        self.observers.emit(|| FlowEvent::SessionEnded { session_id, reason });
        Ok(())
    }

    /// The end of all sessions of a user, as the store writes it.
    pub(super) fn end_of_all(
        &self,
        subject: Subject,
        kept: Option<SessionId>,
        reason: RevokeReason,
        device: &Device,
    ) -> EndAll {
        EndAll { kept, reason, event: self.audit.event(EventKind::TokenRevoked, subject, device, Some(reason)) }
    }

    /// Ends the sessions of the guard's user; returns how many ended.
    pub(super) async fn end_all(&self, guard: Guard, end: EndAll) -> Result<Result<u32, Stale>, AuthError> {
        let (store, revoked, audit) = (self.store.clone(), self.revoked.clone(), self.audit.clone());
        let ended = self.detached(async move {
            let ended = store.end_all_sessions(&guard, &end).await?;
            if let Ok(ended) = &ended {
                announce(&end, ended, &revoked, &audit);
            }
            Ok(ended)
        });
        Ok(ended.await?.map(|ended| self.ended(&ended)))
    }

    /// Reports the sessions that ended together; returns how many.
    pub(super) fn ended(&self, ended: &EndedAll) -> u32 {
        let reason = ended.revocation.reason;
        for &session_id in &ended.named {
            self.observers.emit(|| FlowEvent::SessionEnded { session_id, reason });
        }
        ended.count
    }
}
