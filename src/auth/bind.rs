//! Binding a session to its browser's device, and renewing the bound cookie (W3C DBSC). Both verify a proof by the device's key
//! first; then one write of the store decides ([`rule`]), so of several requests with one challenge one succeeds.

use super::binding::{
    BindingOutcome, Skipped,
    proof::{self, DeviceKey, NotProved},
    rule::{self, Binding},
    tags::BoundCookie,
};
use super::error::AuthError;
use super::model::device::Device;
use super::model::event::{EventKind, ReuseNotice};
use super::model::session::{Session, SessionId};
use super::observer::FlowEvent;
use super::service::AuthService;
use super::store::{BindingJudge, StoreError};
use super::token::refresh::Presented;

/// A session that is bound, and the cookie that says so for a while.
#[derive(Debug)]
pub struct Bound {
    pub session_id: SessionId,
    pub cookie: BoundCookie,
}

/// The answer to a browser that renews its bound cookie.
#[derive(Debug)]
pub enum Proved {
    /// A proof is needed, or another one: it must answer this challenge.
    Challenge {
        session_id: SessionId,
        challenge: String,
    },
    Renewed(Bound),
    /// There is nothing to prove any more: the browser forgets its binding.
    Ended,
}

/// How many proofs a session has seen.
fn proofs(session: &Session) -> u32 {
    session.binding.as_ref().map_or(0, |binding| binding.proofs)
}

impl AuthService {
    /// The challenge that goes with a sign-in; `None` where binding is off.
    pub(super) fn binding_challenge(&self, session: &Session) -> Option<String> {
        let rules = &self.rotation;
        rules.device_binding.then(|| rules.binding_key.challenge(session, 0, session.created_at))
    }

    /// Binds the session of a refresh token to the key of a proof that brings it along.
    ///
    /// # Errors
    ///
    /// [`AuthError::NotFound`] where binding is off, [`AuthError::NotProved`], [`AuthError::RefreshTokenInvalid`],
    /// [`AuthError::TooManyAttempts`].
    pub async fn bind(&self, presented: &Presented, proof: &str) -> Result<Bound, AuthError> {
        if !self.rotation.device_binding {
            return Err(AuthError::NotFound);
        }
        let bound = self.bind_to(presented, proof).await;
        let outcome = if bound.is_ok() { BindingOutcome::Bound } else { BindingOutcome::Refused };
        self.observers.emit(|| FlowEvent::Binding { outcome });
        bound
    }

    async fn bind_to(&self, presented: &Presented, proof: &str) -> Result<Bound, AuthError> {
        self.attempts.refresh(presented.session_id)?;
        let session = self.genuine(presented).await?.ok_or(AuthError::RefreshTokenInvalid)?;
        let (key, challenge) = proof::self_signed(proof).map_err(|_| AuthError::NotProved)?;
        let clock = self.rotation.clock.clone();
        let judge = self.judge(
            challenge,
            |_| 0,
            move |session, is_open| {
                let now = clock.now();
                let lives = session.standing().end(now).is_none();
                rule::registered(session.binding.as_ref(), &key, is_open && lives, now)
            },
        );
        self.write_binding(&session, judge).await?.ok_or(AuthError::NotProved)
    }

