//! A device with a key of its own: what a browser with device-bound sessions does by itself (W3C DBSC), for the second device of a
//! sandbox. The key is in this server's memory, so it is no hardware; what it shows is that the thief does not have it.

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::auth::binding::proof::TYPE;
use crate::auth::error::AuthError;

pub struct DeviceWithKey(EcdsaKeyPair);

impl DeviceWithKey {
    /// # Errors
    /// If no key can be made.
    pub fn new() -> Result<Self, AuthError> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING);
        Ok(Self(pair.map_err(|_| AuthError::Internal("a device's key"))?))
    }

    /// The proof that binds a session, over the challenge of its sign-in.
    ///
    /// # Errors
    /// If it cannot be signed.
    pub fn registration(&self, challenge: &str) -> Result<String, AuthError> {
        let (x, y) = self.0.public_key().as_ref().split_at(1).1.split_at(32);
        let jwk =
            json!({ "kty": "EC", "crv": "P-256", "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y) });
        let header = json!({ "alg": "ES256", "typ": TYPE, "jwk": jwk });
        let encoded = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let message = format!("{}.{}", encoded(&header), encoded(&json!({ "jti": challenge })));
        let signature = self.0.sign(&SystemRandom::new(), message.as_bytes());
        let signature = signature.map_err(|_| AuthError::Internal("a device's signature"))?;
        Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref())))
    }
}
