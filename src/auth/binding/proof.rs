//! The proof of a device's key: a JWT of type `dbsc+jwt` that the browser signs with it, over a challenge of this server in the
//! claim `jti` (W3C DBSC, "DBSC proof JWTs"). ES256 or RS256, whatever the device's hardware can do.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{
    Algorithm, DecodingKey, Header, Validation,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk},
};
use serde::Deserialize;
use serde_json::json;

/// The `typ` of a proof.
pub const TYPE: &str = "dbsc+jwt";
/// The longest proof that is parsed, in bytes. One of an RSA key of 4096 bits has about 1600.
pub const PROOF_MAX: usize = 4096;
/// The bytes of a coordinate of P-256, and half of an ES256 signature.
const COORDINATE: usize = 32;
/// The smallest and the largest RSA modulus, in bytes: 2048 bits (RFC 7518 section 3.3) to 4096, beyond which a verification is
/// expensive.
const MODULUS: std::ops::RangeInclusive<usize> = 256..=512;
/// The longest RSA exponent, in bytes. In use is 65537.
const EXPONENT_MAX: usize = 4;

/// A public key of a device, as the JWK that its thumbprint is made of: the required members alone, in the order of their names,
/// without white space (RFC 7638 section 3).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DeviceKey(Box<str>);

/// Why a proof was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotProved {
    /// Not a proof of a kind that this server verifies.
    #[error("not a proof of a device's key")]
    Malformed,
    /// A proof by another key, or an altered one.
    #[error("the signature is not of this key")]
    WrongKey,
}

/// The claims. A browser may add others, which mean nothing here.
#[derive(Deserialize)]
struct Claims {
    /// The challenge.
    jti: String,
}

impl DeviceKey {
    /// The key of a stored binding; `None` for what this program never writes.
    pub fn from_text(text: &str) -> Option<Self> {
        let (key, _) = Self::of(&serde_json::from_str(text).ok()?).ok()?;
        (&*key.0 == text).then_some(key)
    }

    /// The canonical JWK.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key of a JWK, and the algorithm that it signs with.
    fn of(jwk: &Jwk) -> Result<(Self, Algorithm), NotProved> {
        let sized = |text: &str, sizes: std::ops::RangeInclusive<usize>| {
            let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| NotProved::Malformed)?;
            if sizes.contains(&bytes.len()) { Ok(bytes) } else { Err(NotProved::Malformed) }
        };
        match &jwk.algorithm {
            AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => {
                sized(&key.x, COORDINATE..=COORDINATE)?;
                sized(&key.y, COORDINATE..=COORDINATE)?;
                let members = json!({ "crv": "P-256", "kty": "EC", "x": key.x, "y": key.y });
                Ok((Self(members.to_string().into()), Algorithm::ES256))
            }
            AlgorithmParameters::RSA(key) => {
                // Another spelling of the same number would be another thumbprint.
                let leads = |bytes: Vec<u8>| bytes.first() != Some(&0);
                if !leads(sized(&key.n, MODULUS)?) || !leads(sized(&key.e, 1..=EXPONENT_MAX)?) {
                    return Err(NotProved::Malformed);
                }
                let members = json!({ "e": key.e, "kty": "RSA", "n": key.n });
                Ok((Self(members.to_string().into()), Algorithm::RS256))
            }
            _ => Err(NotProved::Malformed),
        }
    }

    /// The challenge that a proof by this key answers.
    ///
    /// # Errors
    ///
    /// [`NotProved::WrongKey`] for a proof that this key did not sign.
    pub fn verify(&self, proof: &str) -> Result<String, NotProved> {
        header(proof)?;
        self.signed(proof)
    }

    fn signed(&self, proof: &str) -> Result<String, NotProved> {
        let jwk: Jwk = serde_json::from_str(&self.0).map_err(|_| NotProved::Malformed)?;
        let (_, algorithm) = Self::of(&jwk)?;
        let signature = proof.rsplit('.').next().and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
        let signature = signature.ok_or(NotProved::Malformed)?;
        // R and S side by side (RFC 7518 section 3.4), and no DER.
        if algorithm == Algorithm::ES256 && signature.len() != 2 * COORDINATE {
            return Err(NotProved::Malformed);
        }
        let mut validation = Validation::new(algorithm);
        validation.required_spec_claims.clear();
        // The challenge says how old a proof may be, by the clock of this server.
        validation.validate_exp = false;
        validation.validate_aud = false;
        let key = DecodingKey::from_jwk(&jwk).map_err(|_| NotProved::Malformed)?;
        let verified = jsonwebtoken::decode::<Claims>(proof, &key, &validation);
        Ok(verified.map_err(|_| NotProved::WrongKey)?.claims.jti)
    }
}

/// The key of a proof that brings its own, and the challenge that it answers: a registration.
///
/// # Errors
///
/// [`NotProved`].
pub fn self_signed(proof: &str) -> Result<(DeviceKey, String), NotProved> {
    let header = header(proof)?;
    let (key, _) = DeviceKey::of(&header.jwk.ok_or(NotProved::Malformed)?)?;
    let challenge = key.signed(proof)?;
    Ok((key, challenge))
}

fn header(proof: &str) -> Result<Header, NotProved> {
    if proof.len() > PROOF_MAX || proof.split('.').count() != 3 {
        return Err(NotProved::Malformed);
    }
    let header = jsonwebtoken::decode_header(proof).map_err(|_| NotProved::Malformed)?;
    let typed = header.typ.as_deref().is_some_and(|typ| typ.eq_ignore_ascii_case(TYPE));
    // What must be understood is not understood here (RFC 7515 section 4.1.11).
    let acceptable = typed && header.crit.is_none() && matches!(header.alg, Algorithm::ES256 | Algorithm::RS256);
    if acceptable { Ok(header) } else { Err(NotProved::Malformed) }
}
