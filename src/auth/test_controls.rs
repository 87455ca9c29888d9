//! Test controls: switches that weaken a defence, so that the lab can show the attack it stops. Compiled with the cargo
//! feature `lab` only; a build without it has no such switch.

use std::sync::PoisonError;

use super::service::AuthService;

impl AuthService {
    /// Clears the in-memory revocation list: access tokens of ended sessions work again until they expire.
    pub fn forget_revocations(&self) {
        *self.revoked.0.write().unwrap_or_else(PoisonError::into_inner) = Default::default();
    }
}
