//! A software authenticator: the browser's half of device-bound sessions. It has the key of a device, signs proofs, and sends what a
//! browser sends by itself, which has neither `Origin` nor `Sec-Fetch-Site`.

use aws_lc_rs::{
    encoding::AsDer as _,
    rand::SystemRandom,
    rsa,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair},
};
use axum::{
    body::Body,
    http::{HeaderMap, Method, header},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::{Answer, Client, ORIGIN, PASSWORD};

/// The bound cookie of a server at `http://localhost:3000`.
pub const BOUND_COOKIE: &str = "__Secure-bound-3000";
const BIND: &str = "/api/auth/bind";
const RENEW: &str = "/api/auth/bound";

/// A device's key.
pub enum Authenticator {
    P256(EcdsaKeyPair),
    Rsa(RsaKeyPair),
}

impl Authenticator {
    pub fn new() -> Self {
        Self::P256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    pub fn rsa(size: rsa::KeySize) -> Self {
        Self::Rsa(RsaKeyPair::generate(size).unwrap())
    }

    pub fn algorithm(&self) -> &'static str {
        match self {
            Self::P256(_) => "ES256",
            Self::Rsa(_) => "RS256",
        }
    }

    pub fn jwk(&self) -> Value {
        match self {
            Self::P256(pair) => {
                let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
                json!({ "kty": "EC", "crv": "P-256", "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y) })
            }
            Self::Rsa(pair) => {
                let key = pair.public_key();
                let [n, e] = [key.modulus(), key.exponent()]
                    .map(|number| URL_SAFE_NO_PAD.encode(number.big_endian_without_leading_zero()));
                json!({ "kty": "RSA", "n": n, "e": e })
            }
        }
    }

    /// The proof that renews, as Chromium signs it.
    pub fn proof(&self, challenge: &str) -> String {
        self.signed(&json!({ "alg": self.algorithm(), "typ": "dbsc+jwt" }), &json!({ "jti": challenge }))
    }

    /// The proof that registers: it brings its key along.
    pub fn registration(&self, challenge: &str) -> String {
        let header = json!({ "alg": self.algorithm(), "typ": "dbsc+jwt", "jwk": self.jwk() });
        self.signed(&header, &json!({ "jti": challenge }))
    }

    /// A JWT with this header and these claims.
    pub fn signed(&self, header: &Value, claims: &Value) -> String {
        let encoded = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let message = format!("{}.{}", encoded(header), encoded(claims));
        let signature = URL_SAFE_NO_PAD.encode(self.sign(message.as_bytes()));
        format!("{message}.{signature}")
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::P256(pair) => pair.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec(),
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).unwrap();
                signature
            }
        }
    }

    /// The public key as DER, which an attacker may use as a secret.
    pub fn public_der(&self) -> Vec<u8> {
        match self {
            Self::P256(pair) => pair.public_key().as_der().unwrap().as_ref().to_vec(),
            Self::Rsa(pair) => pair.public_key().as_der().unwrap().as_ref().to_vec(),
        }
    }
}

/// What a header of this name says between the quotes after `before`.
fn between_quotes(headers: &HeaderMap, name: &str, before: &str) -> Option<String> {
    let line = headers.get(name)?.to_str().unwrap();
    let (_, rest) = line.split_once(&format!("{before}\""))?;
    Some(rest.split('"').next().unwrap().to_owned())
}

impl Answer {
    /// The challenge of an offer to bind the session; `None` without an offer.
    pub fn offered(&self) -> Option<String> {
        between_quotes(&self.headers, "secure-session-registration", "challenge=")
    }

    /// The challenge that a proof must answer.
    #[track_caller]
    pub fn challenge(&self) -> String {
        between_quotes(&self.headers, "secure-session-challenge", "").expect("no challenge")
    }

    /// The session that the challenge is for.
    pub fn challenged(&self) -> Option<String> {
        between_quotes(&self.headers, "secure-session-challenge", ";id=")
    }
}

impl Client {
    /// Signs up as a browser does that may bind sessions; returns the challenge of the offer.
    pub async fn signed_up_with_offer(&mut self, email: &str) -> String {
        let fields = [("email", email), ("password", PASSWORD)];
        let answer = self.post_with("/api/auth/register", &[("origin", ORIGIN)], &fields).await;
        answer.offered().expect("no offer")
    }

    /// What a browser sends by itself.
    pub async fn by_itself(&mut self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let builder = self.to.request(Method::POST, path).header(header::USER_AGENT, self.user_agent);
        let cookies = self.cookies.header_for(path);
        let builder = cookies.into_iter().fold(builder, |builder, line| builder.header(header::COOKIE, line));
        let builder = headers.iter().fold(builder, |builder, (name, value)| builder.header(*name, *value));
        self.send(builder.body(Body::empty()).unwrap()).await
    }

    pub async fn bind(&mut self, proof: &str) -> Answer {
        self.by_itself(BIND, &[("secure-session-response", proof)]).await
    }

    /// Asks for a new bound cookie of a session, with a proof or without.
    pub async fn renew(&mut self, session_id: &str, proof: Option<&str>) -> Answer {
        let id = format!("\"{session_id}\"");
        let named = ("sec-secure-session-id", &*id);
        match proof {
            Some(proof) => self.by_itself(RENEW, &[named, ("secure-session-response", proof)]).await,
            None => self.by_itself(RENEW, &[named]).await,
        }
    }
}
