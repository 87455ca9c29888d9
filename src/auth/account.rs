//! The use cases of somebody who is signed in: their sessions, their password, the end of their account; and what an
//! operator does to one. Whoever asks is known already; every query names them.

use super::access_token::Verified;
use super::attempts::Attempt;
use super::error::AuthError;
use super::event::EventKind;
use super::flaw::Flaw;
use super::passphrase;
use super::password::{Password, Verification};
use super::service::AuthService;
use super::session::{Device, Session, SessionId};
use super::user::{Email, UserId, UserRecord};
use crate::api::error::RevokeReason;

impl AuthService {
    /// The sessions that could still refresh.
    pub async fn sessions(&self, user_id: UserId) -> Result<Vec<Session>, AuthError> {
        let now = self.clock.now();
        let mut sessions = self.store.sessions_of_user(user_id).await?;
        sessions.retain(|session| {
            session.revoked.is_none() && now < session.idle_expires_at && now < session.absolute_expires_at
        });
        Ok(sessions)
    }

    pub async fn revoke_session(&self, who: &Verified, id: &str, device: &Device) -> Result<(), AuthError> {
        let id = SessionId::parse(id).ok_or(AuthError::NotFound)?;
        if id != who.session_id {
            self.recent(who)?;
        }
        let session = self.store.session(id).await?.filter(|session| session.user_id == who.user_id);
        let session = session.ok_or(AuthError::NotFound)?;
        self.end(&session, RevokeReason::SignedOutElsewhere, EventKind::TokenRevoked, device).await
    }

    pub async fn revoke_other_sessions(&self, who: &Verified, device: &Device) -> Result<u32, AuthError> {
        self.recent(who)?;
        self.end_all(who.user_id, Some(who.session_id), RevokeReason::SignedOutElsewhere, device).await
    }

    pub async fn change_password(
        &self,
        who: &Verified,
        old: Password,
        new: Password,
        keep_others: bool,
        device: &Device,
    ) -> Result<u32, AuthError> {
        self.password_rules.long_enough(&new, "new_password")?;
        let refused = EventKind::PasswordChangeFail;
        let counted = self.attempts.confirm(who.user_id);
        let user = self.confirm_password(who, old, "current_password", refused, device, counted).await?;
        let hash = self.passwords.hash_new(new, &user.email, "new_password").await?;
        self.store.set_password(who.user_id, &hash).await?;
        self.record(EventKind::PasswordChange, Some(who.user_id), Some(who.session_id), device, "").await?;
        if keep_others {
            return Ok(0);
        }
        self.end_all(who.user_id, Some(who.session_id), RevokeReason::PasswordChanged, device).await
    }

    /// A passphrase for who wants one made.
    pub fn suggest_passphrase(&self) -> String {
        passphrase::suggest(self.password_rules.min)
    }

    /// The other sessions stay: they are known by their tokens, not by the address.
    pub async fn change_email(
        &self,
        who: &Verified,
        email: &str,
        password: Password,
        device: &Device,
    ) -> Result<Email, AuthError> {
        let email = Email::parse(email)?;
        let counted = self.attempts.change_of_address(who.user_id);
        let refused = EventKind::EmailChangeFail;
        let user = self.confirm_password(who, password, "password", refused, device, counted).await?;
        if user.email == email.as_str() {
            return Ok(email);
        }
        if !self.store.set_email(who.user_id, email.as_str()).await? {
            return Err(AuthError::EmailTaken);
        }
        self.record(EventKind::EmailChange, Some(who.user_id), Some(who.session_id), device, "").await?;
        Ok(email)
    }

    pub async fn delete_account(&self, who: &Verified, password: Password, device: &Device) -> Result<(), AuthError> {
        let counted = self.attempts.confirm(who.user_id);
        self.confirm_password(who, password, "password", EventKind::UserDeleteFail, device, counted).await?;
        self.end_all(who.user_id, None, RevokeReason::AccountDeleted, device).await?;
        self.store.delete_user(who.user_id).await?;
        self.record(EventKind::UserDeleted, None, None, device, "").await
    }

    /// Disables an account: no new sign-in, and every session ends with its access tokens.
    pub async fn disable_user(&self, email: &str) -> Result<u32, AuthError> {
        let user = self.known_user(email).await?;
        self.store.set_disabled(user.id, Some(self.clock.now())).await?;
        self.end_all(user.id, None, RevokeReason::AccountDisabled, &Device::default()).await
    }

    pub async fn enable_user(&self, email: &str) -> Result<(), AuthError> {
        let user = self.known_user(email).await?;
        Ok(self.store.set_disabled(user.id, None).await?)
    }

    async fn known_user(&self, email: &str) -> Result<UserRecord, AuthError> {
        self.store.user_by_email(Email::parse(email)?.as_str()).await?.ok_or(AuthError::NotFound)
    }

    /// Whether the person who is signed in knows the password; `refused` is what is recorded when not, and `counted` counts
    /// the attempt once it is known to be one.
    async fn confirm_password(
        &self,
        who: &Verified,
        password: Password,
        field: &'static str,
        refused: EventKind,
        device: &Device,
        counted: impl Future<Output = Result<Attempt, AuthError>>,
    ) -> Result<UserRecord, AuthError> {
        password.not_oversized(field)?;
        let attempt = counted.await?;
        let user = self.store.user(who.user_id).await?.ok_or(AuthError::NotFound)?;
        match self.verify_own(&user, password, attempt).await? {
            Verification::Right => Ok(user),
            Verification::Wrong => {
                self.record(refused, Some(who.user_id), Some(who.session_id), device, "").await?;
                Err(AuthError::invalid(field, Flaw::NotYourPassword))
            }
        }
    }
}
