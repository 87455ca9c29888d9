//! The use cases, in the order a person meets them: register, log in, refresh, log out, and then the account. Each reads
//! what it needs, lets a pure rule decide, writes once, and tells who must know. A refusal that changes state commits the
//! change before it returns.

use std::{sync::Arc, time::Duration};

use uuid::Uuid;

use super::access_token::{AccessTokens, Refused, Verified};
use super::attempts::{Attempt, Attempts, Caller};
use super::error::AuthError;
use super::event::{EventKind, SecurityEvent};
use super::keys::KeyRing;
use super::known_browser::KnownBrowser;
use super::password::{Password, PasswordHasher, Verification};
use super::random;
use super::refresh_token::{Presented, RefreshToken, RefreshTokenKey};
use super::revoked::{Revocation, RevokedSessions};
use super::rotation::{self, Advance, Decision, Ratchet, Ring, SessionEnd};
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
    pub passwords: PasswordHasher,
    pub access_tokens: AccessTokens,
    pub refresh_tokens: RefreshTokenKey,
    pub fingerprints: FingerprintKey,
    pub keys: KeyRing,
    pub revoked: Arc<RevokedSessions>,
    pub attempts: Attempts,
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
        password.acceptable("password")?;
        let attempt = self.attempts.register(caller).await?;
        let password_hash = match self.passwords.hash(password).await {
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

    /// One turn of the ratchet (`rotation`), with the row as the only judge between racers.
    pub async fn refresh(&self, presented: Presented, device: Device) -> Result<Grant, AuthError> {
        self.attempts.refresh(presented.session_id)?;
        for _ in 0..ATTEMPTS {
            let session = self.genuine(&presented).await?.ok_or(AuthError::RefreshTokenInvalid)?;
            // After the read: time spent waiting for the store must not eat the racers' grace.
            let now = self.clock.now();
            let grace = self.lifetimes.refresh_grace;
            match rotation::decide(&session.ratchet, &session.standing(), presented.generation, now, grace) {
                Decision::Rotate(advance) | Decision::ReKey(advance) => {
                    let idle_expires_at = now.plus(self.lifetimes.refresh_idle);
                    let generation = advance.next.generation;
                    if self.turn(&session, advance, idle_expires_at, now).await? == Swap::Done {
                        return self.grant(&session, generation, idle_expires_at, now);
                    }
                }
                Decision::Replay { generation } => {
                    return self.grant(&session, generation, session.idle_expires_at, now);
                }
                Decision::Ended(end) => return Err(ended(&session, end)),
                Decision::Ahead => {
                    self.alarm(EventKind::TokenAhead, &session, &device).await?;
                    return Err(AuthError::RefreshTokenInvalid);
                }
                Decision::Reuse => {
                    self.end(&session, RevokeReason::Reuse, EventKind::TokenReuse, &device).await?;
                    return Err(AuthError::RefreshTokenReused);
                }
            }
        }
        Err(AuthError::Busy { retry_after: 1 })
    }

    /// Ends the presented session; ending one that is unknown or over is no error.
    pub async fn logout(&self, presented: Option<Presented>) -> Result<(), AuthError> {
        self.end_presented(presented, RevokeReason::Logout).await
    }

    /// Who sends this access token, by signature, claims and the set of ended sessions: no query.
    pub fn authenticate(&self, compact: &str) -> Result<Arc<Verified>, NotAuthenticated> {
        let verified =
            self.access_tokens.verify(&self.keys, compact, self.clock.now()).map_err(NotAuthenticated::Refused)?;
        match self.revoked.reason(&verified.session_id) {
            Some(reason) => Err(NotAuthenticated::Revoked(reason)),
            None => Ok(verified),
        }
    }

    /// The sessions that could still refresh.
    pub async fn sessions(&self, user_id: UserId) -> Result<Vec<Session>, AuthError> {
        let now = self.clock.now();
        let mut sessions = self.store.sessions_of_user(user_id).await?;
        sessions.retain(|session| {
            session.revoked.is_none() && now < session.idle_expires_at && now < session.absolute_expires_at
        });
        Ok(sessions)
    }

    pub async fn revoke_session(&self, user_id: UserId, id: &str) -> Result<(), AuthError> {
        let id = SessionId::parse(id).ok_or(AuthError::NotFound)?;
        let session = self.store.session(id).await?.filter(|session| session.user_id == user_id);
        let session = session.ok_or(AuthError::NotFound)?;
        self.end(&session, RevokeReason::SignedOutElsewhere, EventKind::TokenRevoked, &Device::default()).await
    }

    pub async fn revoke_other_sessions(&self, user_id: UserId, current: SessionId) -> Result<u32, AuthError> {
        self.end_all(user_id, Some(current), RevokeReason::SignedOutElsewhere).await
    }

    pub async fn change_password(
        &self,
        user_id: UserId,
        current: SessionId,
        old: Password,
        new: Password,
    ) -> Result<u32, AuthError> {
        new.acceptable("new_password")?;
        self.confirm_password(user_id, old, "current_password").await?;
        let hash = self.passwords.hash(new).await?;
        self.store.set_password(user_id, &hash).await?;
        self.record(EventKind::PasswordChange, Some(user_id), Some(current), &Device::default(), "").await?;
        self.end_all(user_id, Some(current), RevokeReason::PasswordChanged).await
    }

    pub async fn delete_account(&self, user_id: UserId, password: Password) -> Result<(), AuthError> {
        self.confirm_password(user_id, password, "password").await?;
        self.end_all(user_id, None, RevokeReason::AccountDeleted).await?;
        self.store.delete_user(user_id).await?;
        self.record(EventKind::UserDeleted, None, None, &Device::default(), "").await
    }

    /// Disables an account: no new sign-in, and every session ends with its access tokens.
    pub async fn disable_user(&self, email: &str) -> Result<u32, AuthError> {
        let user = self.known_user(email).await?;
        self.store.set_disabled(user.id, Some(self.clock.now())).await?;
        self.end_all(user.id, None, RevokeReason::AccountDisabled).await
    }

    pub async fn enable_user(&self, email: &str) -> Result<(), AuthError> {
        let user = self.known_user(email).await?;
        Ok(self.store.set_disabled(user.id, None).await?)
    }

    async fn known_user(&self, email: &str) -> Result<UserRecord, AuthError> {
        self.store.user_by_email(Email::parse(email)?.as_str()).await?.ok_or(AuthError::NotFound)
    }

    /// Turns the signing keys now. Signs nobody out.
    pub async fn rotate_keys(&self) -> Result<bool, AuthError> {
        let turned = self.keys.rotate(&*self.store, self.clock.now()).await?;
        if turned {
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
        self.end_presented(old, RevokeReason::Replaced).await?;
        let now = self.clock.now();
        let session = Session {
            id: SessionId(random::bytes()),
            user_id: user.id,
            user_email: user.email,
            user_disabled: false,
            salt: Salt(random::bytes()),
            ratchet: Ratchet { generation: 0, parent: None, ring: Ring::default() },
            created_at: now,
            last_used_at: now,
            idle_expires_at: now.plus(self.lifetimes.refresh_idle),
            absolute_expires_at: now.plus(self.lifetimes.refresh_absolute),
            revoked: None,
            device: device.as_str().to_owned(),
        };
        self.store.create_session(&session).await?;
        self.record(EventKind::LoginSuccess, Some(user.id), Some(session.id), &device, "").await?;
        self.grant(&session, 0, session.idle_expires_at, now)
    }

    /// The session a token belongs to, if the token is bound to it.
    async fn genuine(&self, presented: &Presented) -> Result<Option<Session>, AuthError> {
        let session = self.store.session(presented.session_id).await?;
        Ok(session.filter(|session| self.refresh_tokens.is_bound(presented, &session.salt)))
    }

    async fn turn(
        &self,
        session: &Session,
        advance: Advance,
        idle_expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<Swap, AuthError> {
        let rotate = Rotate {
            session_id: session.id,
            expected: advance.expected,
            next: advance.next,
            idle_expires_at,
            last_used_at: now,
        };
        Ok(self.store.rotate(rotate).await?)
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
            session.created_at,
            session.absolute_expires_at,
            now,
        )?;
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

    /// Looks at a password that an attempt was counted for. One that could not be looked at was no attempt.
    async fn verify(
        &self,
        password: Password,
        stored: Option<String>,
        attempt: &Attempt,
    ) -> Result<Verification, AuthError> {
        let verified = self.passwords.verify(password, stored).await;
        if verified.is_err() {
            self.attempts.not_made(attempt).await?;
        }
        verified
    }

    async fn end_presented(&self, presented: Option<Presented>, reason: RevokeReason) -> Result<(), AuthError> {
        let Some(presented) = presented else { return Ok(()) };
        match self.genuine(&presented).await? {
            Some(session) => self.end(&session, reason, EventKind::TokenRevoked, &Device::default()).await,
            None => Ok(()),
        }
    }

    /// Revokes one session: in the store, then in this instance's memory; the store tells the other instances.
    async fn end(
        &self,
        session: &Session,
        reason: RevokeReason,
        kind: EventKind,
        device: &Device,
    ) -> Result<(), AuthError> {
        let at = self.clock.now();
        let (store, revoked, id) = (self.store.clone(), self.revoked.clone(), session.id);
        // Detached: a caller that goes away after the commit must not leave the access token alive.
        let ending = tokio::spawn(async move {
            let ended = store.revoke_session(id, reason, at).await?;
            if ended {
                revoked.add(Revocation { session_id: id, at, reason });
            }
            Ok::<_, StoreError>(ended)
        });
        if ending.await.map_err(|_| AuthError::Internal("ending a session"))?? {
            self.record(kind, Some(session.user_id), Some(session.id), device, reason.as_str()).await?;
        }
        Ok(())
    }

    async fn end_all(
        &self,
        user_id: UserId,
        except: Option<SessionId>,
        reason: RevokeReason,
    ) -> Result<u32, AuthError> {
        let at = self.clock.now();
        let (store, revoked) = (self.store.clone(), self.revoked.clone());
        let ending = tokio::spawn(async move {
            let ended = store.revoke_sessions_of_user(user_id, except, reason, at).await?;
            revoked.add_all(ended.iter().map(|&session_id| Revocation { session_id, at, reason }));
            Ok::<_, StoreError>(ended)
        });
        let ended = ending.await.map_err(|_| AuthError::Internal("ending sessions"))??;
        for session_id in &ended {
            let device = Device::default();
            self.record(EventKind::TokenRevoked, Some(user_id), Some(*session_id), &device, reason.as_str()).await?;
        }
        Ok(u32::try_from(ended.len()).unwrap_or(u32::MAX))
    }

    async fn confirm_password(
        &self,
        user_id: UserId,
        password: Password,
        field: &'static str,
    ) -> Result<(), AuthError> {
        password.not_oversized(field)?;
        let attempt = self.attempts.confirm(user_id).await?;
        let user = self.store.user(user_id).await?.ok_or(AuthError::NotFound)?;
        match self.verify(password, Some(user.password_hash), &attempt).await? {
            Verification::Right => self.attempts.succeeded(&attempt).await,
            Verification::Wrong => {
                self.record(EventKind::PasswordChangeFail, Some(user_id), None, &Device::default(), "").await?;
                Err(AuthError::invalid(field, "This is not your current password."))
            }
        }
    }

    async fn alarm(&self, kind: EventKind, session: &Session, device: &Device) -> Result<(), AuthError> {
        self.record(kind, Some(session.user_id), Some(session.id), device, "").await
    }

    async fn record(
        &self,
        kind: EventKind,
        user_id: Option<UserId>,
        session_id: Option<SessionId>,
        device: &Device,
        detail: &str,
    ) -> Result<(), AuthError> {
        let event = SecurityEvent {
            at: self.clock.now(),
            kind,
            user_id,
            session_id,
            device: device.as_str().to_owned(),
            detail: detail.to_owned(),
        };
        event.log(&self.fingerprints);
        Ok(self.store.append_event(&event).await?)
    }
}

fn ended(session: &Session, end: SessionEnd) -> AuthError {
    AuthError::SessionEnded(end, session.revoked.map(|revoked| revoked.reason))
}
