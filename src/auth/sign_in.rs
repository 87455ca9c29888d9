//! Registration and log-in. Both create a session and issue its tokens. A failed log-in answers the same, and takes the same
//! time, whether or not the account exists (OWASP: user enumeration, timing attack).

use super::audit::{Audit, Subject};
use super::error::AuthError;
use super::model::device::Device;
use super::model::email::Email;
use super::model::event::{EventKind, SecurityEvent};
use super::model::session::{Salt, Session, SessionId};
use super::model::submission::Submission;
use super::model::user::UserRecord;
use super::observer::FlowEvent;
use super::password::hasher::{Password, Verification};
use super::random;
use super::service::{AuthService, Grant};
use super::store::{OpenSession, Opened, Register};
use super::throttle::attempt::{Caller, CountedAttempt};
use super::token::{
    refresh::Presented,
    revoked::{Revocation, RevokedSessions},
    rotation::{RecentlySuperseded, RotationState},
};
use super::tries::Tries;
use crate::protocol::session::RevokeReason;

/// The most living sessions of an account. The sign-in beyond it ends the session unused longest.
pub const SESSIONS_MAX: u32 = 100;

/// The browser that a sign-in comes from.
#[derive(Debug, Default)]
pub struct Visitor {
    pub device: Device,
    /// The source of the attempt, for throttling.
    pub caller: Caller,
    /// The refresh token that this browser already holds. A successful sign-in ends its session.
    pub replaces: Option<Presented>,
    /// The submission that asks for it, if it has an idempotency key.
    pub submission: Option<Submission>,
}

impl AuthService {
    /// Creates an account and signs it in. The same submission again (idempotency key, address and password) signs in to the
    /// account that the first one made.
    ///
    /// # Errors
    ///
    /// [`AuthError::Invalid`] for an invalid address or a weak password, [`AuthError::EmailTaken`],
    /// [`AuthError::TooManyAttempts`], [`AuthError::Busy`].
    pub async fn register(&self, email: &str, password: Password, visitor: Visitor) -> Result<Grant, AuthError> {
        let email = Email::parse(email)?;
        self.password_rules.long_enough(&password, "password")?;
        let attempt = self.attempts.register(&visitor.caller).await?;
        let password_hash = match self
            .passwords
            .working_for(attempt.work_for)
            .hash_new(password.clone(), email.as_str(), "password")
            .await
        {
            Ok(hash) => hash,
            // A weak password keeps its count: it was work.
            Err(error @ AuthError::Invalid { .. }) => return Err(error),
            Err(error) => {
                self.attempts.cancel(&attempt).await?;
                return Err(error);
            }
        };
        let user = UserRecord::new(&email, password_hash, self.clock.now());
        let event = self.audit.event(EventKind::UserCreated, Subject::User(user.id), &visitor.device, None);
        let open = self.new_session(&user, &visitor).await?;
        let (store, revoked, audit) = (self.store.clone(), self.revoked.clone(), self.audit.clone());
        let (new, written) = (user.clone(), open.clone());
        let registered = self.detached(async move {
            let registered = store.register(&new, &event, &written).await?;
            if let Register::Registered(opened) = &registered {
                audit.log(&event);
                announce(&written, opened, &revoked, &audit);
            }
            Ok(registered)
        });
        let grant = match registered.await? {
            Register::Registered(opened) => self.begin(open.session, &opened)?,
            Register::EmailTaken => {
                return self.registered_before(&email, password, &visitor, &attempt).await;
            }
        };
        Ok(self.with_device_cookie(grant, &user, &attempt))
    }

    /// The outcome of a registration that was submitted before.
    async fn registered_before(
        &self,
        email: &Email,
        password: Password,
        visitor: &Visitor,
        attempt: &CountedAttempt,
    ) -> Result<Grant, AuthError> {
        let submission = visitor.submission.as_ref().ok_or(AuthError::EmailTaken)?;
        let user = self.user_with_email(email).await?.filter(|user| user.disabled_at.is_none());
        let user = user.ok_or(AuthError::EmailTaken)?;
        if !self.store.was_opened_by(user.id, submission).await? {
            return Err(AuthError::EmailTaken);
        }
        let verified = self.verify(password, Some(user.password_hash.clone()), attempt).await?;
        if !verified.is_right() {
            return Err(AuthError::EmailTaken);
        }
        let grant = self.open_session(&user, visitor).await?.ok_or(AuthError::EmailTaken)?;
        Ok(self.with_device_cookie(grant, &user, attempt))
    }

