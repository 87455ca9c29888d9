//! The use cases, in the order a person meets them: register, log in, refresh, log out; [`super::account`] has those that
//! follow. Each reads what it needs, lets a pure rule decide, writes once, and tells who must know. A refusal that changes
//! state commits the change before it returns.

use std::{sync::Arc, time::Duration};

use uuid::Uuid;

use super::access_token::{AccessTokens, Refused, Verified};
use super::attempts::{Attempt, Attempts, Caller};
use super::error::AuthError;
use super::event::{EventKind, ReuseNotice, SecurityEvent};
use super::flow::{Flow, FlowEvent};
use super::keys::KeyRing;
use super::known_browser::KnownBrowser;
use super::password::{Password, PasswordHasher, Verification};
use super::password_rules::PasswordRules;
use super::random;
use super::refresh_token::{Presented, RefreshToken, RefreshTokenKey};
use super::revoked::{Revocation, RevokedSessions};
use super::rotation::{Advance, Decision, Ratchet, Ring, Rule, SessionEnd};
use super::secret::FingerprintKey;
use super::session::{Device, Salt, Session, SessionId};
use super::user::{Email, UserId, UserRecord};
use crate::api::auth::AccessToken;
use crate::api::error::RevokeReason;
use crate::clock::{Clock, Timestamp};
use crate::store::{CreateUser, Rotate, Store, StoreError, Swap};

/// How often a refresh that lost the race to another reads again and decides again.
const ATTEMPTS: usize = 8;

/// How long things live.
#[derive(Clone, Copy, Debug)]
pub struct Lifetimes {
    pub access: Duration,
    pub refresh_idle: Duration,
    pub refresh_absolute: Duration,
    pub refresh_grace: Duration,
}

/// Both tokens, on their way out.
#[derive(Debug)]
pub struct Grant {
    pub access_token: AccessToken,
    /// Seconds the access token lives.
    pub expires_in: u64,
    pub refresh_token: RefreshToken,
    /// What is left of the session, whichever limit ends first.
    pub refresh_lives: Duration,
    pub user_id: UserId,
    pub user_email: String,
    pub session_id: SessionId,
    /// After a sign-in: what lets this browser be known at the next one.
    pub known_browser: Option<KnownBrowser>,
}

/// Why a bearer token was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotAuthenticated {
    Refused(Refused),
    Revoked(RevokeReason),
}

pub struct AuthService {
    pub store: Arc<dyn Store>,
    pub clock: Arc<dyn Clock>,
    pub lifetimes: Lifetimes,
    pub password_rules: PasswordRules,
    pub passwords: PasswordHasher,
    pub access_tokens: AccessTokens,
    pub refresh_tokens: RefreshTokenKey,
    pub fingerprints: FingerprintKey,
    pub keys: KeyRing,
    pub revoked: Arc<RevokedSessions>,
    pub attempts: Attempts,
    pub rule: Rule,
    pub flow: Flow,
}

impl AuthService {
    pub async fn register(
        &self,
        email: &str,
        password: Password,
        device: Device,
        caller: &Caller,
        old: Option<Presented>,
    ) -> Result<Grant, AuthError> {
        let email = Email::parse(email)?;
        self.password_rules.long_enough(&password, "password")?;
        let attempt = self.attempts.register(caller).await?;
        let password_hash = match self.passwords.hash_new(password, email.as_str(), "password").await {
            Ok(hash) => hash,
            Err(error) => {
                self.attempts.not_made(&attempt).await?;
                return Err(error);
            }
        };
        let user = UserRecord {
            id: UserId(Uuid::now_v7()),
            email: email.as_str().to_owned(),
            password_hash,
            created_at: self.clock.now(),
            disabled_at: None,
        };
        match self.store.create_user(&user).await? {
            CreateUser::EmailTaken => return Err(AuthError::EmailTaken),
            CreateUser::Created => {}
        }
        self.record(EventKind::UserCreated, Some(user.id), None, &device, "").await?;
        let grant = self.open_session(user, device, old).await?;
        Ok(self.known(grant, &email, &attempt))
    }

