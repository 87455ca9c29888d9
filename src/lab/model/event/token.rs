//! Tokens as the log may show them: a keyed fingerprint (HMAC) stands for the secret, with only what can be decoded without it.

use serde::{Deserialize, Serialize};

/// A token's fingerprint. Equal tokens have equal fingerprints within one sandbox; the token cannot be recovered or guessed from
/// it, because the HMAC key is the sandbox's own.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Fingerprint {
    /// Two words, `amber-otter`.
    pub words: String,
    /// Six hexadecimal digits.
    pub hex: String,
}

/// A refresh token that was seen: its fingerprint, and its generation if its outer tag is genuine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefreshSeen {
    #[serde(rename = "chip")]
    pub fingerprint: Fingerprint,
    pub generation: Option<u32>,
}

/// An access token that was seen, decoded. Decoding does not verify: that is
/// [`LogEventKind::AccessChecked`](super::LogEventKind::AccessChecked).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccessSeen {
    /// Of the whole token.
    #[serde(rename = "chip")]
    pub fingerprint: Fingerprint,
    /// The JOSE header as JSON; empty if it cannot be decoded.
    pub header: serde_json::Map<String, serde_json::Value>,
    pub claims: serde_json::Map<String, serde_json::Value>,
    /// Of the signature's bytes.
    pub signature: Fingerprint,
}