    /// Renews the bound cookie of a session for a proof by its device, or asks for one. `named` is the session that the browser
    /// means; it knows several when somebody signed in again. A good signature over another challenge is a race; it changes
    /// nothing. A proof by another key is told to the owner, and signs nobody out.
    ///
    /// # Errors
    ///
    /// [`AuthError::TooManyAttempts`], [`AuthError::Store`].
    pub async fn renew_binding(
        &self,
        presented: Option<&Presented>,
        named: Option<&str>,
        proof: Option<&str>,
        device: &Device,
    ) -> Result<Proved, AuthError> {
        let session = match presented {
            Some(presented) => self.genuine(presented).await?,
            None => None,
        };
        let now = self.clock.now();
        let is_meant = |session: &Session| named.is_none_or(|named| named == session.id.to_string());
        let lives = |session: &Session| session.standing().end(now).is_none();
        let session = session.filter(|session| is_meant(session) && lives(session));
        let Some((session, binding)) =
            session.as_ref().and_then(|session| session.binding.as_ref().map(|b| (session, b)))
        else {
            self.observers.emit(|| FlowEvent::Binding { outcome: BindingOutcome::Ended });
            return Ok(Proved::Ended);
        };
        self.attempts.refresh(session.id)?;
        let (outcome, bound) = match proof {
            None => (BindingOutcome::Challenged, None),
            Some(proof) => self.proved(session, binding, proof, device).await?,
        };
        self.observers.emit(|| FlowEvent::Binding { outcome });
        Ok(match bound {
            Some(bound) => Proved::Renewed(bound),
            None => {
                // A proof that was quicker has used up what was read before.
                let newer = match outcome {
                    BindingOutcome::Late => self.store.session(session.id).await?,
                    _ => None,
                };
                let session = newer.as_ref().unwrap_or(session);
                let challenge = self.rotation.binding_key.challenge(session, proofs(session), now);
                Proved::Challenge { session_id: session.id, challenge }
            }
        })
    }

    async fn proved(
        &self,
        session: &Session,
        binding: &Binding,
        proof: &str,
        device: &Device,
    ) -> Result<(BindingOutcome, Option<Bound>), AuthError> {
        let corrupt = || StoreError::Corrupt("the key of a binding".into());
        let key = DeviceKey::from_text(&binding.key).ok_or_else(corrupt)?;
        let challenge = match key.verify(proof) {
            Ok(challenge) => challenge,
            Err(NotProved::Malformed) => return Ok((BindingOutcome::Malformed, None)),
            Err(NotProved::WrongKey) => {
                self.tell_of_wrong_key(session, device).await?;
                return Ok((BindingOutcome::WrongKey, None));
            }
        };
        let judge = self
            .judge(challenge, proofs, move |session, is_open| rule::renewed(session.binding.as_ref(), &key, is_open));
        let bound = self.write_binding(session, judge).await?;
        Ok((if bound.is_some() { BindingOutcome::Renewed } else { BindingOutcome::Late }, bound))
    }

    /// The judge of a proof over this challenge, which is the one after so many proofs of the session as `before` says.
    fn judge(
        &self,
        challenge: String,
        before: fn(&Session) -> u32,
        decide: impl Fn(&Session, bool) -> Option<Binding> + Send + 'static,
    ) -> BindingJudge {
        let (key, clock) = (self.rotation.binding_key.clone(), self.rotation.clock.clone());
        Box::new(move |session| {
            let is_open = key.is_open(&challenge, session, before(session), clock.now());
            decide(session, is_open)
        })
    }

    /// Writes what the judge says; the cookie, if it says something.
    async fn write_binding(&self, session: &Session, judge: BindingJudge) -> Result<Option<Bound>, AuthError> {
        let (store, id) = (self.store.clone(), session.id);
        let written = self.detached(async move { store.bind(id, judge).await }).await?;
        Ok(written.map(|binding| Bound {
            session_id: id,
            cookie: self.rotation.binding_key.cookie(session, &binding, self.clock.now()),
        }))
    }

    /// Records that somebody with the refresh token has another key, once until the owner dismisses the notice.
    async fn tell_of_wrong_key(&self, session: &Session, device: &Device) -> Result<(), AuthError> {
        let event = self.audit.event(EventKind::DeviceKeyWrong, session.into(), device, None);
        let notice = ReuseNotice::of(session, &event);
        let (store, audit) = (self.store.clone(), self.audit.clone());
        self.detached(async move {
            if store.add_notice(&notice, &event).await? {
                audit.log(&event);
            }
            Ok(())
        })
        .await
    }

    /// Counts that a browser refreshes without having renewed its bound cookie, and why.
    pub fn skipped(&self, why: Skipped) {
        self.observers.emit(|| FlowEvent::BindingSkipped { why });
    }
}
