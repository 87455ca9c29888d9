//! The refresh token format: `ttr_` and the base64url of session id, generation and a truncated HMAC tag. The outer half of
//! the tag depends on the server secret only, so a forged token is refused before any query. The inner half depends on the
//! session's salt too, so a leaked secret without the database forges nothing.

use std::fmt;

use aws_lc_rs::{constant_time, hmac};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use crate::auth::binding::tags::BoundCookie;
use crate::auth::model::secret::ServerSecret;
use crate::auth::model::session::{Salt, SessionId};

const PREFIX: &str = "ttr_";
const PAYLOAD: usize = 16 + 4;
const HALF: usize = 16;
const BYTES: usize = PAYLOAD + 2 * HALF;
/// The exact length of a refresh token, in characters.
pub const LENGTH: usize = PREFIX.len() + (BYTES * 4).div_ceil(3);

/// An issued refresh token. Prints as `[redacted]`, is wiped on drop, cannot be serialized.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshToken(Zeroizing<String>);

impl RefreshToken {
    /// The secret text. Only for the cookie.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshToken([redacted])")
    }
}

/// A presented refresh token with a verified outer tag. [`RefreshTokenKey::is_bound`] verifies the inner one.
#[derive(Clone, Copy)]
pub struct Presented {
    pub session_id: SessionId,
    pub generation: u32,
    bound_cookie: Option<BoundCookie>,
    may_prove_later: bool,
    inner: [u8; HALF],
}

impl Presented {
    /// Together with the bound cookie of the request. `may_prove_later`: its browser has a binding, and could not renew the cookie
    /// just now.
    #[must_use]
    pub fn with(self, bound_cookie: Option<BoundCookie>, may_prove_later: bool) -> Self {
        Self { bound_cookie, may_prove_later, ..self }
    }

    /// The bound cookie that came along. Verified where the session's row is judged.
    pub fn bound_cookie(&self) -> Option<&BoundCookie> {
        self.bound_cookie.as_ref()
    }

    /// Whether the browser says that it has a binding. A copied refresh token alone says nothing.
    pub fn may_prove_later(&self) -> bool {
        self.may_prove_later
    }
}

impl fmt::Debug for Presented {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Presented({}, generation {})", self.session_id, self.generation)
    }
}

/// The token is malformed or forged. The caller does not learn which, so this is not an oracle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a refresh token of this server")]
pub struct Forged;

/// Issues and verifies refresh tokens.
pub struct RefreshTokenKey(hmac::Key);

impl RefreshTokenKey {
    pub fn new(secret: &ServerSecret) -> Self {
        Self(secret.refresh_token_key())
    }

    /// The token of a session and generation. Deterministic, so the newest token can be issued again without being stored.
    pub fn token(&self, session_id: SessionId, salt: &Salt, generation: u32) -> RefreshToken {
        let payload = payload(session_id, generation);
        let mut bytes = Zeroizing::new([0; BYTES]);
        bytes[..PAYLOAD].copy_from_slice(&payload);
        bytes[PAYLOAD..PAYLOAD + HALF].copy_from_slice(&self.outer(&payload));
        bytes[PAYLOAD + HALF..].copy_from_slice(&self.inner(&payload, salt));
        let mut text = Zeroizing::new(String::with_capacity(LENGTH));
        text.push_str(PREFIX);
        URL_SAFE_NO_PAD.encode_string(bytes.as_slice(), &mut text);
        RefreshToken(text)
    }

    /// Parses a token and verifies its outer tag in constant time. Stateless.
    ///
    /// # Errors
    ///
    /// [`Forged`] for everything that this server did not issue.
    pub fn open(&self, text: &str) -> Result<Presented, Forged> {
        if text.len() != LENGTH {
            return Err(Forged);
        }
        let encoded = text.strip_prefix(PREFIX).ok_or(Forged)?;
        let mut bytes = Zeroizing::new([0; BYTES]);
        let written = URL_SAFE_NO_PAD.decode_slice(encoded, bytes.as_mut_slice()).map_err(|_| Forged)?;
        if written != BYTES {
            return Err(Forged);
        }
        let (payload, halves) = bytes.split_first_chunk::<PAYLOAD>().ok_or(Forged)?;
        let (outer, inner) = halves.split_first_chunk::<HALF>().ok_or(Forged)?;
        constant_time::verify_slices_are_equal(outer, &self.outer(payload)).map_err(|_| Forged)?;
        let (id, generation) = payload.split_first_chunk::<16>().ok_or(Forged)?;
        Ok(Presented {
            session_id: SessionId(*id),
            generation: u32::from_be_bytes(generation.try_into().map_err(|_| Forged)?),
            bound_cookie: None,
            may_prove_later: false,
            inner: inner.try_into().map_err(|_| Forged)?,
        })
    }

