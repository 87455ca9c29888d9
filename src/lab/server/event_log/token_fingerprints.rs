//! Keyed fingerprints (HMAC-SHA-256) stand for secrets. The key lives as long as the sandbox: equal tokens are recognised
//! everywhere in the log, and the log does not allow testing a guessed token.

use aws_lc_rs::hmac;

use crate::auth::password::passphrase::short_words;
use crate::auth::random;
use crate::lab::model::event::Fingerprint;

pub struct TokenFingerprints(hmac::Key);

impl Default for TokenFingerprints {
    fn default() -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, &random::bytes::<32>()))
    }
}

impl TokenFingerprints {
    pub fn of(&self, secret: &[u8]) -> Fingerprint {
        let tag = hmac::sign(&self.0, secret);
        let word = |at: usize| {
            let number = tag.as_ref().iter().skip(at).take(4).fold(0, |number, byte| number << 8 | usize::from(*byte));
            short_words()[number % short_words().len()]
        };
        let hex = tag.as_ref().iter().skip(8).take(3).map(|byte| format!("{byte:02x}")).collect();
        Fingerprint { words: format!("{}-{}", word(0), word(4)), hex }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_secrets_have_equal_fingerprints_in_one_sandbox_only() {
        let (here, there) = (TokenFingerprints::default(), TokenFingerprints::default());
        assert_eq!(here.of(b"token"), here.of(b"token"));
        assert_ne!(here.of(b"token"), here.of(b"taken"));
        assert_ne!(here.of(b"token"), there.of(b"token"));
        assert_eq!(here.of(b"token").hex.len(), 6);
    }
}
