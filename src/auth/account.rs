//! Account management: list and revoke sessions, change password and e-mail, delete the account; for operators, disable and
//! enable it. The access token is already verified, and every query is restricted to its user (no IDOR).

use super::audit::Subject;
use super::error::AuthError;
use super::model::device::Device;
use super::model::event::EventKind;
use super::model::session::{Session, SessionId};
use super::model::user::{Email, UserId, UserRecord};
use super::password::hasher::{Password, Verification};
use super::service::AuthService;
use super::throttle::attempts::CountedAttempt;
use super::token::access::Verified;
use super::validation::ValidationError;
use crate::protocol::session::RevokeReason;

impl AuthService {
    /// The user's sessions that can still refresh: not revoked, and within the idle and the absolute lifetime.
    pub async fn sessions(&self, user_id: UserId) -> Result<Vec<Session>, AuthError> {
        let now = self.clock.now();
        let mut sessions = self.store.sessions_of_user(user_id).await?;
        sessions.retain(|session| {
            session.revoked.is_none() && now < session.idle_expires_at && now < session.absolute_expires_at
        });
        Ok(sessions)
    }

    /// Ends one of the user's own sessions. Any other session than the current one requires a step-up (RFC 9470).
    ///
    /// # Errors
    ///
    /// [`AuthError::NotFound`] for another user's session too, so ids cannot be probed; [`AuthError::StepUpRequired`].
    pub async fn revoke_session(&self, user: &Verified, id: &str, device: &Device) -> Result<(), AuthError> {
        let id = SessionId::parse(id).ok_or(AuthError::NotFound)?;
        if id != user.session_id {
            self.require_step_up(user)?;
        }
        let session = self.store.session(id).await?.filter(|session| session.user_id == user.user_id);
        let session = session.ok_or(AuthError::NotFound)?;
        self.end(&session, RevokeReason::SignedOutElsewhere, EventKind::TokenRevoked, device).await
    }

    /// Ends every session of the user but the current one; returns how many ended.
    ///
    /// # Errors
    ///
    /// [`AuthError::StepUpRequired`].
    pub async fn revoke_other_sessions(&self, user: &Verified, device: &Device) -> Result<u32, AuthError> {
        self.require_step_up(user)?;
        self.end_all(user.user_id, Some(user.session_id), RevokeReason::SignedOutElsewhere, device).await
    }

    /// Changes the password, and ends every other session unless `keep_others`. Returns how many ended.
    ///
    /// # Errors
    ///
    /// [`AuthError::Invalid`] for a wrong old or an unacceptable new password, [`AuthError::TooManyAttempts`],
    /// [`AuthError::Busy`].
    pub async fn change_password(
        &self,
        user: &Verified,
        old: Password,
        new: Password,
        keep_others: bool,
        device: &Device,
    ) -> Result<u32, AuthError> {
        self.password_rules.long_enough(&new, "new_password")?;
        let refused = EventKind::PasswordChangeFail;
        let counted = self.attempts.confirm_password(user.user_id);
        let account = self.confirm_password(user, old, "current_password", refused, device, counted).await?;
        let hash = self.passwords.hash_new(new, &account.email, "new_password").await?;
        self.store.set_password(user.user_id, &hash).await?;
        self.audit.record(EventKind::PasswordChange, user, device).await?;
        if keep_others {
            return Ok(0);
        }
        self.end_all(user.user_id, Some(user.session_id), RevokeReason::PasswordChanged, device).await
    }

    /// Changes the e-mail address; returns the normalized form. The sessions stay: tokens name the user's id, not the address.
    ///
    /// # Errors
    ///
    /// [`AuthError::Invalid`] for a wrong password or an invalid address, [`AuthError::EmailTaken`],
    /// [`AuthError::TooManyAttempts`], [`AuthError::Busy`].
    pub async fn change_email(
        &self,
        user: &Verified,
        email: &str,
        password: Password,
        device: &Device,
    ) -> Result<Email, AuthError> {
        let email = Email::parse(email)?;
        let counted = self.attempts.change_email(user.user_id);
        let refused = EventKind::EmailChangeFail;
        let account = self.confirm_password(user, password, "password", refused, device, counted).await?;
        if account.email == email.as_str() {
            return Ok(email);
        }
        if !self.store.set_email(user.user_id, email.as_str()).await? {
            return Err(AuthError::EmailTaken);
        }
        self.audit.record(EventKind::EmailChange, user, device).await?;
        Ok(email)
    }

    /// Revokes every session, then deletes the account with everything that references it.
    ///
    /// # Errors
    ///
    /// [`AuthError::Invalid`] for a wrong password, [`AuthError::TooManyAttempts`], [`AuthError::Busy`].
    pub async fn delete_account(&self, user: &Verified, password: Password, device: &Device) -> Result<(), AuthError> {
        let counted = self.attempts.confirm_password(user.user_id);
        self.confirm_password(user, password, "password", EventKind::UserDeleteFail, device, counted).await?;
        self.end_all(user.user_id, None, RevokeReason::AccountDeleted, device).await?;
        self.store.delete_user(user.user_id).await?;
        self.audit.record(EventKind::UserDeleted, Subject::None, device).await
    }

    /// Disables an account: sign-in is refused, and every session ends together with its access tokens. Returns how many
    /// sessions ended.
    ///
    /// # Errors
    ///
    /// [`AuthError::NotFound`] when no account has the address.
    pub async fn disable_user(&self, email: &str) -> Result<u32, AuthError> {
        let user = self.user_with_email(email).await?;
        self.store.set_disabled(user.id, Some(self.clock.now())).await?;
        self.end_all(user.id, None, RevokeReason::AccountDisabled, &Device::default()).await
    }

    /// Allows sign-in again. Sessions that have ended stay ended.
    ///
    /// # Errors
    ///
    /// [`AuthError::NotFound`] when no account has the address.
    pub async fn enable_user(&self, email: &str) -> Result<(), AuthError> {
        let user = self.user_with_email(email).await?;
        Ok(self.store.set_disabled(user.id, None).await?)
    }

    async fn user_with_email(&self, email: &str) -> Result<UserRecord, AuthError> {
        self.store.user_by_email(Email::parse(email)?.as_str()).await?.ok_or(AuthError::NotFound)
    }

    /// Verifies the signed-in user's password. `counted` counts the attempt and runs only after the size check; `refused` is
    /// the event recorded when the password is wrong.
    async fn confirm_password(
        &self,
        user: &Verified,
        password: Password,
        field: &'static str,
        refused: EventKind,
        device: &Device,
        counted: impl Future<Output = Result<CountedAttempt, AuthError>>,
    ) -> Result<UserRecord, AuthError> {
        password.not_oversized(field)?;
        let attempt = counted.await?;
        let account = self.store.user(user.user_id).await?.ok_or(AuthError::NotFound)?;
        match self.verify_own(&account, password, attempt).await? {
            Verification::Right => Ok(account),
            Verification::Wrong => {
                self.audit.record(refused, user, device).await?;
                Err(AuthError::invalid(field, ValidationError::WrongPassword))
            }
        }
    }
}
