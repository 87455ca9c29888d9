//! Registration and log-in. Both create a session and issue its tokens. A failed log-in answers the same, and takes the same
//! time, whether or not the account exists (OWASP: user enumeration, timing attack).

use uuid::Uuid;

use super::audit::Subject;
use super::error::AuthError;
use super::model::device::Device;
use super::model::event::EventKind;
use super::model::session::{Salt, Session, SessionId};
use super::model::user::{Email, UserId, UserRecord};
use super::observer::FlowEvent;
use super::password::hasher::{Password, Verification};
use super::random;
use super::service::{AuthService, Grant};
use super::store::CreateUser;
use super::throttle::attempts::{Caller, CountedAttempt};
use super::token::{
    refresh::Presented,
    rotation::{RecentlySuperseded, RotationState},
};
use crate::protocol::session::RevokeReason;

/// The browser that a sign-in comes from.
#[derive(Debug, Default)]
pub struct Visitor {
    pub device: Device,
    /// The source of the attempt, for throttling.
    pub caller: Caller,
    /// The refresh token that this browser already holds. A successful sign-in ends its session.
    pub replaces: Option<Presented>,
}

impl AuthService {
    /// Creates an account and signs it in.
    ///
    /// # Errors
    ///
    /// [`AuthError::Invalid`] for an invalid address or a weak password, [`AuthError::EmailTaken`],
    /// [`AuthError::TooManyAttempts`], [`AuthError::Busy`].
    pub async fn register(&self, email: &str, password: Password, visitor: Visitor) -> Result<Grant, AuthError> {
        let email = Email::parse(email)?;
        self.password_rules.long_enough(&password, "password")?;
        let attempt = self.attempts.register(&visitor.caller).await?;
        let password_hash = match self.passwords.hash_new(password, email.as_str(), "password").await {
            Ok(hash) => hash,
            Err(error) => {
                self.attempts.cancel(&attempt).await?;
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
        self.audit.record(EventKind::UserCreated, Subject::User(user.id), &visitor.device).await?;
        let grant = self.open_session(user, visitor).await?;
        Ok(self.with_device_cookie(grant, &email, &attempt))
    }

    /// Signs in.
    ///
    /// # Errors
    ///
    /// [`AuthError::InvalidCredentials`] for a wrong password and for an unknown or disabled account alike,
    /// [`AuthError::TooManyAttempts`], [`AuthError::Busy`].
    pub async fn login(&self, email: &str, password: Password, visitor: Visitor) -> Result<Grant, AuthError> {
        let email = Email::parse(email)?;
        password.not_oversized("password")?;
        let attempt = self.attempts.sign_in(&email, &visitor.caller).await?;
        let user = self.store.user_by_email(email.as_str()).await?;
        let stored = user.as_ref().map(|user| user.password_hash.clone());
        let verified = self.verify(password, stored, &attempt).await?;
        match user {
            Some(user) if verified == Verification::Right && user.disabled_at.is_none() => {
                self.attempts.succeeded(&attempt).await?;
                let grant = self.open_session(user, visitor).await?;
                Ok(self.with_device_cookie(grant, &email, &attempt))
            }
            user => {
                let subject = user.map_or(Subject::None, |user| Subject::User(user.id));
                self.audit.record(EventKind::LoginFail, subject, &visitor.device).await?;
                Err(AuthError::InvalidCredentials)
            }
        }
    }

    async fn open_session(&self, user: UserRecord, visitor: Visitor) -> Result<Grant, AuthError> {
        let Visitor { device, replaces, .. } = visitor;
        self.end_presented(replaces, RevokeReason::Replaced, &device).await?;
        let now = self.clock.now();
        let session = Session {
            id: SessionId(random::bytes()),
            user_id: user.id,
            user_email: user.email,
            user_disabled: false,
            salt: Salt(random::bytes()),
            rotation: RotationState { generation: 0, parent: None, recently_superseded: RecentlySuperseded::default() },
            created_at: now,
            authenticated_at: now,
            last_used_at: now,
            idle_expires_at: now.plus(self.lifetimes.refresh_idle),
            absolute_expires_at: now.plus(self.lifetimes.refresh_absolute),
            revoked: None,
            device: device.as_str().to_owned(),
        };
        self.store.create_session(&session).await?;
        self.observers.emit(|| FlowEvent::SessionOpened { session: &session });
        self.audit.record(EventKind::LoginSuccess, &session, &device).await?;
        self.grant(&session, 0, session.idle_expires_at, now)
    }

    /// Adds the device cookie of this browser to a grant.
    fn with_device_cookie(&self, grant: Grant, email: &Email, attempt: &CountedAttempt) -> Grant {
        Grant { device_cookie: self.attempts.device_cookie(email, attempt), ..grant }
    }

    /// Verifies a signed-in user's own password. The attempt must already be counted; it is cleared on success.
    pub(super) async fn verify_own(
        &self,
        user: &UserRecord,
        password: Password,
        attempt: CountedAttempt,
    ) -> Result<Verification, AuthError> {
        let verified = self.verify(password, Some(user.password_hash.clone()), &attempt).await?;
        if verified == Verification::Right {
            self.attempts.succeeded(&attempt).await?;
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
        let verified = self.passwords.verify(password, stored).await;
        match &verified {
            Ok(verified) => {
                self.observers.emit(|| FlowEvent::PasswordChecked { right: *verified == Verification::Right });
            }
            Err(_) => self.attempts.cancel(attempt).await?,
        }
        verified
    }
}
