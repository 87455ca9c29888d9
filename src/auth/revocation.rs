//! Revocation: log out, end one session, end all sessions of a user. Each runs in a detached task (cancellation safety): when
//! the client disconnects after the commit, the in-memory revocation list and the audit log are still updated.

use tracing::Instrument as _;

use super::audit::Subject;
use super::error::AuthError;
use super::model::device::Device;
use super::model::event::{EventKind, ReuseNotice, SecurityEvent};
use super::model::session::{Session, SessionId};
use super::model::user::UserId;
use super::observer::FlowEvent;
use super::service::AuthService;
use super::store::StoreError;
use super::token::{refresh::Presented, revoked::Revocation};
use crate::protocol::session::RevokeReason;

impl AuthService {
    /// Ends the session of the presented refresh token; a superseded token will do. Idempotent: no token, an unknown session
    /// and an ended one all succeed.
    ///
    /// # Errors
    ///
    /// [`AuthError::Store`].
    pub async fn logout(&self, presented: Option<Presented>, device: &Device) -> Result<(), AuthError> {
        self.end_presented(presented, RevokeReason::Logout, device).await
    }

    /// Reloads the sessions that ended within one access-token lifetime.
    pub(super) async fn reload_revoked(&self) -> Result<(), AuthError> {
        let since = self.clock.now().minus(self.lifetimes.access);
        self.revoked.add_all(self.store.revoked_since(since).await?);
        Ok(())
    }

    pub(super) async fn end_presented(
        &self,
        presented: Option<Presented>,
        reason: RevokeReason,
        device: &Device,
    ) -> Result<(), AuthError> {
        let Some(presented) = presented else { return Ok(()) };
        match self.genuine(&presented).await? {
            Some(session) => self.end(&session, reason, EventKind::TokenRevoked, device).await,
            None => Ok(()),
        }
    }

    /// Revokes one session: first in the store, which notifies the other instances, then in this instance's memory. For
    /// reuse, the owner's notice is written first, so a crash in between cannot lose the alarm.
    pub(super) async fn end(
        &self,
        session: &Session,
        reason: RevokeReason,
        kind: EventKind,
        device: &Device,
    ) -> Result<(), AuthError> {
        let event = self.audit.event(kind, session.into(), device, Some(reason));
        let (store, revoked, audit) = (self.store.clone(), self.revoked.clone(), self.audit.clone());
        let (id, at) = (session.id, event.at);
        let notice = (reason == RevokeReason::Reuse).then(|| ReuseNotice {
            session_id: id,
            user_id: session.user_id,
            at,
            device: event.device.clone(),
            session_device: session.device.clone(),
            session_created_at: session.created_at,
        });
        detached(async move {
            if let Some(notice) = notice {
                store.add_notice(&notice).await?;
            }
            if store.revoke_session(id, reason, at).await? {
                revoked.add(Revocation { session_id: id, at, reason });
                audit.append(&event).await?;
            }
            Ok(())
        })
        .await?;
        self.observers.emit(|| FlowEvent::SessionEnded { session_id: id, reason });
        Ok(())
    }

    /// Revokes all sessions of a user except `except`; returns how many ended.
    pub(super) async fn end_all(
        &self,
        user_id: UserId,
        except: Option<SessionId>,
        reason: RevokeReason,
        device: &Device,
    ) -> Result<u32, AuthError> {
        let event = self.audit.event(EventKind::TokenRevoked, Subject::User(user_id), device, Some(reason));
        let (store, revoked, audit) = (self.store.clone(), self.revoked.clone(), self.audit.clone());
        let ended = detached(async move {
            let at = event.at;
            let ended = store.revoke_sessions_of_user(user_id, except, reason, at).await?;
            revoked.add_all(ended.iter().map(|&session_id| Revocation { session_id, at, reason }));
            for &session_id in &ended {
                audit.append(&SecurityEvent { session_id: Some(session_id), ..event.clone() }).await?;
            }
            Ok(ended)
        })
        .await?;
        for &session_id in &ended {
            self.observers.emit(|| FlowEvent::SessionEnded { session_id, reason });
        }
        Ok(u32::try_from(ended.len()).unwrap_or(u32::MAX))
    }
}

/// Runs `work` to completion even when the caller's future is dropped.
async fn detached<T: Send + 'static>(
    work: impl Future<Output = Result<T, StoreError>> + Send + 'static,
) -> Result<T, AuthError> {
    let task = tokio::spawn(work.in_current_span());
    Ok(task.await.map_err(|_| AuthError::Internal("a detached task panicked"))??)
}