    /// Signs in.
    ///
    /// # Errors
    ///
    /// [`AuthError::InvalidCredentials`] for a wrong password and for an unknown or disabled account alike,
    /// [`AuthError::TooManyAttempts`], [`AuthError::Busy`].
    pub async fn login(&self, email: &str, password: Password, visitor: Visitor) -> Result<Grant, AuthError> {
        let email = Email::parse_known(email)?;
        password.not_oversized("password")?;
        // Only a device cookie needs the account before the attempt is counted.
        let mut read = match visitor.caller.device_cookies.is_empty() {
            true => None,
            false => Some(self.user_with_email(&email).await?),
        };
        let account = read.as_ref().and_then(Option::as_ref);
        let attempt = self.attempts.sign_in(&email, account, &visitor.caller).await?;
        let mut forgiven = false;
        let mut tries = Tries::default();
        loop {
            tries.begin()?;
            let user = match read.take() {
                Some(user) => user,
                None => self.user_with_email(&email).await?,
            };
            let stored = user.as_ref().map(|user| user.password_hash.clone());
            let verified = self.verify(password.clone(), stored, &attempt).await?;
            match user {
                Some(user) if verified.is_right() && user.disabled_at.is_none() => {
                    if !std::mem::replace(&mut forgiven, true) {
                        self.attempts.succeeded(&attempt).await?;
                    }
                    let user = match verified {
                        Verification::RightNotNormalized => self.hash_anew(user, &password, &attempt).await?,
                        _ => user,
                    };
                    if let Some(grant) = self.open_session(&user, &visitor).await? {
                        return Ok(self.with_device_cookie(grant, &user, &attempt));
                    }
                }
                user => {
                    let subject = user.map_or(Subject::None, |user| Subject::User(user.id));
                    self.audit.record(EventKind::LoginFail, subject, &visitor.device).await?;
                    return Err(AuthError::InvalidCredentials);
                }
            }
        }
    }

    /// Replaces a hash that was made of another spelling of the password than NFC, unless the hasher is busy or the account has
    /// changed: the next sign-in tries again.
    async fn hash_anew(
        &self,
        user: UserRecord,
        password: &Password,
        attempt: &CountedAttempt,
    ) -> Result<UserRecord, AuthError> {
        let passwords = self.passwords.working_for(attempt.work_for);
        let Ok(password_hash) = passwords.hash(password.clone()).await else { return Ok(user) };
        match self.store.replace_hash(user.id, &user.password_hash, &password_hash).await? {
            true => Ok(UserRecord { password_hash, ..user }),
            false => Ok(user),
        }
    }

    /// Opens a session; `None` when the account is no longer as the password was verified against it.
    async fn open_session(&self, user: &UserRecord, visitor: &Visitor) -> Result<Option<Grant>, AuthError> {
        let open = self.new_session(user, visitor).await?;
        let (store, revoked, audit) = (self.store.clone(), self.revoked.clone(), self.audit.clone());
        let written = open.clone();
        let opened = self.detached(async move {
            let opened = store.open_session(&written).await?;
            if let Ok(opened) = &opened {
                announce(&written, opened, &revoked, &audit);
            }
            Ok(opened)
        });
        match opened.await? {
            Ok(opened) => Ok(Some(self.begin(open.session, &opened)?)),
            Err(_) => Ok(None),
        }
    }

