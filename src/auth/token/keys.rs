//! Signing keys and their rotation (JWKS, RFC 7517). A key is first `next` (published, not used yet), then `active` (signs),
//! then `retired` (verifies until the last token signed with it has expired). So a rotation signs nobody out, and every
//! verifier has a key before it sees the first token signed with it.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, RwLock},
    time::Duration,
};

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
use crate::auth::store::{SigningKeys, StoreError};
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
    pub active_kid: String,
    pub signing: EncodingKey,
    verifying: HashMap<String, DecodingKey>,
    jwks: Vec<PublicJwk>,
    /// As read from the store, oldest first.
    pub stored: Vec<StoredKey>,
}

impl KeySet {
    /// Unseals stored keys.
    ///
    /// # Errors
    ///
    /// [`AuthError::Store`] when a key was sealed with another server secret, [`AuthError::Internal`] without an active key.
    pub fn unseal(sealing: &SealingKey, stored: Vec<StoredKey>) -> Result<Self, AuthError> {
        let mut active = None;
        let mut verifying = HashMap::new();
        let mut jwks = Vec::new();
        for key in &stored {
            let seed = Zeroizing::new(sealing.open(&key.kid, &key.sealed).map_err(|_| {
                AuthError::Store(StoreError::Corrupt(
                    "the signing keys were sealed with another server secret: start with the secret file they belong to"
                        .into(),
                ))
            })?);
            let (signing, public) = open_seed(&seed)?;
            let x = URL_SAFE_NO_PAD.encode(&public);
            let decoding = DecodingKey::from_ed_components(&x).map_err(|_| AuthError::Internal("an Ed25519 key"))?;
            verifying.insert(key.kid.clone(), decoding);
            jwks.push(PublicJwk { kty: "OKP", crv: "Ed25519", x, kid: key.kid.clone(), alg: "EdDSA", usage: "sig" });
            if key.state == KeyState::Active {
                active = Some((key.kid.clone(), signing));
            }
        }
        let (active_kid, signing) = active.ok_or(AuthError::Internal("there is no active signing key"))?;
        Ok(Self { active_kid, signing, verifying, jwks, stored })
    }

    /// The key that verifies tokens with this `kid`.
    pub fn verifying(&self, kid: &str) -> Option<&DecodingKey> {
        self.verifying.get(kid)
    }

    /// The public keys, `next` included.
    pub fn jwks(&self) -> &[PublicJwk] {
        &self.jwks
    }

    fn active_since(&self) -> Option<Timestamp> {
        self.stored.iter().find(|key| key.state == KeyState::Active)?.activated_at
    }
}

/// The current key set of this instance, reloaded when the store changes.
pub struct KeyRing {
    sealing: SealingKey,
    current: RwLock<Arc<KeySet>>,
}

/// How long a retired key keeps verifying beyond one access-token lifetime: another instance signs with it until it learns of
/// the rotation.
pub const PROPAGATION_DELAY: Duration = Duration::from_secs(120);

impl KeyRing {
    /// Loads the keys. The very first start creates an active and a next key.
    ///
    /// # Errors
    ///
    /// [`AuthError::Store`]; [`StoreError::Corrupt`] when the keys were sealed with another server secret.
    pub async fn open(store: &dyn SigningKeys, sealing: SealingKey, now: Timestamp) -> Result<Self, AuthError> {
        let mut stored = store.signing_keys().await?;
        if !stored.iter().any(|key| key.state == KeyState::Active) {
            let active = generate(&sealing, KeyState::Active, now)?;
            let next = generate(&sealing, KeyState::Next, now)?;
            store.create_first_signing_keys(&active, &next).await?;
            stored = store.signing_keys().await?;
        }
        let set = KeySet::unseal(&sealing, stored)?;
        Ok(Self { sealing, current: RwLock::new(Arc::new(set)) })
    }

    /// The key set in use.
    pub fn current(&self) -> Arc<KeySet> {
        self.current.read().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }

    /// Reloads the keys from the store; `true` when they changed.
    ///
    /// # Errors
    ///
    /// As [`KeyRing::open`]; the current set stays in use.
    pub async fn reload(&self, store: &dyn SigningKeys) -> Result<bool, AuthError> {
        let stored = store.signing_keys().await?;
        if stored == self.current().stored {
            return Ok(false);
        }
        let set = Arc::new(KeySet::unseal(&self.sealing, stored)?);
        *self.current.write().unwrap_or_else(|poisoned| poisoned.into_inner()) = set;
        Ok(true)
    }

    /// Rotates the keys: the active key retires, `next` becomes active, and a new `next` is published. `false` when another
    /// instance rotated first.
    ///
    /// # Errors
    ///
    /// [`AuthError::Store`].
    pub async fn rotate(&self, store: &dyn SigningKeys, now: Timestamp) -> Result<bool, AuthError> {
        let next = generate(&self.sealing, KeyState::Next, now)?;
        let rotated = store.rotate_signing_keys(&self.current().active_kid, &next, now).await?;
        self.reload(store).await?;
        Ok(rotated)
    }

    /// Rotates the keys when the active one is older than `max_age`, and deletes retired keys that no valid token needs. `true`
    /// when the set changed, `false` also when another instance rotated first.
    ///
    /// # Errors
    ///
    /// [`AuthError::Store`].
    pub async fn maintain(
        &self,
        store: &dyn SigningKeys,
        now: Timestamp,
        max_age: Duration,
        access_ttl: Duration,
    ) -> Result<bool, AuthError> {
        let unused_since = now.minus(access_ttl + PROPAGATION_DELAY);
        store.forget_retired_keys(unused_since).await?;
        let changed = self.reload(store).await?;
        match self.current().active_since() {
            Some(since) if since.plus(max_age) <= now => self.rotate(store, now).await,
            _ => Ok(changed),
        }
    }
}

fn generate(sealing: &SealingKey, state: KeyState, now: Timestamp) -> Result<StoredKey, AuthError> {
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
mod tests {
    use super::*;

    #[test]
    fn the_thumbprint_is_that_of_rfc_8037() {
        let public = URL_SAFE_NO_PAD.decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").unwrap();
        assert_eq!(thumbprint(&public), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }
}
