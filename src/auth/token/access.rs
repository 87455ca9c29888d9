//! Access tokens: JWTs (RFC 9068) signed with Ed25519 and verified without the database. Validation is strict (RFC 8725): one
//! algorithm, one `typ`, a known `kid`, no header that refers to an external key, and every claim present.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, Header, Validation};
use quick_cache::sync::Cache;
use serde::{Deserialize, Serialize};

use crate::auth::error::AuthError;
use crate::auth::model::session::{Session, SessionId};
use crate::auth::model::user::UserId;
use crate::auth::random;
use crate::auth::token::{
    key_ring::KeyRing,
    keys::{KeySet, TYPE},
};
use crate::clock::Timestamp;
use crate::protocol::tokens::AccessToken;

/// The longest token that is parsed, in bytes. Issued tokens have about 600.
const LENGTH_MAX: usize = 4096;
/// The longest lifetime that a configuration may choose, and that a token may claim. All that must outlive a token (a
/// revocation, a retired key) is kept this long, whatever the lifetime is today: it may have been longer before a restart.
pub const ACCESS_TTL_MAX: Duration = Duration::from_secs(3600);
/// How far the clocks of two instances may differ: a token may be issued that far ahead of the verifier's clock.
pub const CLOCK_SKEW: Duration = Duration::from_secs(60);
/// The `client_id` claim: this app is its own only client.
pub const CLIENT_ID: &str = "two-tokens-web";

/// The claims of RFC 9068 section 2.2, all required, and the user's session epoch.
#[derive(Serialize, Deserialize)]
struct Claims<'a> {
    iss: Cow<'a, str>,
    aud: Cow<'a, str>,
    sub: Cow<'a, str>,
    sid: Cow<'a, str>,
    jti: Cow<'a, str>,
    iat: i64,
    exp: i64,
    auth_time: i64,
    client_id: Cow<'a, str>,
    /// Tokens from before this claim have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    session_epoch: Option<u64>,
}

/// The claims of a verified access token. Times are whole seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    pub user_id: UserId,
    pub session_id: SessionId,
    /// The user's session epoch at the time of issue ([`crate::auth::token::revoked`]).
    pub session_epoch: Option<u64>,
    pub auth_time: Timestamp,
    pub issued_at: Timestamp,
    pub expires_at: Timestamp,
}

/// Why an access token was refused (RFC 6750 section 3.1: `invalid_token`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("the access token has expired")]
    Expired,
    #[error("the access token is not valid")]
    Invalid,
}

/// Issues and verifies access tokens.
pub struct AccessTokens {
    issuer: String,
    audience: String,
    ttl: Duration,
    validation: Validation,
    /// Verified tokens, so that a repeated request costs no signature verification.
    verified: Option<Cache<Box<[u8]>, Remembered>>,
}

/// A verified token, with the version of the key set that verified it.
#[derive(Clone)]
struct Remembered {
    key_set: u64,
    token: Arc<Verified>,
}

impl AccessTokens {
    /// `cached` is the capacity of the cache of verified tokens; 0 disables it. The key is the whole token.
    pub fn new(public_url: &str, ttl: Duration, cached: usize) -> Self {
        let issuer = public_url.to_owned();
        let audience = format!("{public_url}/api");
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[&issuer]);
        validation.set_audience(&[&audience]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
        // `verify` checks the expiry itself: against the injected clock, and for cached tokens too.
        validation.validate_exp = false;
        validation.leeway = 0;
        let verified = (cached > 0).then(|| Cache::new(cached));
        Self { issuer, audience, ttl, validation, verified }
    }

    /// The lifetime of a token.
    pub fn ttl(&self) -> Duration {
        self.ttl
    }

