//! Signing keys and their rotation (JWKS, RFC 7517). A key is first `next` (published, not used yet), then `active` (signs),
//! then `retired` (verifies until the last token signed with it has expired). So a rotation signs nobody out, and every
//! verifier has a key before it sees the first token signed with it.

use std::{collections::HashMap, fmt};

use aws_lc_rs::{
    digest,
    signature::{Ed25519KeyPair, KeyPair as _},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{DecodingKey, EncodingKey};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::auth::error::AuthError;
use crate::auth::model::secret::SealingKey;
use crate::auth::random;
use crate::auth::store::StoreError;
use crate::clock::Timestamp;

/// The state of a key in its life cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// Published, not used yet.
    Next,
    /// Signs new tokens.
    Active,
    /// Only verifies.
    Retired,
}

impl KeyState {
    pub const fn as_str(self) -> &'static str {
        match self {
            KeyState::Next => "next",
            KeyState::Active => "active",
            KeyState::Retired => "retired",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [KeyState::Next, KeyState::Active, KeyState::Retired].into_iter().find(|state| state.as_str() == text)
    }
}

/// A signing key as stored, with the private part encrypted.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredKey {
    /// The RFC 7638 thumbprint of the public key.
    pub kid: String,
    pub state: KeyState,
    /// The Ed25519 seed, sealed under the server secret and bound to `kid`.
    pub sealed: Vec<u8>,
    pub created_at: Timestamp,
    pub activated_at: Option<Timestamp>,
    pub retired_at: Option<Timestamp>,
}

impl fmt::Debug for StoredKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoredKey({} {})", self.kid, self.state.as_str())
    }
}

/// A public key of the JWKS endpoint (RFC 8037).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PublicJwk {
    pub kty: &'static str,
    pub crv: &'static str,
    pub x: String,
    pub kid: String,
    pub alg: &'static str,
    #[serde(rename = "use")]
    pub usage: &'static str,
}

/// All keys in use. Immutable: a rotation replaces the whole set.
pub struct KeySet {
    /// Grows by one with each set that this instance installs.
    pub version: u64,
    pub active_kid: String,
    pub signing: EncodingKey,
    verifying: HashMap<String, DecodingKey>,
    jwks: Vec<PublicJwk>,
    /// As read from the store, oldest first.
    pub stored: Vec<StoredKey>,
}

impl KeySet {
    /// Unseals stored keys. A retired key that cannot be read is left out, with an error in the log: tokens signed with it are
    /// refused, which costs their clients a refresh.
    ///
    /// # Errors
    ///
    /// [`StoreError::Corrupt`] when the active or the next key cannot be read (the message names it), or no key at all: then
    /// the server secret is another. [`AuthError::Internal`] without an active key.
    pub fn unseal(sealing: &SealingKey, stored: Vec<StoredKey>) -> Result<Self, AuthError> {
        let mut active = None;
        let mut verifying = HashMap::new();
        let mut jwks = Vec::new();
        let mut unreadable = Vec::new();
        for key in &stored {
            let Some((signing, public)) = open(sealing, key) else {
                unreadable.push(key);
                continue;
            };
            let x = URL_SAFE_NO_PAD.encode(&public);
            let decoding = DecodingKey::from_ed_components(&x).map_err(|_| AuthError::Internal("an Ed25519 key"))?;
            verifying.insert(key.kid.clone(), decoding);
            jwks.push(PublicJwk { kty: "OKP", crv: "Ed25519", x, kid: key.kid.clone(), alg: "EdDSA", usage: "sig" });
            if key.state == KeyState::Active {
                active = Some((key.kid.clone(), signing));
            }
        }
        if !unreadable.is_empty() && verifying.is_empty() {
            return corrupt(
                "the signing keys were sealed with another server secret: start with the secret file they belong to",
            );
        }
        for key in unreadable {
            if key.state != KeyState::Retired {
                return corrupt(format!(
                    "the {} signing key {} cannot be read, though others can: its row is damaged. Restore it from a backup, or \
                     run `two-tokens keys retire --now`, which makes new keys",
                    key.state.as_str(),
                    key.kid
                ));
            }
            tracing::error!(kid = key.kid, "a retired signing key cannot be read: its row is damaged and is left out");
        }
        let (active_kid, signing) = active.ok_or(AuthError::Internal("there is no active signing key"))?;
        Ok(Self { version: 0, active_kid, signing, verifying, jwks, stored })
    }