    pub async fn login(
        &self,
        email: &str,
        password: Password,
        device: Device,
        caller: &Caller,
        old: Option<Presented>,
    ) -> Result<Grant, AuthError> {
        let email = Email::parse(email)?;
        password.not_oversized("password")?;
        let attempt = self.attempts.sign_in(&email, caller).await?;
        let user = self.store.user_by_email(email.as_str()).await?;
        let stored = user.as_ref().map(|user| user.password_hash.clone());
        let verified = self.verify(password, stored, &attempt).await?;
        match user {
            Some(user) if verified == Verification::Right && user.disabled_at.is_none() => {
                self.attempts.succeeded(&attempt).await?;
                let grant = self.open_session(user, device, old).await?;
                Ok(self.known(grant, &email, &attempt))
            }
            user => {
                self.record(EventKind::LoginFail, user.map(|user| user.id), None, &device, "").await?;
                Err(AuthError::InvalidCredentials)
            }
        }
    }

    pub async fn refresh(&self, presented: Presented, device: Device) -> Result<Grant, AuthError> {
        self.attempts.refresh(presented.session_id)?;
        self.take_turn(&presented, &device, false).await
    }

    /// One turn of the ratchet (`rotation`), with the row as the only judge between racers. With `entered`, that the
    /// password was entered now is part of the same swap.
    pub(super) async fn take_turn(
        &self,
        presented: &Presented,
        device: &Device,
        entered: bool,
    ) -> Result<Grant, AuthError> {
        for _ in 0..ATTEMPTS {
            let (mut session, advance, now) = self.judge(presented, device).await?;
            let (advance, idle_expires_at, last_used_at) = match advance {
                Some(advance) => (advance, now.plus(self.lifetimes.refresh_idle), now),
                // A racer turned it: it stays where it is, so that both answers carry the same token in any order.
                None if entered => (Advance::none(&session.ratchet), session.idle_expires_at, session.last_used_at),
                None => return self.grant(&session, session.ratchet.generation, session.idle_expires_at, now),
            };
            if entered {
                session.authenticated_at = now;
            }
            let generation = advance.next.generation;
            let rotate = Rotate {
                session_id: session.id,
                expected: advance.expected,
                next: advance.next,
                idle_expires_at,
                last_used_at,
                authenticated_at: entered.then_some(now),
            };
            let won = self.store.rotate(rotate).await? == Swap::Done;
            self.flow.tell(|| FlowEvent::Swapped { session_id: session.id, won });
            if won {
                return self.grant(&session, generation, idle_expires_at, now);
            }
        }
        Err(AuthError::Busy { retry_after: 1 })
    }

    /// What the ratchet says of a presented token: the turn to take, or none where a racer just took it. Where no token is
    /// to be issued, what follows from that is done.
    pub(super) async fn judge(
        &self,
        presented: &Presented,
        device: &Device,
    ) -> Result<(Session, Option<Advance>, Timestamp), AuthError> {
        let session = self.genuine(presented).await?.ok_or(AuthError::RefreshTokenInvalid)?;
        // After the read: time spent waiting for the store must not eat the racers' grace.
        let now = self.clock.now();
        let grace = self.lifetimes.refresh_grace;
        let decision = (self.rule)(&session.ratchet, &session.standing(), presented.generation, now, grace);
        self.flow.tell(|| FlowEvent::Decided {
            session: &session,
            presented: presented.generation,
            decision: &decision,
        });
        match decision {
            Decision::Rotate(advance) | Decision::ReKey(advance) => Ok((session, Some(advance), now)),
            Decision::Replay { .. } => Ok((session, None, now)),
            Decision::Ended(end) => Err(ended(&session, end)),
            Decision::Ahead => {
                self.alarm(EventKind::TokenAhead, &session, device).await?;
                Err(AuthError::RefreshTokenInvalid)
            }
            Decision::Reuse => {
                self.end(&session, RevokeReason::Reuse, EventKind::TokenReuse, device).await?;
                Err(AuthError::RefreshTokenReused)
            }
        }
    }

    /// Ends the presented session; ending one that is unknown or over is no error.
    pub async fn logout(&self, presented: Option<Presented>, device: &Device) -> Result<(), AuthError> {
        self.end_presented(presented, RevokeReason::Logout, device).await
    }