    /// Issues a token; also returns its lifetime in seconds, which never exceeds the session's absolute limit.
    ///
    /// # Errors
    ///
    /// [`AuthError::Internal`] when signing fails.
    pub fn issue(&self, keys: &KeyRing, session: &Session, now: Timestamp) -> Result<(AccessToken, u64), AuthError> {
        let expires = now.plus(self.ttl).min(session.absolute_expires_at);
        let claims = Claims {
            iss: Cow::Borrowed(&self.issuer),
            aud: Cow::Borrowed(&self.audience),
            sub: session.user_id.to_string().into(),
            sid: session.id.to_string().into(),
            jti: URL_SAFE_NO_PAD.encode(random::bytes::<16>()).into(),
            iat: now.secs(),
            exp: expires.secs().max(now.secs() + 1),
            auth_time: session.authenticated_at.secs(),
            client_id: Cow::Borrowed(CLIENT_ID),
            session_epoch: Some(session.session_epoch),
        };
        let compact = keys.current().signing.sign(&claims)?;
        let expires_in = u64::try_from(claims.exp - claims.iat).unwrap_or(1);
        Ok((AccessToken::new(compact), expires_in))
    }

    /// Verifies everything but revocation, which the caller checks each time ([`crate::auth::token::revoked`]).
    ///
    /// # Errors
    ///
    /// [`Refused::Expired`] for a token that was valid before, else [`Refused::Invalid`].
    pub fn verify(&self, keys: &KeyRing, compact: impl AsRef<[u8]>, now: Timestamp) -> Result<Arc<Verified>, Refused> {
        let compact = compact.as_ref();
        if compact.len() > LENGTH_MAX {
            return Err(Refused::Invalid);
        }
        let remembered = self.verified.as_ref().and_then(|cache| cache.get(compact));
        let token = match remembered {
            // A key of an older set may be gone: its owner may have lost it.
            Some(remembered) if remembered.key_set == keys.version() => remembered.token,
            _ => {
                let keys = keys.current();
                let token = Arc::new(self.check(&keys, compact)?);
                if let Some(cache) = &self.verified {
                    cache.insert(compact.into(), Remembered { key_set: keys.version, token: token.clone() });
                }
                token
            }
        };
        // The holder of a leaked signing key chooses the times too.
        let lifetime = token.expires_at.since(token.issued_at);
        let longest = i64::try_from(ACCESS_TTL_MAX.as_millis()).unwrap_or(i64::MAX);
        if lifetime > longest || token.issued_at.secs() > now.plus(CLOCK_SKEW).secs() {
            return Err(Refused::Invalid);
        }
        if now.secs() >= token.expires_at.secs() { Err(Refused::Expired) } else { Ok(token) }
    }

    fn check(&self, keys: &KeySet, compact: &[u8]) -> Result<Verified, Refused> {
        let header = jsonwebtoken::decode_header(compact).map_err(|_| Refused::Invalid)?;
        let kid = acceptable_kid(&header).ok_or(Refused::Invalid)?;
        let key = keys.verifying(kid).ok_or(Refused::Invalid)?;
        let claims = jsonwebtoken::decode::<Claims<'static>>(compact, key, &self.validation)
            .map_err(|_| Refused::Invalid)?
            .claims;
        if claims.client_id != CLIENT_ID {
            return Err(Refused::Invalid);
        }
        Ok(Verified {
            user_id: UserId::parse(&claims.sub).ok_or(Refused::Invalid)?,
            session_id: SessionId::parse(&claims.sid).ok_or(Refused::Invalid)?,
            session_epoch: claims.session_epoch,
            auth_time: Timestamp::from_secs(claims.auth_time),
            issued_at: Timestamp::from_secs(claims.iat),
            expires_at: Timestamp::from_secs(claims.exp),
        })
    }
}

