//! Step-up authentication (RFC 9470). Sensitive calls require a recent `auth_time`, so a stolen access token is not enough for
//! them. Only entering the password again renews `auth_time`; a refresh does not.

use super::error::AuthError;
use super::model::device::Device;
use super::model::event::EventKind;
use super::password::hasher::Password;
use super::service::{AuthService, Grant};
use super::store::Guard;
use super::token::{access::Verified, refresh::Presented};
use super::tries::Tries;
use crate::clock::Timestamp;
use crate::protocol::code::STEP_UP_MAX_AGE;

impl AuthService {
    /// Requires that `auth_time` is at most [`STEP_UP_MAX_AGE`] seconds old. Reads the claims only.
    ///
    /// # Errors
    ///
    /// [`AuthError::StepUpRequired`].
    pub(super) fn require_step_up(&self, user: &Verified) -> Result<(), AuthError> {
        if is_recent(user.auth_time, self.clock.now()) { Ok(()) } else { Err(AuthError::StepUpRequired) }
    }

    /// Rotates the refresh token as [`AuthService::refresh`] does, and renews `auth_time` in the same write. The password is
    /// verified only after the token is accepted, so the holder of a superseded token cannot test passwords with it. The call
    /// counts both as a refresh and as a password attempt.
    ///
    /// # Errors
    ///
    /// Those of [`AuthService::refresh`], and [`AuthError::WrongPassword`].
    pub async fn reauthenticate(
        &self,
        presented: Presented,
        password: Password,
        device: Device,
    ) -> Result<Grant, AuthError> {
        password.not_oversized("password")?;
        self.attempts.refresh(presented.session_id)?;
        let session = self.evaluate(&presented, &device).await?;
        let user_id = session.user_id;
        let attempt = self.attempts.reauthenticate(&session).await?;
        let mut tries = Tries::default();
        loop {
            tries.begin()?;
            let user = self.store.user(user_id).await?.ok_or(AuthError::RefreshTokenInvalid)?;
            if !self.verify_own(&user, password.clone(), &attempt).await?.is_right() {
                self.audit.record(EventKind::ReauthenticationFail, &session, &device).await?;
                return Err(AuthError::WrongPassword);
            }
            let guard = Guard { user_id, verified_hash: Some(user.password_hash), session_id: None };
            match self.renew(&presented, guard, &session, &device).await {
                Err(AuthError::AccountChanged) => {}
                outcome => return outcome,
            }
        }
    }
}

fn is_recent(auth_time: Timestamp, now: Timestamp) -> bool {
    now.secs() - auth_time.secs() <= STEP_UP_MAX_AGE
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_sign_in_is_recent_for_ten_minutes_to_the_second() {
        let signed_in = Timestamp(1_800_000_000_000);
        for (age, recent) in [(0, true), (599, true), (600, true), (601, false), (86_400, false)] {
            assert_eq!(is_recent(signed_in, signed_in.plus(Duration::from_secs(age))), recent, "{age}");
        }
        assert!(is_recent(signed_in, signed_in.minus(Duration::from_secs(5))), "the clock was set back");
    }
}