    /// The key that verifies tokens with this `kid`.
    pub fn verifying(&self, kid: &str) -> Option<&DecodingKey> {
        self.verifying.get(kid)
    }

    /// The public keys, `next` included.
    pub fn jwks(&self) -> &[PublicJwk] {
        &self.jwks
    }

    pub(super) fn active_since(&self) -> Option<Timestamp> {
        self.stored.iter().find(|key| key.state == KeyState::Active)?.activated_at
    }
}

fn corrupt<T>(why: impl Into<String>) -> Result<T, AuthError> {
    Err(AuthError::Store(StoreError::Corrupt(why.into())))
}

/// The signing and the public key of a stored key; `None` where it was sealed with another secret, or is damaged.
fn open(sealing: &SealingKey, key: &StoredKey) -> Option<(EncodingKey, Vec<u8>)> {
    let seed = Zeroizing::new(sealing.open(&key.kid, &key.sealed).ok()?);
    open_seed(&seed).ok()
}

pub(super) fn generate(sealing: &SealingKey, state: KeyState, now: Timestamp) -> Result<StoredKey, AuthError> {
    let seed = Zeroizing::new(random::bytes::<32>());
    let (_, public) = open_seed(seed.as_slice())?;
    let kid = thumbprint(&public);
    let sealed = sealing.seal(&kid, seed.as_slice()).map_err(|_| AuthError::Internal("sealing a signing key"))?;
    let activated_at = (state == KeyState::Active).then_some(now);
    Ok(StoredKey { kid, state, sealed, created_at: now, activated_at, retired_at: None })
}

/// The signing key and the public key of an Ed25519 seed.
fn open_seed(seed: &[u8]) -> Result<(EncodingKey, Vec<u8>), AuthError> {
    const BAD: AuthError = AuthError::Internal("an Ed25519 seed");
    let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| BAD)?;
    let pkcs8 = pair.to_pkcs8v1().map_err(|_| BAD)?;
    Ok((EncodingKey::from_ed_der(pkcs8.as_ref()), pair.public_key().as_ref().to_vec()))
}

/// The JWK thumbprint (RFC 7638): SHA-256 over the required members in lexical order.
fn thumbprint(public: &[u8]) -> String {
    let x = URL_SAFE_NO_PAD.encode(public);
    let canonical = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, canonical.as_bytes()))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::auth::model::secret::ServerSecret;

    #[test]
    fn the_thumbprint_is_that_of_rfc_8037() {
        let public = URL_SAFE_NO_PAD.decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").unwrap();
        assert_eq!(thumbprint(&public), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    pub(in crate::auth::token) fn sealing() -> SealingKey {
        ServerSecret::new([7; 32]).sealing_key()
    }

    /// A retired, an active and a next key.
    pub(in crate::auth::token) fn set() -> Vec<StoredKey> {
        [KeyState::Retired, KeyState::Active, KeyState::Next]
            .map(|state| generate(&sealing(), state, Timestamp::from_secs(1)).unwrap())
            .into()
    }

    fn damaged(at: &[usize]) -> Result<KeySet, String> {
        let mut keys = set();
        at.iter().for_each(|&at| keys[at].sealed.reverse());
        KeySet::unseal(&sealing(), keys).map_err(|error| error.to_string())
    }

    #[test]
    fn a_damaged_retired_key_is_left_out_and_any_other_is_named() {
        let whole = damaged(&[]).unwrap();
        assert_eq!(whole.jwks().len(), 3);
        let without = damaged(&[0]).unwrap();
        assert_eq!(without.jwks().len(), 2);
        for (at, state) in [(1, "active"), (2, "next")] {
            let error = damaged(&[at]).err().unwrap();
            assert!(error.contains(&format!("the {state} signing key ")) && !error.contains("secret"), "{error}");
        }
        let error = damaged(&[0, 1, 2]).err().unwrap();
        assert!(error.contains("another server secret"), "{error}");
    }
}
