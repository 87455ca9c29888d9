//! The demo user of `make run`, for a first look around. Loopback addresses only: its password is public.

use crate::auth::error::AuthError;
use crate::auth::model::device::Device;
use crate::auth::service::AuthService;
use crate::auth::sign_in::Visitor;

/// The demo user's address.
pub const EMAIL: &str = "demo@example.com";
/// The demo user's password, as printed at start.
pub const PASSWORD: &str = "two tokens, one session";

/// Creates the demo user, unless it exists.
///
/// # Errors
///
/// Those of [`AuthService::register`], except a taken address.
pub async fn ensure(auth: &AuthService) -> Result<(), AuthError> {
    let device = Device::from_user_agent("two-tokens");
    let visitor = Visitor { device: device.clone(), ..Visitor::default() };
    match auth.register(EMAIL, PASSWORD.to_owned().into(), visitor).await {
        Ok(grant) => auth.logout(auth.open_refresh_token(grant.refresh_token.reveal()).ok(), &device).await,
        Err(AuthError::EmailTaken) => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::password::rules::hard_to_guess;

    #[test]
    fn the_demo_password_satisfies_the_password_policy() {
        assert!(hard_to_guess(&PASSWORD.to_owned().into(), EMAIL, "password").is_ok());
    }
}
