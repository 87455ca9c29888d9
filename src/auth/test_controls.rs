//! Test controls: switches that weaken a defence, so that the lab can show the attack it stops. Compiled with the cargo
//! feature `lab` only; a build without it has no such switch.

use std::sync::PoisonError;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

use super::service::AuthService;
use crate::protocol::tokens::AccessToken;

impl AuthService {
    /// An access token with the same claims and a good signature, whoever signed the first one. `None` where there are no claims.
    pub fn sign_again(&self, token: &str) -> Option<AccessToken> {
        let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
        let claims: Map<String, Value> = serde_json::from_slice(&claims).ok()?;
        self.tokens.keys.current().signing.sign(&claims).ok().map(AccessToken::new)
    }

    /// Clears the in-memory revocation list: access tokens of ended sessions work again until they expire.
    pub fn forget_revocations(&self) {
        *self.revoked.0.write().unwrap_or_else(PoisonError::into_inner) = Default::default();
    }
}
