//! Account management: list and revoke sessions, change password and e-mail, delete the account. The access token is already
//! verified, and every query is restricted to its user (no IDOR).

use super::audit::{Audit, Subject};
use super::error::AuthError;
use super::model::device::Device;
use super::model::email::Email;
use super::model::event::EventKind;
use super::model::session::{Session, SessionId};
use super::model::submission::Submission;
use super::model::user::UserRecord;
use super::observer::FlowEvent;
use super::password::hasher::{Password, Verification};
use super::service::AuthService;
use super::sign_in::SESSIONS_MAX;
use super::store::{ChangePassword, EndAll, EndedAll, Guard, Stale};
use super::throttle::{attempt::CountedAttempt, device_cookie::DeviceCookie};
use super::token::{access::Verified, revoked::RevokedSessions};
use super::tries::Tries;
use super::validation::ValidationError;
use crate::clock::Timestamp;
use crate::protocol::session::RevokeReason;

/// What an account is known by.
#[derive(Clone, Debug)]
pub struct Profile {
    pub email: String,
    pub created_at: Timestamp,
}

impl AuthService {
    /// The user's own account.
    ///
    /// # Errors
    ///
    /// [`AuthError::NotFound`] when it was deleted.
    pub async fn profile(&self, user: &Verified) -> Result<Profile, AuthError> {
        let account = self.store.user(user.user_id).await?.ok_or(AuthError::NotFound)?;
        Ok(Profile { email: account.email, created_at: account.created_at })
    }

    /// The user's sessions that can still refresh: not revoked, and within the idle and the absolute lifetime. The caller's own
    /// comes first, then by last use; at most [`SESSIONS_MAX`].
    pub async fn sessions(&self, user: &Verified) -> Result<Vec<Session>, AuthError> {
        let (own, now) = (user.session_id, self.clock.now());
        Ok(self.store.living_sessions_of_user(user.user_id, own, now, SESSIONS_MAX).await?)
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
        let (own, reason) = (Some(user.session_id), RevokeReason::SignedOutElsewhere);
        let guard = Guard { user_id: user.user_id, verified_hash: None, session_id: own };
        let end = self.end_of_all(Subject::User(user.user_id), own, reason, device);
        Ok(self.end_all(guard, end).await??)
    }

