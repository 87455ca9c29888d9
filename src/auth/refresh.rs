//! Refresh token rotation (RFC 9700 section 4.14). The store shows the session's row to a judge and writes what it says, in one
//! transaction. The judge is pure but for the clock: it checks the inner tag, asks the rotation rule
//! ([`rotation`](super::token::rotation)), and lets through the door who may pass it ([`rule`]).

use std::sync::Arc;

use super::binding::{
    rule::{self, Admitted},
    tags::BindingKey,
};
use super::error::AuthError;
use super::model::device::Device;
use super::model::event::{EventKind, SecurityEvent};
use super::model::session::Session;
use super::observer::FlowEvent;
use super::report_order::ReportTurn;
use super::service::{AuthService, Grant, Lifetimes};
use super::store::{Guard, Judge, Judged, Rotate};
use super::token::{
    issuer::TokenIssuer,
    policy::RotationPolicy,
    refresh::Presented,
    rotation::{Decision, SessionEnd},
};
use crate::clock::{Clock, Timestamp};
use crate::protocol::session::RevokeReason;

/// Whether the user entered the password for this rotation (the `auth_time` claim).
#[derive(Clone, Copy)]
pub(super) enum Authentication {
    /// A refresh: `auth_time` stays.
    Unchanged,
    /// A step-up: `auth_time` becomes now, in the same write.
    Renewed,
}

/// What the judge needs, apart from the row.
pub(super) struct RotationRules {
    pub tokens: Arc<TokenIssuer>,
    pub clock: Arc<dyn Clock>,
    pub lifetimes: Lifetimes,
    pub policy: RotationPolicy,
    pub binding_key: Arc<BindingKey>,
    /// Whether a session that is bound to a device refreshes with its bound cookie alone.
    pub device_binding: bool,
}

impl RotationRules {
    /// The judge of one presented token.
    fn judge(
        self: &Arc<Self>,
        presented: &Presented,
        authentication: Authentication,
        turn: &ReportTurn,
    ) -> Box<dyn Judge> {
        Box::new(OnePresented { rules: self.clone(), presented: *presented, authentication, turn: turn.clone() })
    }

    fn judged(&self, session: Session, presented: &Presented, authentication: Authentication) -> Judged {
        // The clock is read after the row: time spent waiting for the store must not use up the grace.
        let now = self.clock.now();
        if !self.tokens.refresh.is_bound(presented, &session.salt) {
            return Judged { session, now, decision: None, write: None, tokens: None };
        }
        let grace = self.lifetimes.refresh_grace;
        let decision = self.policy.rule()(&session.rotation, &session.standing(), presented.generation, now, grace);
        let decision = rule::admitted(decision, self.passes(&session, presented, now));
        let authenticated_at = match authentication {
            Authentication::Unchanged => None,
            Authentication::Renewed => Some(now),
        };
        let write = match (&decision, authentication) {
            (Admitted::Decided(Decision::Rotate(rotation) | Decision::ReKey(rotation)), _) => Some(Rotate {
                next: rotation.next.clone(),
                idle_expires_at: now.plus(self.lifetimes.refresh_idle),
                last_used_at: now,
                authenticated_at,
            }),
            // Tab 1 refreshes with token A and gets B. Tab 2 sends A with the password while A is in its grace: it gets B
            // too. Only `auth_time` is written, so the cookie is right whichever response arrives last.
            (Admitted::Decided(Decision::Replay { .. }), Authentication::Renewed) => Some(Rotate {
                next: session.rotation.clone(),
                idle_expires_at: session.idle_expires_at,
                last_used_at: session.last_used_at,
                authenticated_at,
            }),
            _ => None,
        };
        Judged { session, now, decision: Some(decision), write, tokens: None }
    }

    /// Whether the caller passes the door of a session that is bound to a device.
    fn passes(&self, session: &Session, presented: &Presented, now: Timestamp) -> bool {
        let binding = session.binding.as_ref();
        let has_good_cookie = || {
            binding
                .zip(presented.bound_cookie())
                .is_some_and(|(binding, cookie)| self.binding_key.is_good(cookie, session, binding, now))
        };
        !self.device_binding || rule::needs_no_cookie(binding, now) || has_good_cookie()
    }
}

/// The judge of one presented token. A signature takes as long as a small commit waits for the disk, so tokens are made
/// meanwhile. They leave with the commit alone, and are forgotten without it.
struct OnePresented {
    rules: Arc<RotationRules>,
    presented: Presented,
    authentication: Authentication,
    turn: ReportTurn,
}

impl Judge for OnePresented {
    fn judge(&mut self, session: Session) -> Judged {
        self.turn.decided(session.id);
        self.rules.judged(session, &self.presented, self.authentication)
    }

