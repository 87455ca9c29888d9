//! The server secret and the keys derived from it by HKDF-SHA-256 (RFC 5869). Each key has its own label (key separation), so
//! a leaked key reveals nothing about the others.

use std::fmt;

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hkdf, hmac,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::auth::random;

/// The root secret: 32 random bytes from the secret file. Prints as `[redacted]`, is wiped on drop.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct ServerSecret([u8; 32]);

impl fmt::Debug for ServerSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerSecret([redacted])")
    }
}

impl ServerSecret {
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// A new random secret.
    pub fn generate() -> Self {
        Self(random::bytes())
    }

    /// The contents of the secret file: base64url without padding.
    pub fn to_text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// Parses the contents of a secret file; surrounding whitespace is ignored.
    pub fn from_text(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text.trim()).ok()?;
        Some(Self(bytes.try_into().ok()?))
    }

    fn derive(&self, label: &'static [u8]) -> [u8; 32] {
        struct Len32;
        impl hkdf::KeyType for Len32 {
            fn len(&self) -> usize {
                32
            }
        }
        let mut key = [0; 32];
        let info = [label];
        let filled = hkdf::Salt::new(hkdf::HKDF_SHA256, b"two-tokens/v1")
            .extract(&self.0)
            .expand(&info, Len32)
            .and_then(|okm| okm.fill(&mut key));
        assert!(filled.is_ok(), "HKDF-SHA-256 outputs 32 bytes for every input");
        key
    }

    /// For the tags of refresh tokens.
    pub fn refresh_token_key(&self) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, &self.derive(b"refresh-token"))
    }

    /// For values encrypted at rest.
    pub fn sealing_key(&self) -> SealingKey {
        SealingKey(self.derive(b"sealing"))
    }

    /// For the keys under which the throttle counts.
    pub fn throttle_key(&self) -> FingerprintKey {
        FingerprintKey(hmac::Key::new(hmac::HMAC_SHA256, &self.derive(b"throttle")))
    }

    /// For the tags of device cookies.
    pub fn device_cookie_key(&self) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, &self.derive(b"known-browser"))
    }

    /// For the tags of challenges and bound cookies.
    pub fn binding_key(&self) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, &self.derive(b"device-binding"))
    }

    /// For session fingerprints in the log.
    pub fn fingerprint_key(&self) -> FingerprintKey {
        FingerprintKey(hmac::Key::new(hmac::HMAC_SHA256, &self.derive(b"log-fingerprint")))
    }
}

/// Encrypts values at rest in the database: AES-256-GCM, with a name as the associated data.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct SealingKey([u8; 32]);

/// The secret file does not belong to this database.
#[derive(Debug, thiserror::Error)]
#[error("a sealed value could not be opened: the server secret is not the one it was sealed with")]
pub struct WrongSecret;

impl SealingKey {
    fn cipher(&self) -> Option<LessSafeKey> {
        UnboundKey::new(&AES_256_GCM, &self.0).ok().map(LessSafeKey::new)
    }

    /// Encrypts to `nonce ‖ ciphertext ‖ tag`, which opens only with the same `name`.
    ///
    /// # Errors
    ///
    /// The cipher refused its input.
    pub fn seal(&self, name: &str, plain: &[u8]) -> Result<Vec<u8>, WrongSecret> {
        let nonce: [u8; NONCE_LEN] = random::bytes();
        let mut sealed = plain.to_vec();
        self.cipher()
            .ok_or(WrongSecret)?
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(name.as_bytes()), &mut sealed)
            .map_err(|_| WrongSecret)?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Decrypts a sealed value.
    ///
    /// # Errors
    ///
    /// The value was sealed with another secret or name, or it was altered.
    pub fn open(&self, name: &str, sealed: &[u8]) -> Result<Vec<u8>, WrongSecret> {
        let (nonce, ciphertext) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(WrongSecret)?;
        let mut buffer = ciphertext.to_vec();
        let plain = self
            .cipher()
            .ok_or(WrongSecret)?
            .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(name.as_bytes()), &mut buffer)
            .map_err(|_| WrongSecret)?
            .to_vec();
        buffer.zeroize();
        Ok(plain)
    }
}

/// Computes keyed fingerprints (truncated HMAC-SHA-256): pseudonyms in logs and database keys. Without the key a fingerprint
/// cannot be reversed, and a guess cannot be tested against it.
#[derive(Clone)]
pub struct FingerprintKey(hmac::Key);

impl FingerprintKey {
    /// A short fingerprint for a log line: twelve hex digits.
    pub fn of(&self, value: &[u8]) -> String {
        hmac::sign(&self.0, value).as_ref().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
    }

    /// A fingerprint long enough to be a unique key; equal values of different kinds get different fingerprints.
    pub fn long(&self, kind: &str, value: &[u8]) -> [u8; 16] {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(kind.as_bytes());
        context.update(&[0]);
        context.update(value);
        let mut long = [0; 16];
        long.copy_from_slice(&context.sign().as_ref()[..16]);
        long
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_round_trips_through_its_file_and_is_not_printed() {
        let secret = ServerSecret::generate();
        let again = ServerSecret::from_text(&format!("{}\n", secret.to_text())).unwrap();
        assert_eq!(secret.0, again.0);
        assert!(!format!("{secret:?}").contains(&secret.to_text()));
        assert!(ServerSecret::from_text("short").is_none());
    }

    #[test]
    fn a_sealed_value_opens_only_under_its_name_and_secret() {
        let key = ServerSecret::generate().sealing_key();
        let sealed = key.seal("kid-1", b"seed").unwrap();
        assert_eq!(key.open("kid-1", &sealed).unwrap(), b"seed");
        assert!(key.open("kid-2", &sealed).is_err());
        assert!(ServerSecret::generate().sealing_key().open("kid-1", &sealed).is_err());
        assert!(key.open("kid-1", &sealed[..5]).is_err());
    }

    #[test]
    fn each_hkdf_label_derives_a_different_key() {
        let secret = ServerSecret::new([7; 32]);
        assert_ne!(secret.derive(b"a"), secret.derive(b"b"));
        assert_eq!(secret.derive(b"a"), secret.derive(b"a"));
    }
}