    /// Who sends this access token, by signature, claims and the set of ended sessions: no query.
    pub fn authenticate(&self, compact: &str) -> Result<Arc<Verified>, NotAuthenticated> {
        let verified = self.access_tokens.verify(&self.keys, compact, self.clock.now());
        let outcome = match verified {
            Err(refused) => Err(NotAuthenticated::Refused(refused)),
            Ok(verified) => match self.revoked.reason(&verified.session_id) {
                Some(reason) => Err(NotAuthenticated::Revoked(reason)),
                None => Ok(verified),
            },
        };
        self.flow.tell(|| FlowEvent::AccessChecked { outcome: outcome.as_deref().map_err(|refusal| *refusal) });
        outcome
    }

    /// Turns the signing keys now. Signs nobody out.
    pub async fn rotate_keys(&self) -> Result<bool, AuthError> {
        let turned = self.keys.rotate(&*self.store, self.clock.now()).await?;
        if turned {
            self.flow.tell(|| FlowEvent::KeysChanged);
            self.record(EventKind::KeysRotated, None, None, &Device::default(), "").await?;
        }
        Ok(turned)
    }

    /// Reads again which keys there are.
    pub async fn reload_keys(&self) -> Result<(), AuthError> {
        if self.keys.reload(&*self.store).await? {
            self.access_tokens.forget_verified();
        }
        Ok(())
    }

    /// Reads again which sessions ended within one access-token lifetime.
    pub async fn reload_revoked(&self) -> Result<(), AuthError> {
        let since = self.clock.now().minus(self.lifetimes.access);
        self.revoked.add_all(self.store.revoked_since(since).await?);
        Ok(())
    }

    async fn open_session(&self, user: UserRecord, device: Device, old: Option<Presented>) -> Result<Grant, AuthError> {
        self.end_presented(old, RevokeReason::Replaced, &device).await?;
        let now = self.clock.now();
        let session = Session {
            id: SessionId(random::bytes()),
            user_id: user.id,
            user_email: user.email,
            user_disabled: false,
            salt: Salt(random::bytes()),
            ratchet: Ratchet { generation: 0, parent: None, ring: Ring::default() },
            created_at: now,
            authenticated_at: now,
            last_used_at: now,
            idle_expires_at: now.plus(self.lifetimes.refresh_idle),
            absolute_expires_at: now.plus(self.lifetimes.refresh_absolute),
            revoked: None,
            device: device.as_str().to_owned(),
        };
        self.store.create_session(&session).await?;
        self.flow.tell(|| FlowEvent::SessionOpened { session: &session });
        self.record(EventKind::LoginSuccess, Some(user.id), Some(session.id), &device, "").await?;
        self.grant(&session, 0, session.idle_expires_at, now)
    }

    /// The session a token belongs to, if the token is bound to it.
    async fn genuine(&self, presented: &Presented) -> Result<Option<Session>, AuthError> {
        let session = self.store.session(presented.session_id).await?;
        Ok(session.filter(|session| self.refresh_tokens.is_bound(presented, &session.salt)))
    }