    fn prepare(&mut self, judged: &mut Judged) {
        // A step-up changes `auth_time` in the same write: its token is made from the session as it then is.
        let (Some(Admitted::Decided(decision)), Authentication::Unchanged) = (&judged.decision, self.authentication)
        else {
            return;
        };
        let generation = match decision {
            Decision::Rotate(rotation) | Decision::ReKey(rotation) => rotation.next.generation,
            Decision::Replay { generation } => *generation,
            Decision::Ended(_) | Decision::Ahead | Decision::Reuse => return,
        };
        judged.tokens = self.rules.tokens.issue(&judged.session, generation, judged.now).ok();
    }
}

impl AuthService {
    /// Rotates the refresh token and issues a new access token.
    ///
    /// # Errors
    ///
    /// [`AuthError::RefreshTokenInvalid`], [`AuthError::SessionEnded`], [`AuthError::RefreshTokenReused`] (the revocation is
    /// committed), [`AuthError::Unbound`], [`AuthError::ProofRequired`], [`AuthError::TooManyAttempts`].
    pub async fn refresh(&self, presented: Presented, device: Device) -> Result<Grant, AuthError> {
        self.attempts.refresh(presented.session_id)?;
        let turn = self.observers.turn();
        let judge = self.rotation.judge(&presented, Authentication::Unchanged, &turn);
        let judged = self.store.rotate(presented.session_id, judge).await?;
        let _turn = turn.comes().await;
        self.grant_rotated(judged, &presented, &device).await
    }

    /// The same, together with a new `auth_time`, if what the guard relies on still holds. `session` is the one that the token
    /// belongs to.
    pub(super) async fn renew(
        &self,
        presented: &Presented,
        guard: Guard,
        session: &Session,
        device: &Device,
    ) -> Result<Grant, AuthError> {
        let event = self.audit.event(EventKind::Reauthenticated, session.into(), device, None);
        let turn = self.observers.turn();
        let judge = self.rotation.judge(presented, Authentication::Renewed, &turn);
        let judged = self.write_renewal(guard, presented, judge, event).await?;
        let _turn = turn.comes().await;
        self.grant_rotated(judged, presented, device).await
    }

    async fn write_renewal(
        &self,
        guard: Guard,
        presented: &Presented,
        judge: Box<dyn Judge>,
        event: SecurityEvent,
    ) -> Result<Option<Judged>, AuthError> {
        let (store, audit, id) = (self.store.clone(), self.audit.clone(), presented.session_id);
        let judged = self.detached(async move {
            let judged = store.rotate_guarded(&guard, id, judge, &event).await?;
            if matches!(&judged, Ok(Some(Judged { write: Some(_), .. }))) {
                audit.log(&event);
            }
            Ok(judged)
        });
        Ok(judged.await??)
    }

    /// Applies the rotation rule to a presented token and writes nothing, except what a reuse calls for.
    ///
    /// # Errors
    ///
    /// Those of [`AuthService::refresh`], except throttling.
    pub(super) async fn evaluate(&self, presented: &Presented, device: &Device) -> Result<Session, AuthError> {
        let session = self.store.session(presented.session_id).await?;
        let judged = session.map(|session| self.rotation.judged(session, presented, Authentication::Unchanged));
        Ok(self.accepted(judged, presented, device).await?.session)
    }

    /// What the judge accepted. Replay detection commits the revocation before this returns.
    async fn accepted(
        &self,
        judged: Option<Judged>,
        presented: &Presented,
        device: &Device,
    ) -> Result<Judged, AuthError> {
        let mut judged = judged.ok_or(AuthError::RefreshTokenInvalid)?;
        let admitted = judged.decision.take().ok_or(AuthError::RefreshTokenInvalid)?;
        let session = &judged.session;
        let (presented, may_prove_later) = (presented.generation, presented.may_prove_later());
        let decision = match admitted {
            Admitted::Decided(decision) => decision,
            // Not an alarm: a browser that cannot reach its key looks the same.
            Admitted::Unbound => {
                self.observers.emit(|| FlowEvent::Unbound { session, presented });
                return Err(if may_prove_later { AuthError::ProofRequired } else { AuthError::Unbound });
            }
        };
        self.observers.emit(|| FlowEvent::Decided { session, presented, decision: &decision });
        match decision {
            Decision::Rotate(_) | Decision::ReKey(_) | Decision::Replay { .. } => Ok(judged),
            Decision::Ended(end) => Err(ended(session, end)),
            // The tag is genuine, so this server issued the token, but the row has never reached that generation: the
            // database was restored from a backup. It is not a theft, so nothing is revoked.
            Decision::Ahead => {
                self.audit.record(EventKind::TokenAhead, session, device).await?;
                Err(AuthError::RefreshTokenInvalid)
            }
            // The user and a thief hold copies of the session's tokens, and the server cannot tell them apart: both lose it.
            Decision::Reuse => {
                self.end(session, RevokeReason::Reuse, EventKind::TokenReuse, device).await?;
                Err(AuthError::RefreshTokenReused)
            }
        }
    }