    /// The session that a sign-in opens. Nothing is written yet.
    async fn new_session(&self, user: &UserRecord, visitor: &Visitor) -> Result<OpenSession, AuthError> {
        let Visitor { device, replaces, .. } = visitor;
        let replaced = match replaces {
            Some(presented) => self.genuine(presented).await?,
            None => None,
        };
        let now = self.clock.now();
        let session = Session {
            id: SessionId(random::bytes()),
            user_id: user.id,
            user_email: user.email.clone(),
            user_disabled: false,
            session_epoch: 0,
            salt: Salt(random::bytes()),
            rotation: RotationState { generation: 0, parent: None, recently_superseded: RecentlySuperseded::default() },
            created_at: now,
            authenticated_at: now,
            last_used_at: now,
            idle_expires_at: now.plus(self.lifetimes.refresh_idle),
            absolute_expires_at: now.plus(self.lifetimes.refresh_absolute),
            revoked: None,
            device: device.as_str().to_owned(),
            binding: None,
        };
        let limit = Some(RevokeReason::SessionLimit);
        Ok(OpenSession {
            verified_hash: user.password_hash.clone(),
            event: self.audit.event(EventKind::LoginSuccess, (&session).into(), device, None),
            replaces: replaced
                .map(|session| self.end_of(&session, RevokeReason::Replaced, EventKind::TokenRevoked, device)),
            submission: visitor.submission,
            repeated_event: self.audit.event(
                EventKind::TokenRevoked,
                Subject::User(user.id),
                device,
                Some(RevokeReason::Replaced),
            ),
            living_max: SESSIONS_MAX,
            limit_event: self.audit.event(EventKind::TokenRevoked, Subject::User(user.id), device, limit),
            session,
        })
    }

    /// Reports a session that was opened, and issues its tokens.
    fn begin(&self, session: Session, opened: &Opened) -> Result<Grant, AuthError> {
        let session = Session { session_epoch: opened.session_epoch, ..session };
        for &Revocation { session_id, reason, .. } in &opened.ended {
            self.observers.emit(|| FlowEvent::SessionEnded { session_id, reason });
        }
        self.observers.emit(|| FlowEvent::SessionOpened { session: &session });
        let binding_challenge = self.binding_challenge(&session);
        let grant = self.grant(&session, None, session.created_at)?;
        Ok(Grant { binding_challenge, ..grant })
    }

    /// Adds the device cookie of this browser to a grant.
    fn with_device_cookie(&self, grant: Grant, user: &UserRecord, attempt: &CountedAttempt) -> Grant {
        Grant { device_cookie: self.attempts.device_cookie(user, attempt.browser), ..grant }
    }

    /// Verifies a signed-in user's own password. The attempt must already be counted; it is cleared on success.
    pub(super) async fn verify_own(
        &self,
        user: &UserRecord,
        password: Password,
        attempt: &CountedAttempt,
    ) -> Result<Verification, AuthError> {
        let verified = self.verify(password, Some(user.password_hash.clone()), attempt).await?;
        if verified.is_right() {
            self.attempts.succeeded(attempt).await?;
        }
        Ok(verified)
    }

    /// Verifies a password whose attempt is already counted. When the hasher is too busy, the attempt is taken back.
    async fn verify(
        &self,
        password: Password,
        stored: Option<String>,
        attempt: &CountedAttempt,
    ) -> Result<Verification, AuthError> {
        let verified = self.passwords.working_for(attempt.work_for).verify(password, stored).await;
        match &verified {
            Ok(verified) => {
                self.observers.emit(|| FlowEvent::PasswordChecked { right: verified.is_right() });
            }
            Err(_) => self.attempts.cancel(attempt).await?,
        }
        verified
    }
}

/// Tells this instance's memory and its log what a sign-in committed.
fn announce(open: &OpenSession, opened: &Opened, revoked: &RevokedSessions, audit: &Audit) {
    revoked.add_all(opened.ended.iter().copied());
    for ended in &opened.ended {
        match &open.replaces {
            Some(replaced) if replaced.session_id == ended.session_id => audit.log(&replaced.event),
            _ => {
                let of = if ended.reason == RevokeReason::Replaced { &open.repeated_event } else { &open.limit_event };
                audit.log(&SecurityEvent { session_id: Some(ended.session_id), ..of.clone() });
            }
        }
    }
    audit.log(&open.event);
}