    /// Whether the inner tag matches the session's salt. Constant time.
    pub fn is_bound(&self, presented: &Presented, salt: &Salt) -> bool {
        let payload = payload(presented.session_id, presented.generation);
        constant_time::verify_slices_are_equal(&presented.inner, &self.inner(&payload, salt)).is_ok()
    }

    fn outer(&self, payload: &[u8; PAYLOAD]) -> [u8; HALF] {
        self.half(b"outer", &[], payload)
    }

    fn inner(&self, payload: &[u8; PAYLOAD], salt: &Salt) -> [u8; HALF] {
        self.half(b"inner", &salt.0, payload)
    }

    fn half(&self, label: &[u8], salt: &[u8], payload: &[u8; PAYLOAD]) -> [u8; HALF] {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(label);
        context.update(salt);
        context.update(payload);
        let mut half = [0; HALF];
        half.copy_from_slice(&context.sign().as_ref()[..HALF]);
        half
    }
}

fn payload(session_id: SessionId, generation: u32) -> [u8; PAYLOAD] {
    let mut payload = [0; PAYLOAD];
    payload[..16].copy_from_slice(&session_id.0);
    payload[16..].copy_from_slice(&generation.to_be_bytes());
    payload
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::random;

    fn key() -> RefreshTokenKey {
        RefreshTokenKey::new(&ServerSecret::generate())
    }

    #[test]
    fn a_token_round_trips_and_is_deterministic() {
        let (key, id, salt) = (key(), SessionId(random::bytes()), Salt(random::bytes()));
        for generation in [0, 1, 77, u32::MAX] {
            let token = key.token(id, &salt, generation);
            assert_eq!(token.reveal().len(), LENGTH);
            assert_eq!(key.token(id, &salt, generation), token);
            let presented = key.open(token.reveal()).unwrap();
            assert_eq!((presented.session_id, presented.generation), (id, generation));
            assert!(key.is_bound(&presented, &salt));
        }
    }

    #[test]
    fn a_presented_token_is_printed_without_its_secret() {
        let (key, id) = (key(), SessionId([1; 16]));
        let presented = key.open(key.token(id, &Salt([2; 32]), 5).reveal()).unwrap();
        assert_eq!(format!("{presented:?}"), format!("Presented({id}, generation 5)"));
    }

    #[test]
    fn a_token_brings_along_what_its_browser_says_of_its_binding_and_nothing_by_itself() {
        let key = key();
        let presented = key.open(key.token(SessionId([1; 16]), &Salt([2; 32]), 5).reveal()).unwrap();
        assert!(presented.bound_cookie().is_none() && !presented.may_prove_later());
        let cookie = BoundCookie::open(&"A".repeat(32));
        let bound = presented.with(cookie, true);
        assert!(cookie.is_some() && bound.bound_cookie() == cookie.as_ref() && bound.may_prove_later());
    }

    #[test]
    fn every_flipped_bit_is_detected() {
        let (key, salt) = (key(), Salt(random::bytes()));
        let token = key.token(SessionId(random::bytes()), &salt, 3);
        let bytes = URL_SAFE_NO_PAD.decode(&token.reveal()[PREFIX.len()..]).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut forged = bytes.clone();
            forged[bit / 8] ^= 1 << (bit % 8);
            let text = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(&forged));
            let passes = key.open(&text).is_ok_and(|presented| key.is_bound(&presented, &salt));
            assert!(!passes, "bit {bit}");
        }
    }

    #[test]
    fn the_secret_without_the_salt_and_the_salt_without_the_secret_forge_nothing() {
        let (key, id, salt) = (key(), SessionId(random::bytes()), Salt(random::bytes()));
        let guessed_salt = key.token(id, &Salt([0; 32]), 1);
        assert!(!key.is_bound(&key.open(guessed_salt.reveal()).unwrap(), &salt));
        let other_secret = RefreshTokenKey::new(&ServerSecret::generate()).token(id, &salt, 1);
        assert_eq!(key.open(other_secret.reveal()).unwrap_err(), Forged);
    }

    #[test]
    fn malformed_text_is_refused() {
        let key = key();
        let long = "ttr_".to_owned() + &"A".repeat(1_000_000);
        for text in ["", "ttr_", "ttr_!", "Bearer x", &"A".repeat(LENGTH), &long, "ttr_\u{0}", &"é".repeat(LENGTH / 2)]
        {
            assert_eq!(key.open(text).unwrap_err(), Forged);
        }
    }

    #[test]
    fn a_refresh_token_is_never_printed() {
        let token = key().token(SessionId([1; 16]), &Salt([2; 32]), 9);
        assert_eq!(format!("{token:?}"), "RefreshToken([redacted])");
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(10_000))]
        #[test]
        fn random_text_is_never_accepted(text in "(ttr_)?[A-Za-z0-9_=+/-]{0,80}|\\PC{0,90}") {
            proptest::prop_assert!(RefreshTokenKey(hmac::Key::new(hmac::HMAC_SHA256, b"k")).open(&text).is_err());
        }
    }
}