    fn grant(
        &self,
        session: &Session,
        generation: u32,
        idle_expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<Grant, AuthError> {
        let ends = idle_expires_at.min(session.absolute_expires_at);
        let (access_token, expires_in) = self.access_tokens.issue(
            &self.keys,
            session.user_id,
            session.id,
            session.authenticated_at,
            session.absolute_expires_at,
            now,
        )?;
        self.flow.tell(|| FlowEvent::Issued { session_id: session.id, generation });
        Ok(Grant {
            access_token,
            expires_in,
            refresh_token: self.refresh_tokens.token(session.id, &session.salt, generation),
            refresh_lives: Duration::from_millis(u64::try_from(ends.since(now)).unwrap_or(0)),
            user_id: session.user_id,
            user_email: session.user_email.clone(),
            session_id: session.id,
            known_browser: None,
        })
    }

    /// A grant for a browser that will be known from now on.
    fn known(&self, grant: Grant, email: &Email, attempt: &Attempt) -> Grant {
        let issue = || self.attempts.known_browsers.issue(email, attempt.browser, self.clock.now());
        Grant { known_browser: self.attempts.on.then(issue), ..grant }
    }

    /// Looks at the password of who is signed in already: counted before, and forgotten when it was right.
    pub(super) async fn verify_own(
        &self,
        user: &UserRecord,
        password: Password,
        attempt: Attempt,
    ) -> Result<Verification, AuthError> {
        let verified = self.verify(password, Some(user.password_hash.clone()), &attempt).await?;
        if verified == Verification::Right {
            self.attempts.succeeded(&attempt).await?;
        }
        Ok(verified)
    }

    /// Looks at a password that an attempt was counted for. One that could not be looked at was no attempt.
    async fn verify(
        &self,
        password: Password,
        stored: Option<String>,
        attempt: &Attempt,
    ) -> Result<Verification, AuthError> {
        let verified = self.passwords.verify(password, stored).await;
        match &verified {
            Ok(verified) => self.flow.tell(|| FlowEvent::PasswordChecked { right: *verified == Verification::Right }),
            Err(_) => self.attempts.not_made(attempt).await?,
        }
        verified
    }

    async fn end_presented(
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

    /// Revokes one session: in the store, then in this instance's memory; the store tells the other instances. For a reuse
    /// the owner's notice is written first: no crash ends the session without telling.
    pub(super) async fn end(
        &self,
        session: &Session,
        reason: RevokeReason,
        kind: EventKind,
        device: &Device,
    ) -> Result<(), AuthError> {
        let event = self.event(kind, Some(session.user_id), Some(session.id), device, reason.as_str());
        let (store, revoked, fingerprints) = (self.store.clone(), self.revoked.clone(), self.fingerprints.clone());
        let (id, at) = (session.id, event.at);
        let notice = (reason == RevokeReason::Reuse).then(|| ReuseNotice {
            session_id: id,
            user_id: session.user_id,
            at,
            device: event.device.clone(),
            session_device: session.device.clone(),
            session_created_at: session.created_at,
        });
        // Detached: a caller that goes away after the commit must not leave the access token alive, nor the event untold.
        let ending = tokio::spawn(async move {
            if let Some(notice) = notice {
                store.add_notice(&notice).await?;
            }
            if store.revoke_session(id, reason, at).await? {
                revoked.add(Revocation { session_id: id, at, reason });
                event.log(&fingerprints);
                store.append_event(&event).await?;
            }
            Ok::<_, StoreError>(())
        });
        ending.await.map_err(|_| AuthError::Internal("ending a session"))??;
        self.flow.tell(|| FlowEvent::SessionEnded { session_id: id, reason });
        Ok(())
    }

    pub(super) async fn end_all(
        &self,
        user_id: UserId,
        except: Option<SessionId>,
        reason: RevokeReason,
        device: &Device,
    ) -> Result<u32, AuthError> {
        let event = self.event(EventKind::TokenRevoked, Some(user_id), None, device, reason.as_str());
        let (store, revoked, fingerprints) = (self.store.clone(), self.revoked.clone(), self.fingerprints.clone());
        let ending = tokio::spawn(async move {
            let at = event.at;
            let ended = store.revoke_sessions_of_user(user_id, except, reason, at).await?;
            revoked.add_all(ended.iter().map(|&session_id| Revocation { session_id, at, reason }));
            for &session_id in &ended {
                let event = SecurityEvent { session_id: Some(session_id), ..event.clone() };
                event.log(&fingerprints);
                store.append_event(&event).await?;
            }
            Ok::<_, StoreError>(ended)
        });
        let ended = ending.await.map_err(|_| AuthError::Internal("ending sessions"))??;
        for &session_id in &ended {
            self.flow.tell(|| FlowEvent::SessionEnded { session_id, reason });
        }
        Ok(u32::try_from(ended.len()).unwrap_or(u32::MAX))
    }

    async fn alarm(&self, kind: EventKind, session: &Session, device: &Device) -> Result<(), AuthError> {
        self.record(kind, Some(session.user_id), Some(session.id), device, "").await
    }

    pub(super) async fn record(
        &self,
        kind: EventKind,
        user_id: Option<UserId>,
        session_id: Option<SessionId>,
        device: &Device,
        detail: &str,
    ) -> Result<(), AuthError> {
        let event = self.event(kind, user_id, session_id, device, detail);
        event.log(&self.fingerprints);
        Ok(self.store.append_event(&event).await?)
    }

    fn event(
        &self,
        kind: EventKind,
        user_id: Option<UserId>,
        session_id: Option<SessionId>,
        device: &Device,
        detail: &str,
    ) -> SecurityEvent {
        let (device, detail) = (device.as_str().to_owned(), detail.to_owned());
        SecurityEvent { at: self.clock.now(), kind, user_id, session_id, device, detail }
    }
}

fn ended(session: &Session, end: SessionEnd) -> AuthError {
    AuthError::SessionEnded(end, session.revoked.map(|revoked| revoked.reason))
}
