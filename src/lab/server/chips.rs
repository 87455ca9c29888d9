//! Chips stand for secrets. A keyed fingerprint, with a key that lives and dies with the sandbox, so that the same token is
//! recognised everywhere and nobody who holds the log can try a guess on it.

use aws_lc_rs::hmac;
use diceware_wordlists::EFF_SHORT_WORDLIST_1;

use crate::auth::random;
use crate::lab::event::Chip;

pub struct Chips(hmac::Key);

impl Default for Chips {
    fn default() -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, &random::bytes::<32>()))
    }
}

impl Chips {
    pub fn of(&self, secret: &[u8]) -> Chip {
        let tag = hmac::sign(&self.0, secret);
        let word = |at: usize| {
            let number = tag.as_ref().iter().skip(at).take(4).fold(0, |number, byte| number << 8 | usize::from(*byte));
            EFF_SHORT_WORDLIST_1[number % EFF_SHORT_WORDLIST_1.len()]
        };
        let hex = tag.as_ref().iter().skip(8).take(3).map(|byte| format!("{byte:02x}")).collect();
        Chip { words: format!("{}-{}", word(0), word(4)), hex }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chip_knows_its_secret_again_and_no_other_sandbox_does() {
        let (here, there) = (Chips::default(), Chips::default());
        assert_eq!(here.of(b"token"), here.of(b"token"));
        assert_ne!(here.of(b"token"), here.of(b"taken"));
        assert_ne!(here.of(b"token"), there.of(b"token"));
        assert_eq!(here.of(b"token").hex.len(), 6);
    }
}
