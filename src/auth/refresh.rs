//! Refresh token rotation (RFC 9700 section 4.14). A pure rule decides ([`rotation`](super::token::rotation)), a
//! compare-and-swap on the generation writes (optimistic concurrency), and a request that loses the swap reads and decides
//! again.

use super::error::AuthError;
use super::model::device::Device;
use super::model::event::EventKind;
use super::model::session::Session;
use super::observer::FlowEvent;
use super::service::{AuthService, Grant};
use super::store::{Guard, Rotate, Swap};
use super::token::{
    refresh::Presented,
    rotation::{Decision, Rotation, SessionEnd},
};
use crate::clock::Timestamp;
use crate::protocol::session::RevokeReason;

/// How many times the compare-and-swap is tried.
const SWAP_TRIES: usize = 8;

/// Whether the user entered the password for this rotation (the `auth_time` claim).
#[derive(Clone, Copy)]
pub(super) enum Authentication<'a> {
    /// A refresh: `auth_time` stays.
    Unchanged,
    /// A step-up: `auth_time` becomes now, in the same swap, if what the guard relies on still holds.
    Renewed(&'a Guard),
}

/// A genuine refresh token that the rule accepted, with the row the decision is based on.
pub(super) struct Accepted {
    pub session: Session,
    /// The time of the decision.
    pub now: Timestamp,
    next: NextStep,
}

/// The write that an accepted token asks for.
enum NextStep {
    /// Write this rotation and issue its token.
    Rotate(Rotation),
    /// Issue the newest token again and write nothing.
    Replay,
}

impl AuthService {
    /// Rotates the refresh token and issues a new access token.
    ///
    /// # Errors
    ///
    /// [`AuthError::RefreshTokenInvalid`], [`AuthError::SessionEnded`], [`AuthError::RefreshTokenReused`] (the revocation is
    /// committed), [`AuthError::TooManyAttempts`], [`AuthError::Busy`].
    pub async fn refresh(&self, presented: Presented, device: Device) -> Result<Grant, AuthError> {
        self.attempts.refresh(presented.session_id)?;
        self.rotate(&presented, &device, Authentication::Unchanged).await
    }

    /// The compare-and-swap loop. Concurrent requests hold no lock; the session's row decides which of them wins.
    pub(super) async fn rotate(
        &self,
        presented: &Presented,
        device: &Device,
        authentication: Authentication<'_>,
    ) -> Result<Grant, AuthError> {
        for _ in 0..SWAP_TRIES {
            let Accepted { mut session, now, next } = self.evaluate(presented, device).await?;
            let (rotation, idle_expires_at, last_used_at) = match (next, authentication) {
                (NextStep::Rotate(rotation), _) => (rotation, now.plus(self.lifetimes.refresh_idle), now),
                // Tab 1 refreshes with token A and gets B. Tab 2 sends A with the password while A is in its grace: it gets B
                // too. Only `auth_time` is written, so the cookie is right whichever response arrives last.
                (NextStep::Replay, Authentication::Renewed(_)) => {
                    (Rotation::none(&session.rotation), session.idle_expires_at, session.last_used_at)
                }
                // Two tabs wake up and both send token A. The first rotates A to B; the second gets B as well.
                (NextStep::Replay, Authentication::Unchanged) => {
                    return self.grant(&session, session.rotation.generation, session.idle_expires_at, now);
                }
            };
            let authenticated_at = match authentication {
                Authentication::Unchanged => None,
                Authentication::Renewed(_) => Some(now),
            };
            session.authenticated_at = authenticated_at.unwrap_or(session.authenticated_at);
            let generation = rotation.next.generation;
            let write = Rotate {
                session_id: session.id,
                expected: rotation.expected,
                next: rotation.next,
                idle_expires_at,
                last_used_at,
                authenticated_at,
            };
            let won = match authentication {
                Authentication::Unchanged => self.store.rotate(write).await?,
                Authentication::Renewed(guard) => self.renew(guard, write, &session, device).await?,
            } == Swap::Done;
            self.observers.emit(|| FlowEvent::Swapped { session_id: session.id, won });
            // Otherwise a concurrent request rotated or revoked the session after our read: decide again by the new row.
            if won {
                return self.grant(&session, generation, idle_expires_at, now);
            }
        }
        Err(AuthError::Busy { retry_after: 1 })
    }

    /// Writes a rotation that a verified password renews, together with its event.
    async fn renew(&self, guard: &Guard, write: Rotate, session: &Session, device: &Device) -> Result<Swap, AuthError> {
        let event = self.audit.event(EventKind::Reauthenticated, session.into(), device, None);
        let (store, audit, guard) = (self.store.clone(), self.audit.clone(), guard.clone());
        let swapped = self.detached(async move {
            let swapped = store.rotate_guarded(&guard, write, &event).await?;
            if swapped == Ok(Swap::Done) {
                audit.log(&event);
            }
            Ok(swapped)
        });
        Ok(swapped.await??)
    }

    /// Applies the rotation rule to a presented token. Replay detection commits the revocation before this returns.
    ///
    /// # Errors
    ///
    /// Those of [`AuthService::refresh`], except throttling.
    pub(super) async fn evaluate(&self, presented: &Presented, device: &Device) -> Result<Accepted, AuthError> {
        let session = self.genuine(presented).await?.ok_or(AuthError::RefreshTokenInvalid)?;
        // The clock is read after the row: time spent waiting for the store must not use up the grace.
        let now = self.clock.now();
        let grace = self.lifetimes.refresh_grace;
        let decision = self.policy.rule()(&session.rotation, &session.standing(), presented.generation, now, grace);
        self.observers.emit(|| FlowEvent::Decided {
            session: &session,
            presented: presented.generation,
            decision: &decision,
        });
        let next = match decision {
            Decision::Rotate(rotation) | Decision::ReKey(rotation) => NextStep::Rotate(rotation),
            Decision::Replay { .. } => NextStep::Replay,
            Decision::Ended(end) => return Err(ended(&session, end)),
            // The tag is genuine, so this server issued the token, but the row has never reached that generation: the
            // database was restored from a backup. It is not a theft, so nothing is revoked.
            Decision::Ahead => {
                self.audit.record(EventKind::TokenAhead, &session, device).await?;
                return Err(AuthError::RefreshTokenInvalid);
            }
            // The user and a thief hold copies of the session's tokens, and the server cannot tell them apart: both lose it.
            Decision::Reuse => {
                self.end(&session, RevokeReason::Reuse, EventKind::TokenReuse, device).await?;
                return Err(AuthError::RefreshTokenReused);
            }
        };
        Ok(Accepted { session, now, next })
    }
}

fn ended(session: &Session, end: SessionEnd) -> AuthError {
    AuthError::SessionEnded(end, session.revoked.map(|revoked| revoked.reason))
}
