//! What an operator does to accounts and their sessions, by the command line. It needs no password of theirs and counts no
//! attempt.

use uuid::Uuid;

use super::account::announce;
use super::audit::Subject;
use super::error::AuthError;
use super::model::device::Device;
use super::model::email::Email;
use super::model::event::EventKind;
use super::model::session::{Session, SessionId};
use super::model::user::{UserId, UserRecord};
use super::password::hasher::Password;
use super::service::AuthService;
use super::sign_in::SESSIONS_MAX;
use super::store::{CreateUser, Guard};
use crate::protocol::session::RevokeReason;

/// Accounts that are read together.
const PAGE: u32 = 500;

impl AuthService {
    /// The next accounts after this one, or the first ones, in the order of their creation; none at the end.
    ///
    /// # Errors
    ///
    /// [`AuthError::Store`].
    pub async fn users_after(&self, last: Option<UserId>) -> Result<Vec<UserRecord>, AuthError> {
        Ok(self.store.users_after(last.unwrap_or(UserId(Uuid::nil())), PAGE).await?)
    }

    /// Creates an account without a session.
    ///
    /// # Errors
    ///
    /// [`AuthError::Invalid`] for an invalid address or a weak password, [`AuthError::EmailTaken`].
    pub async fn add_user(&self, email: &str, password: Password) -> Result<UserId, AuthError> {
        let email = Email::parse(email)?;
        self.password_rules.long_enough(&password, "password")?;
        let password_hash = self.passwords.hash_new(password, email.as_str(), "password").await?;
        let user = UserRecord::new(&email, password_hash, self.clock.now());
        match self.store.create_user(&user).await? {
            CreateUser::Created => {}
            CreateUser::EmailTaken => return Err(AuthError::EmailTaken),
        }
        self.audit.record(EventKind::UserCreated, Subject::User(user.id), &Device::default()).await?;
        Ok(user.id)
    }

    /// Disables an account: sign-in is refused, and every session ends together with its access tokens. Returns how many
    /// sessions ended.
    ///
    /// # Errors
    ///
    /// [`AuthError::NotFound`] when no account has the address.
    pub async fn disable_user(&self, email: &str) -> Result<u32, AuthError> {
        let id = self.id_of(email).await?;
        let end = self.end_of_all(Subject::User(id), None, RevokeReason::AccountDisabled, &Device::default());
        let (store, revoked, audit) = (self.store.clone(), self.revoked.clone(), self.audit.clone());
        let ended = self.detached(async move {
            let ended = store.disable_user(id, &end).await?;
            if let Some(ended) = &ended {
                announce(&end, ended, &revoked, &audit);
            }
            Ok(ended)
        });
        Ok(self.ended(&ended.await?.ok_or(AuthError::NotFound)?))
    }

    /// Allows sign-in again. Sessions that have ended stay ended.
    ///
    /// # Errors
    ///
    /// [`AuthError::NotFound`] when no account has the address.
    pub async fn enable_user(&self, email: &str) -> Result<(), AuthError> {
        Ok(self.store.enable_user(self.id_of(email).await?).await?)
    }

    /// The living sessions of an account, by last use.
    ///
    /// # Errors
    ///
    /// [`AuthError::NotFound`] when no account has the address.
    pub async fn sessions_of(&self, email: &str) -> Result<Vec<Session>, AuthError> {
        let (id, now) = (self.id_of(email).await?, self.clock.now());
        Ok(self.store.living_sessions_of_user(id, SessionId([0; 16]), now, SESSIONS_MAX).await?)
    }

    /// Ends every session of an account together with its access tokens. Returns how many ended.
    ///
    /// # Errors
    ///
    /// [`AuthError::NotFound`] when no account has the address.
    pub async fn end_sessions_of(&self, email: &str) -> Result<u32, AuthError> {
        let id = self.id_of(email).await?;
        self.end_sessions(id).await
    }

    /// Ends every session of every account, as after a restored backup. Each account is a transaction; a call that was cut off
    /// is made again. Returns how many ended.
    ///
    /// # Errors
    ///
    /// [`AuthError::Store`].
    pub async fn end_every_session(&self) -> Result<u64, AuthError> {
        let (mut ended, mut last) = (0, None);
        loop {
            let users = self.users_after(last).await?;
            for user in &users {
                match self.end_sessions(user.id).await {
                    Ok(count) => ended += u64::from(count),
                    // Disabled or deleted: its sessions have ended.
                    Err(AuthError::NotFound) => {}
                    Err(error) => return Err(error),
                }
            }
            last = users.last().map(|user| user.id);
            if last.is_none() {
                return Ok(ended);
            }
        }
    }

    async fn end_sessions(&self, id: UserId) -> Result<u32, AuthError> {
        let guard = Guard { user_id: id, verified_hash: None, session_id: None };
        let end = self.end_of_all(Subject::User(id), None, RevokeReason::EndedByOperator, &Device::default());
        self.end_all(guard, end).await?.map_err(|_| AuthError::NotFound)
    }

    async fn id_of(&self, email: &str) -> Result<UserId, AuthError> {
        let user = self.user_with_email(&Email::parse_known(email)?).await?;
        Ok(user.ok_or(AuthError::NotFound)?.id)
    }
}
