//! The demo user of `make run`, so that a newcomer can look around at once. Loopback only: its password is public.

use crate::auth::attempts::Caller;
use crate::auth::error::AuthError;
use crate::auth::service::AuthService;
use crate::auth::session::Device;

pub const EMAIL: &str = "demo@example.com";
pub const PASSWORD: &str = "two tokens, one session";

/// Makes the demo user where there is none.
pub async fn ensure(auth: &AuthService) -> Result<(), AuthError> {
    let (device, caller) = (Device::from_user_agent("two-tokens"), Caller::default());
    match auth.register(EMAIL, PASSWORD.to_owned().into(), device.clone(), &caller, None).await {
        Ok(grant) => auth.logout(auth.refresh_tokens.open(grant.refresh_token.reveal()).ok(), &device).await,
        Err(AuthError::EmailTaken) => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::password_rules::hard_to_guess;

    #[test]
    fn its_password_would_be_taken_from_anybody() {
        assert!(hard_to_guess(&PASSWORD.to_owned().into(), EMAIL, "password").is_ok());
    }
}
