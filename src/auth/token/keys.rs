//! Signing keys and their rotation (JWKS, RFC 7517). A key is first `next` (published, not used yet), then `active` (signs),
//! then `retired` (verifies until the last token signed with it has expired). So a rotation signs nobody out, and every
//! verifier has a key before it sees the first token signed with it.

use std::{collections::HashMap, fmt};

use aws_lc_rs::{
    digest,
    signature::{Ed25519KeyPair, KeyPair as _},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::auth::error::AuthError;
use crate::auth::model::secret::SealingKey;
use crate::auth::random;
use crate::auth::store::StoreError;
use crate::clock::Timestamp;

/// The `typ` of an access token (RFC 9068 section 2.1).
pub const TYPE: &str = "at+jwt";
/// The encoded length of an Ed25519 signature, and the two dots.
const SIGNATURE_AND_DOTS: usize = 88;

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

/// A key that signs, parsed once: jsonwebtoken parses it for each token, which costs most of a signature again. The tests
/// compare what it signs with jsonwebtoken's encoder, byte for byte.
pub struct SigningKey {
    pair: Ed25519KeyPair,
    /// The encoded header of every token that it signs.
    header: String,
}

impl SigningKey {
    fn new(pair: Ed25519KeyPair, kid: &str) -> Result<Self, AuthError> {
        let header = Header { typ: Some(TYPE.to_owned()), kid: Some(kid.to_owned()), ..Header::new(Algorithm::EdDSA) };
        let json = serde_json::to_vec(&header).map_err(|_| AuthError::Internal("the header of access tokens"))?;
        Ok(Self { pair, header: URL_SAFE_NO_PAD.encode(json) })
    }

    /// The same key for jsonwebtoken's encoder.
    ///
    /// # Errors
    ///
    /// [`AuthError::Internal`] when the key cannot be exported.
    pub fn encoding_key(&self) -> Result<EncodingKey, AuthError> {
        let pkcs8 = self.pair.to_pkcs8v1().map_err(|_| AuthError::Internal("an Ed25519 key"))?;
        Ok(EncodingKey::from_ed_der(pkcs8.as_ref()))
    }

    /// A JWT in the compact form (RFC 7515 section 7.1).
    ///
    /// # Errors
    ///
    /// [`AuthError::Internal`] when the claims cannot be JSON.
    pub fn sign(&self, claims: &impl Serialize) -> Result<String, AuthError> {
        let json = serde_json::to_vec(claims).map_err(|_| AuthError::Internal("the claims of an access token"))?;
        let mut compact = String::with_capacity(self.header.len() + json.len() * 4 / 3 + SIGNATURE_AND_DOTS);
        compact.push_str(&self.header);
        compact.push('.');
        URL_SAFE_NO_PAD.encode_string(json, &mut compact);
        let signature = self.pair.sign(compact.as_bytes());
        compact.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut compact);
        Ok(compact)
    }
}

/// All keys in use. Immutable: a rotation replaces the whole set.
pub struct KeySet {
    /// Grows by one with each set that this instance installs.
    pub version: u64,
    pub active_kid: String,
    pub signing: SigningKey,
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
            let Some(pair) = open(sealing, key) else {
                unreadable.push(key);
                continue;
            };
            let x = URL_SAFE_NO_PAD.encode(pair.public_key());
            let decoding = DecodingKey::from_ed_components(&x).map_err(|_| AuthError::Internal("an Ed25519 key"))?;
            verifying.insert(key.kid.clone(), decoding);
            jwks.push(PublicJwk { kty: "OKP", crv: "Ed25519", x, kid: key.kid.clone(), alg: "EdDSA", usage: "sig" });
            if key.state == KeyState::Active {
                active = Some((key.kid.clone(), SigningKey::new(pair, &key.kid)?));
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

/// A stored key; `None` where it was sealed with another secret, or is damaged.
fn open(sealing: &SealingKey, key: &StoredKey) -> Option<Ed25519KeyPair> {
    let seed = Zeroizing::new(sealing.open(&key.kid, &key.sealed).ok()?);
    open_seed(&seed).ok()
}

pub(super) fn generate(sealing: &SealingKey, state: KeyState, now: Timestamp) -> Result<StoredKey, AuthError> {
    let seed = Zeroizing::new(random::bytes::<32>());
    let kid = thumbprint(open_seed(seed.as_slice())?.public_key().as_ref());
    let sealed = sealing.seal(&kid, seed.as_slice()).map_err(|_| AuthError::Internal("sealing a signing key"))?;
    let activated_at = (state == KeyState::Active).then_some(now);
    Ok(StoredKey { kid, state, sealed, created_at: now, activated_at, retired_at: None })
}

fn open_seed(seed: &[u8]) -> Result<Ed25519KeyPair, AuthError> {
    Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| AuthError::Internal("an Ed25519 seed"))
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
    fn what_is_signed_is_what_jsonwebtoken_signs() {
        #[derive(Serialize)]
        struct Claims<'a> {
            sub: &'a str,
            iat: i64,
        }
        for (sub, iat) in [("", 0), ("ada@example.com", 1_800_000_000), ("\u{fc}\"\\/ \u{2028}", -1)] {
            let key = SigningKey::new(open_seed(&random::bytes::<32>()).unwrap(), "k").unwrap();
            let header = Header { typ: Some(TYPE.into()), kid: Some("k".into()), ..Header::new(Algorithm::EdDSA) };
            let claims = Claims { sub, iat };
            let reference = jsonwebtoken::encode(&header, &claims, &key.encoding_key().unwrap()).unwrap();
            assert_eq!(key.sign(&claims).unwrap(), reference);
        }
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
