//! The signing keys. Each is `next` (published, not yet used), `active` (signs), then `retired` (verifies until the last
//! token signed with it is dead), so a turn signs nobody out and every instance knows a key before the first token comes.

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

use super::error::AuthError;
use super::random;
use super::secret::SealingKey;
use crate::clock::Timestamp;
use crate::store::{Store, StoreError};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    Next,
    Active,
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

/// A key as the store keeps it: sealed.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredKey {
    /// RFC 7638 thumbprint of the public key.
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

/// A public key as `jwks.json` shows it (RFC 8037).
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

/// What signs and verifies right now. Immutable: a turn makes another.
pub struct KeySet {
    pub active_kid: String,
    pub signing: EncodingKey,
    verifying: HashMap<String, DecodingKey>,
    jwks: Vec<PublicJwk>,
    pub stored: Vec<StoredKey>,
}

impl KeySet {
    pub fn verifying(&self, kid: &str) -> Option<&DecodingKey> {
        self.verifying.get(kid)
    }

    pub fn jwks(&self) -> &[PublicJwk] {
        &self.jwks
    }

    fn active_since(&self) -> Option<Timestamp> {
        self.stored.iter().find(|key| key.state == KeyState::Active)?.activated_at
    }
}

/// The key set of this instance, read from the store and read again when it changes.
pub struct KeyRing {
    sealing: SealingKey,
    current: RwLock<Arc<KeySet>>,
}

/// How long a retired key goes on verifying beyond one access-token lifetime: another instance may sign with it until it
/// has heard of the turn.
pub const LATE_INSTANCES: Duration = Duration::from_secs(120);

impl KeyRing {
    /// Reads the keys, making the first two where there are none.
    pub async fn open(store: &dyn Store, sealing: SealingKey, now: Timestamp) -> Result<Self, AuthError> {
        let mut stored = store.signing_keys().await?;
        if !stored.iter().any(|key| key.state == KeyState::Active) {
            let active = generate(&sealing, KeyState::Active, now)?;
            let next = generate(&sealing, KeyState::Next, now)?;
            store.found_signing_keys(&active, &next).await?;
            stored = store.signing_keys().await?;
        }
        let set = build(&sealing, stored)?;
        Ok(Self { sealing, current: RwLock::new(Arc::new(set)) })
    }

    pub fn current(&self) -> Arc<KeySet> {
        self.current.read().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }

    /// Reads the store again; `true` when something changed.
    pub async fn reload(&self, store: &dyn Store) -> Result<bool, AuthError> {
        let stored = store.signing_keys().await?;
        if stored == self.current().stored {
            return Ok(false);
        }
        let set = Arc::new(build(&self.sealing, stored)?);
        *self.current.write().unwrap_or_else(|poisoned| poisoned.into_inner()) = set;
        Ok(true)
    }

    /// Turns the keys: `next` becomes active, the active one retires, a new `next` is published. `false` when another
    /// instance turned them first.
    pub async fn rotate(&self, store: &dyn Store, now: Timestamp) -> Result<bool, AuthError> {
        let next = generate(&self.sealing, KeyState::Next, now)?;
        let turned = store.turn_signing_keys(&self.current().active_kid, &next, now).await?;
        self.reload(store).await?;
        Ok(turned)
    }

    /// Turns the keys when the active one is older than `max_age`, and forgets retired keys no living token needs; `true`
    /// when the set is another afterwards.
    pub async fn keep_house(
        &self,
        store: &dyn Store,
        now: Timestamp,
        max_age: Duration,
        access_ttl: Duration,
    ) -> Result<bool, AuthError> {
        let dead_before = now.minus(access_ttl + LATE_INSTANCES);
        store.forget_retired_keys(dead_before).await?;
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

fn build(sealing: &SealingKey, stored: Vec<StoredKey>) -> Result<KeySet, AuthError> {
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
    Ok(KeySet { active_kid, signing, verifying, jwks, stored })
}

/// The signing key of a seed, and its public key.
fn open_seed(seed: &[u8]) -> Result<(EncodingKey, Vec<u8>), AuthError> {
    const BAD: AuthError = AuthError::Internal("an Ed25519 seed");
    let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| BAD)?;
    let pkcs8 = pair.to_pkcs8v1().map_err(|_| BAD)?;
    Ok((EncodingKey::from_ed_der(pkcs8.as_ref()), pair.public_key().as_ref().to_vec()))
}

/// RFC 7638: SHA-256 of the required members in lexical order.
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
