//! Some calls could harm the account's owner if somebody else made them with a token that was left lying about. They need a
//! sign-in that is not old (RFC 9470); entering the password again makes it new, and only that does.

use super::access_token::Verified;
use super::error::AuthError;
use super::event::EventKind;
use super::password::{Password, Verification};
use super::refresh_token::Presented;
use super::service::{AuthService, Grant};
use super::session::Device;
use crate::api::account::RECENT_SECONDS;

impl AuthService {
    /// Whether the password was entered lately, by the claims alone.
    pub(super) fn recent(&self, who: &Verified) -> Result<(), AuthError> {
        if self.clock.now().secs() - who.auth_time.secs() > RECENT_SECONDS { Err(AuthError::NotRecent) } else { Ok(()) }
    }

    /// Turns the refresh token as a refresh does, and the time of authentication with it. The password is looked at only
    /// when the token is good: an old one is reuse whatever comes with it, and learns nothing about the password. It counts
    /// as a refresh and as a guess.
    pub async fn reauthenticate(
        &self,
        presented: Presented,
        password: Password,
        device: Device,
    ) -> Result<Grant, AuthError> {
        password.not_oversized("password")?;
        self.attempts.refresh(presented.session_id)?;
        let (session, ..) = self.judge(&presented, &device).await?;
        let (user_id, session_id) = (Some(session.user_id), Some(session.id));
        let user = self.store.user(session.user_id).await?.ok_or(AuthError::RefreshTokenInvalid)?;
        let attempt = self.attempts.confirm(user.id).await?;
        match self.verify_own(&user, password, attempt).await? {
            Verification::Right => {
                // Before the turn: after it nothing may stand between the new token and the browser.
                self.record(EventKind::Reauthenticated, user_id, session_id, &device, "").await?;
                self.take_turn(&presented, &device, true).await
            }
            Verification::Wrong => {
                self.record(EventKind::ReauthenticationFail, user_id, session_id, &device, "").await?;
                Err(AuthError::WrongPassword)
            }
        }
    }
}