/// The `kid` of an acceptable header (RFC 8725 sections 3.1, 3.10 and 3.11); `None` refuses the token.
fn acceptable_kid(header: &Header) -> Option<&str> {
    let has_foreign_parameters = header.jku.is_some()
        || header.jwk.is_some()
        || header.x5u.is_some()
        || header.x5c.is_some()
        || header.x5t.is_some()
        || header.x5t_s256.is_some()
        || header.crit.is_some()
        || header.cty.is_some()
        || header.enc.is_some()
        || header.zip.is_some()
        || header.url.is_some()
        || header.nonce.is_some()
        || !header.extras.inner().is_empty();
    let typed = header.typ.as_deref().is_some_and(|typ| typ.eq_ignore_ascii_case(TYPE));
    (header.alg == Algorithm::EdDSA && typed && !has_foreign_parameters).then_some(header.kid.as_deref()).flatten()
}

#[cfg(test)]
pub(in crate::auth) mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::auth::model::session::Salt;
    use crate::auth::token::key_ring::tests::ring;
    use crate::auth::token::rotation::{RecentlySuperseded, RotationState};

    pub(in crate::auth) const NOW: Timestamp = Timestamp(1_800_000_000_000);
    const TTL: Duration = Duration::from_secs(900);

    fn tokens(cached: usize) -> AccessTokens {
        AccessTokens::new("https://app.example", TTL, cached)
    }

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// A session that lives this long.
    pub(in crate::auth) fn session(absolute: Duration) -> Session {
        Session {
            id: SessionId([3; 16]),
            user_id: UserId(uuid::Uuid::from_u128(7)),
            user_email: String::new(),
            user_disabled: false,
            session_epoch: 4,
            salt: Salt([0; 32]),
            rotation: RotationState { generation: 0, parent: None, recently_superseded: RecentlySuperseded::default() },
            created_at: NOW,
            authenticated_at: NOW.minus(seconds(60)),
            last_used_at: NOW,
            idle_expires_at: NOW.plus(absolute),
            absolute_expires_at: NOW.plus(absolute),
            revoked: None,
            device: String::new(),
            binding: None,
        }
    }

    #[test]
    fn a_token_says_what_the_session_is_and_lives_for_its_time_to_the_second() {
        let (tokens, keys) = (tokens(8), ring());
        assert_eq!(tokens.ttl(), TTL);
        let (token, expires_in) = tokens.issue(&keys, &session(seconds(86_400)), NOW).unwrap();
        assert_eq!(expires_in, 900);
        // The second time it is remembered.
        for _ in 0..2 {
            let verified = tokens.verify(&keys, token.reveal(), NOW.plus(seconds(899))).unwrap();
            let times = [verified.auth_time, verified.issued_at, verified.expires_at].map(|at| at.since(NOW) / 1000);
            assert_eq!((verified.user_id.0.as_u128(), verified.session_epoch, times), (7, Some(4), [-60, 0, 900]));
            assert_eq!(verified.session_id, SessionId([3; 16]));
            assert_eq!(tokens.verify(&keys, token.reveal(), NOW.plus(TTL)), Err(Refused::Expired));
        }
    }

    #[test]
    fn a_token_never_outlives_its_session_and_lives_for_a_second_at_least() {
        for (left, expires_in) in
            [(Duration::from_millis(100), 1), (seconds(5), 5), (seconds(900), 900), (seconds(901), 900)]
        {
            let (token, told) = tokens(0).issue(&ring(), &session(left), NOW).unwrap();
            assert_eq!(told, expires_in, "{left:?}");
            drop(token);
        }
    }

    #[test]
    fn a_remembered_token_is_verified_anew_when_the_keys_change() {
        let (tokens, keys) = (tokens(8), ring());
        let (token, _) = tokens.issue(&keys, &session(seconds(86_400)), NOW).unwrap();
        let first = tokens.verify(&keys, token.reveal(), NOW).unwrap();
        assert!(Arc::ptr_eq(&first, &tokens.verify(&keys, token.reveal(), NOW).unwrap()), "remembered");
        keys.becomes(ring());
        assert_eq!(tokens.verify(&keys, token.reveal(), NOW), Err(Refused::Invalid), "the key is gone");
    }

    /// A genuine token with some claims of another value, signed by the server's key: the holder of a leaked key.
    fn signed(keys: &KeyRing, changed: &[(&str, Value)]) -> String {
        let mut claims = json!({
            "iss": "https://app.example", "aud": "https://app.example/api", "sub": uuid::Uuid::from_u128(7).to_string(),
            "sid": SessionId([3; 16]).to_string(), "jti": "1", "iat": NOW.secs(), "exp": NOW.secs() + 900,
            "auth_time": NOW.secs(), "client_id": CLIENT_ID,
        });
        for (name, value) in changed {
            claims[*name] = value.clone();
        }
        keys.current().signing.sign(&claims).unwrap()
    }

    #[test]
    fn claims_of_another_kind_or_for_too_long_are_refused_whoever_signed() {
        let (tokens, keys) = (tokens(0), ring());
        let (now, longest, skew) =
            (NOW.secs(), ACCESS_TTL_MAX.as_secs().cast_signed(), CLOCK_SKEW.as_secs().cast_signed());
        for (changed, valid) in [
            (vec![], true),
            (vec![("client_id", json!("another"))], false),
            (vec![("iss", json!("https://other.example"))], false),
            (vec![("aud", json!("https://app.example"))], false),
            (vec![("sub", json!("ada"))], false),
            (vec![("sid", json!("x"))], false),
            (vec![("exp", json!(now + longest))], true),
            (vec![("exp", json!(now + longest + 1))], false),
            (vec![("iat", json!(now + skew)), ("exp", json!(now + 900))], true),
            (vec![("iat", json!(now + skew + 1)), ("exp", json!(now + 900))], false),
        ] {
            assert_eq!(tokens.verify(&keys, signed(&keys, &changed), NOW).is_ok(), valid, "{changed:?}");
        }
        assert_eq!(tokens.verify(&ring(), signed(&keys, &[]), NOW), Err(Refused::Invalid), "another server's key");
    }

    #[test]
    fn a_token_of_the_longest_length_is_parsed_and_no_longer_one() {
        let (tokens, keys) = (tokens(0), ring());
        let of_length = |claim: usize| signed(&keys, &[("jti", json!("x".repeat(claim)))]);
        let shortest_too_long = (0..LENGTH_MAX).find(|&claim| of_length(claim).len() > LENGTH_MAX).unwrap();
        let longest = of_length(shortest_too_long - 1);
        assert!(longest.len() > LENGTH_MAX - 4, "{}", longest.len());
        assert!(tokens.verify(&keys, &longest, NOW).is_ok());
        assert_eq!(tokens.verify(&keys, of_length(shortest_too_long), NOW), Err(Refused::Invalid));
    }

    #[test]
    fn a_header_has_one_algorithm_one_type_a_key_id_and_nothing_that_refers_to_another_key() {
        let fine = json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": "k" });
        let header = |changed: &[(&str, Value)]| -> Header {
            let mut header = fine.clone();
            for (name, value) in changed {
                header[*name] = value.clone();
            }
            serde_json::from_value(header).unwrap()
        };
        assert_eq!(acceptable_kid(&header(&[])), Some("k"));
        assert_eq!(acceptable_kid(&header(&[("typ", json!("AT+JWT"))])), Some("k"), "a media type has no case");
        let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" });
        for (name, value) in [
            ("alg", json!("HS256")),
            ("typ", json!("JWT")),
            ("typ", Value::Null),
            ("kid", Value::Null),
            ("jku", json!("https://evil.example/keys")),
            ("jwk", jwk),
            ("x5u", json!("https://evil.example/cert")),
            ("x5c", json!(["MIIB"])),
            ("x5t", json!("x")),
            ("x5t#S256", json!("x")),
            ("crit", json!(["exp"])),
            ("cty", json!("JWT")),
            ("enc", json!("A128GCM")),
            ("zip", json!("DEF")),
            ("url", json!("https://evil.example")),
            ("nonce", json!("x")),
            ("another", json!("x")),
        ] {
            assert_eq!(acceptable_kid(&header(&[(name, value)])), None, "{name}");
        }
    }
}
