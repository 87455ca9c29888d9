//! Tampered access tokens (JWT attacks, RFC 8725 sections 2 and 3). Each is one fixed change to the victim's newest token, so the
//! verifier's answer is about that change alone.

use aws_lc_rs::signature::Ed25519KeyPair;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::auth::random;
use crate::lab::model::event::Tamper;

/// In seconds. With it a token lives no longer than one may claim, so that the signature alone refuses it.
const LATER: i64 = 30 * 60;
/// A user id that does not exist.
const SOMEBODY_ELSE: &str = "00000000-0000-7000-8000-000000000001";

/// `None` if `token` is not a JWT of this server.
pub fn tampered(token: &str, how: Tamper) -> Option<Zeroizing<String>> {
    let [header, claims, signature]: [&str; 3] = token.split('.').collect::<Vec<_>>().try_into().ok()?;
    Some(Zeroizing::new(match how {
        Tamper::Subject => join(header, &altered(claims, "sub", |_| SOMEBODY_ELSE.into())?, signature),
        Tamper::Expiry => {
            let later = |exp: &Value| (exp.as_i64().unwrap_or_default() + LATER).into();
            join(header, &altered(claims, "exp", later)?, signature)
        }
        Tamper::SignatureBit => {
            let mut bytes = URL_SAFE_NO_PAD.decode(signature).ok()?;
            *bytes.first_mut()? ^= 1;
            join(header, claims, &URL_SAFE_NO_PAD.encode(bytes))
        }
        Tamper::AlgNone => join(&altered(header, "alg", |_| "none".into())?, claims, ""),
        Tamper::OtherKey => {
            let key = Ed25519KeyPair::from_seed_unchecked(&random::bytes::<32>()).ok()?;
            let signature = key.sign([header, ".", claims].concat().as_bytes());
            join(header, claims, &URL_SAFE_NO_PAD.encode(signature))
        }
    }))
}

fn join(header: &str, claims: &str, signature: &str) -> String {
    [header, ".", claims, ".", signature].concat()
}

fn altered(part: &str, name: &str, change: impl Fn(&Value) -> Value) -> Option<String> {
    let mut object: Map<String, Value> = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()?;
    let value = object.get_mut(name)?;
    *value = change(value);
    Some(URL_SAFE_NO_PAD.encode(serde_json::to_vec(&object).ok()?))
}