    /// Changes the password, and ends every other session unless `keep_others`. The same submission again (idempotency key and new
    /// password) changes nothing and succeeds. Returns how many ended, and the device cookie of
    /// this browser for the new password: those issued before mean nothing any more.
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
        submission: Option<Submission>,
        device: &Device,
    ) -> Result<(u32, Option<DeviceCookie>), AuthError> {
        self.password_rules.long_enough(&new, "new_password")?;
        old.not_oversized("current_password")?;
        let attempt = self.attempts.confirm_password(user).await?;
        if let Some(device_cookie) = self.changed_before(user, &new, submission, &attempt).await? {
            return Ok((0, device_cookie));
        }
        let mut tries = Tries::default();
        loop {
            tries.begin()?;
            let refused = EventKind::PasswordChangeFail;
            let account = self.confirm(user, &old, "current_password", refused, device, &attempt).await?;
            let passwords = self.passwords.working_for(attempt.work_for);
            let password_hash = passwords.hash_new(new.clone(), &account.email, "new_password").await?;
            let changed = UserRecord { password_hash: password_hash.clone(), ..account.clone() };
            let (own, reason) = (Some(user.session_id), RevokeReason::PasswordChanged);
            let change = ChangePassword {
                guard: guard(user, account),
                password_hash,
                submission,
                event: self.audit.event(EventKind::PasswordChange, user.into(), device, None),
                end: (!keep_others).then(|| self.end_of_all(Subject::User(user.user_id), own, reason, device)),
            };
            match self.write_password(change).await? {
                Err(Stale::Account) => {}
                Err(ended) => return Err(ended.into()),
                Ok(ended) => {
                    let ended = ended.map_or(0, |ended| self.ended(&ended));
                    return Ok((ended, self.attempts.device_cookie(&changed, None)));
                }
            }
        }
    }

    /// Whether this submission has set this password already: then the answer to it was lost, and the old password, which comes
    /// along, is no longer the account's. The device cookie of the account as it is now.
    async fn changed_before(
        &self,
        user: &Verified,
        new: &Password,
        submission: Option<Submission>,
        attempt: &CountedAttempt,
    ) -> Result<Option<Option<DeviceCookie>>, AuthError> {
        let Some(submission) = submission else { return Ok(None) };
        if !self.store.password_was_set_by(user.user_id, &submission).await? {
            return Ok(None);
        }
        let account = self.store.user(user.user_id).await?.ok_or(AuthError::NotFound)?;
        let verified = self.verify_own(&account, new.clone(), attempt).await?;
        Ok(verified.is_right().then(|| self.attempts.device_cookie(&account, None)))
    }

    async fn write_password(&self, change: ChangePassword) -> Result<Result<Option<EndedAll>, Stale>, AuthError> {
        let (store, revoked, audit) = (self.store.clone(), self.revoked.clone(), self.audit.clone());
        self.detached(async move {
            let changed = store.change_password(&change).await?;
            if let Ok(ended) = &changed {
                audit.log(&change.event);
                if let (Some(end), Some(ended)) = (&change.end, ended) {
                    announce(end, ended, &revoked, &audit);
                }
            }
            Ok(changed)
        })
        .await
    }

    /// Changes the e-mail address, or how it is shown. The sessions stay: tokens name the user's id, not the address.
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
        password.not_oversized("password")?;
        let attempt = self.attempts.change_email(user).await?;
        let mut tries = Tries::default();
        loop {
            tries.begin()?;
            let refused = EventKind::EmailChangeFail;
            let account = self.confirm(user, &password, "password", refused, device, &attempt).await?;
            if account.email == email.shown() {
                return Ok(email);
            }
            let event = self.audit.event(EventKind::EmailChange, user.into(), device, None);
            let (guard, to) = (guard(user, account), email.clone());
            let (store, audit) = (self.store.clone(), self.audit.clone());
            let changed = self.detached(async move {
                let changed = store.change_email(&guard, &to, &event).await?;
                if changed == Ok(true) {
                    audit.log(&event);
                }
                Ok(changed)
            });
            match changed.await? {
                Ok(true) => return Ok(email),
                Ok(false) => return Err(AuthError::EmailTaken),
                Err(Stale::Account) => {}
                Err(ended) => return Err(ended.into()),
            }
        }
    }

    /// Revokes every session, then deletes the account with everything that references it.
    ///
    /// # Errors
    ///
    /// [`AuthError::Invalid`] for a wrong password, [`AuthError::TooManyAttempts`], [`AuthError::Busy`].
    pub async fn delete_account(&self, user: &Verified, password: Password, device: &Device) -> Result<(), AuthError> {
        password.not_oversized("password")?;
        let attempt = self.attempts.confirm_password(user).await?;
        let mut tries = Tries::default();
        loop {
            tries.begin()?;
            let refused = EventKind::UserDeleteFail;
            let account = self.confirm(user, &password, "password", refused, device, &attempt).await?;
            let reason = RevokeReason::AccountDeleted;
            let event = self.audit.event(EventKind::UserDeleted, Subject::None, device, None);
            let (guard, end) = (guard(user, account), EndAll { kept: None, reason, event });
            let (store, revoked, audit) = (self.store.clone(), self.revoked.clone(), self.audit.clone());
            let deleted = self.detached(async move {
                let deleted = store.delete_user(&guard, &end).await?;
                if let Ok(revocation) = &deleted {
                    revoked.add_user(*revocation);
                    audit.log(&end.event);
                }
                Ok(deleted)
            });
            match deleted.await? {
                Ok(_) => {
                    self.observers.emit(|| FlowEvent::SessionEnded { session_id: user.session_id, reason });
                    return Ok(());
                }
                Err(Stale::Account) => {}
                Err(ended) => return Err(ended.into()),
            }
        }
    }

    /// The account of an address. An account that kept its own spelling as its key is found by that spelling.
    pub(super) async fn user_with_email(&self, email: &Email) -> Result<Option<UserRecord>, AuthError> {
        let [first, second] = email.keys();
        match self.store.user_by_email(first).await? {
            None if second != first => Ok(self.store.user_by_email(second).await?),
            user => Ok(user),
        }
    }

    /// Verifies the signed-in user's password, whose attempt is counted; `refused` is the event recorded when it is wrong.
    async fn confirm(
        &self,
        user: &Verified,
        password: &Password,
        field: &'static str,
        refused: EventKind,
        device: &Device,
        attempt: &CountedAttempt,
    ) -> Result<UserRecord, AuthError> {
        let account = self.store.user(user.user_id).await?.ok_or(AuthError::NotFound)?;
        match self.verify_own(&account, password.clone(), attempt).await? {
            Verification::Right | Verification::RightNotNormalized => Ok(account),
            Verification::Wrong => {
                self.audit.record(refused, user, device).await?;
                Err(AuthError::invalid(field, ValidationError::WrongPassword))
            }
        }
    }
}

/// What a change of an account relies on once the password is verified.
fn guard(user: &Verified, account: UserRecord) -> Guard {
    Guard { user_id: account.id, verified_hash: Some(account.password_hash), session_id: Some(user.session_id) }
}

/// Tells this instance's memory and its log that all sessions of a user ended.
pub(super) fn announce(end: &EndAll, ended: &EndedAll, revoked: &RevokedSessions, audit: &Audit) {
    revoked.add_user(ended.revocation);
    if ended.count > 0 {
        audit.log(&end.event);
    }
}