    /// Issues the tokens of a rotation, if the judge accepted it. One that wrote nothing gets the newest refresh token again: two
    /// tabs wake up and both send token A; the first rotates A to B, the second gets B as well.
    async fn grant_rotated(
        &self,
        judged: Option<Judged>,
        presented: &Presented,
        device: &Device,
    ) -> Result<Grant, AuthError> {
        let Judged { mut session, now, write, tokens, .. } = self.accepted(judged, presented, device).await?;
        if let Some(write) = write {
            self.observers.emit(|| FlowEvent::Rotated { session_id: session.id });
            session.rotation = write.next;
            session.idle_expires_at = write.idle_expires_at;
            session.authenticated_at = write.authenticated_at.unwrap_or(session.authenticated_at);
        }
        self.grant(&session, tokens, now)
    }
}

fn ended(session: &Session, end: SessionEnd) -> AuthError {
    AuthError::SessionEnded(end, session.revoked.map(|revoked| revoked.reason))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::auth::model::{secret::ServerSecret, session::Revoked};
    use crate::auth::token::{
        access::{
            AccessTokens,
            tests::{NOW, session},
        },
        issuer::TokenPair,
        key_ring::tests::ring,
        refresh::RefreshTokenKey,
        rotation::{RecentlySuperseded, RotationState, Superseded},
    };
    use crate::clock::ManualClock;

    const NEWEST: u32 = 5;
    const MINUTE: Duration = Duration::from_secs(60);

    /// At this time after the newest was issued.
    fn rules(later: Duration) -> Arc<RotationRules> {
        let secret = ServerSecret::new([7; 32]);
        let tokens = TokenIssuer {
            access: AccessTokens::new("https://app.example", MINUTE, 0),
            keys: ring(),
            refresh: RefreshTokenKey::new(&secret),
        };
        Arc::new(RotationRules {
            tokens: Arc::new(tokens),
            clock: Arc::new(ManualClock::at(NOW.plus(later))),
            lifetimes: Lifetimes {
                access: MINUTE,
                refresh_idle: MINUTE,
                refresh_absolute: MINUTE,
                refresh_grace: Duration::from_secs(10),
            },
            policy: RotationPolicy::default(),
            binding_key: Arc::new(BindingKey::new(&secret)),
            device_binding: false,
        })
    }

    /// A session whose newest generation was issued at `NOW`.
    fn rotated() -> Session {
        let mut recently_superseded = RecentlySuperseded::default();
        recently_superseded.push(Superseded { generation: NEWEST - 1, at: NOW });
        let rotation = RotationState { generation: NEWEST, parent: Some(NEWEST - 1), recently_superseded };
        Session { rotation, ..session(MINUTE * 10) }
    }

    /// What is prepared for a generation that is presented this long after the newest was issued.
    fn prepared(
        session: &Session,
        presented: u32,
        later: Duration,
        authentication: Authentication,
    ) -> Option<TokenPair> {
        let rules = rules(later);
        let token = rules.tokens.refresh.token(session.id, &session.salt, presented);
        let presented = rules.tokens.refresh.open(token.reveal()).unwrap();
        let mut judge = rules.judge(&presented, authentication, &ReportTurn::default());
        let mut judged = judge.judge(session.clone());
        judge.prepare(&mut judged);
        let verified = judged
            .tokens
            .as_ref()
            .map(|pair| rules.tokens.access.verify(&rules.tokens.keys, pair.access.reveal(), NOW.plus(later)).unwrap());
        if let Some(verified) = verified {
            assert_eq!((verified.session_id, verified.auth_time), (session.id, session.authenticated_at));
            assert_eq!(verified.issued_at, NOW.plus(later));
        }
        judged.tokens
    }

    #[test]
    fn only_what_is_accepted_is_prepared_and_with_the_generation_that_it_gets() {
        let (at_once, late) = (Duration::ZERO, MINUTE / 2);
        let generation = |presented, later| {
            let pair = prepared(&rotated(), presented, later, Authentication::Unchanged)?;
            Some(rules(later).tokens.refresh.open(pair.refresh.reveal()).unwrap().generation)
        };
        assert_eq!(generation(NEWEST, at_once), Some(NEWEST + 1), "rotate");
        assert_eq!(generation(NEWEST - 1, at_once), Some(NEWEST), "replay");
        assert_eq!(generation(NEWEST - 1, late), Some(NEWEST + 1), "re-key");
        assert_eq!(generation(NEWEST - 2, at_once), None, "reuse");
        assert_eq!(generation(NEWEST + 1, at_once), None, "ahead");
        let revoked = Some(Revoked { at: NOW, reason: RevokeReason::Logout });
        let ended = Session { revoked, ..rotated() };
        assert!(prepared(&ended, NEWEST, at_once, Authentication::Unchanged).is_none());
    }

    #[test]
    fn the_new_time_of_a_step_up_is_not_overlooked() {
        assert!(prepared(&rotated(), NEWEST, Duration::ZERO, Authentication::Renewed).is_none());
    }
}
