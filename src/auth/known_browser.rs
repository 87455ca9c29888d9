//! What a browser keeps of having signed in to an account: it opens nothing, but guesses made with it are counted apart from
//! those of strangers, so that no stranger keeps the owner waiting (OWASP's device cookie; decision 0008). Only somebody who
//! knew the password has one, and it is good for that one account.

use std::{fmt, time::Duration};

use aws_lc_rs::{constant_time, hmac};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::random;
use super::secret::ServerSecret;
use super::user::Email;
use crate::clock::Timestamp;

/// Since the last sign-in: longer than the longest session, so that who comes back each time a session ends is still known.
pub const LIVES: Duration = Duration::from_secs(90 * 24 * 3600);

const PREFIX: &str = "ttb_";
const ID: usize = 16;
const SIGNED: usize = ID + 8;
const TAG: usize = 16;
const BYTES: usize = SIGNED + TAG;

/// As the browser keeps it. Prints as `[redacted]`.
#[derive(Clone, PartialEq, Eq)]
pub struct KnownBrowser(String);

impl KnownBrowser {
    /// The text for the cookie, and for nothing else.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for KnownBrowser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KnownBrowser([redacted])")
    }
}

/// Random, the same for as long as the browser is known.
pub type BrowserId = [u8; ID];

pub struct KnownBrowserKey(hmac::Key);

impl KnownBrowserKey {
    pub fn new(secret: &ServerSecret) -> Self {
        Self(secret.known_browser_key())
    }

    /// For a browser in which somebody has just signed in. One that was known stays the same, or each sign-in would give it
    /// fresh guesses.
    pub fn issue(&self, email: &Email, known: Option<BrowserId>, now: Timestamp) -> KnownBrowser {
        let mut bytes = [0; BYTES];
        bytes[..ID].copy_from_slice(&known.unwrap_or_else(random::bytes));
        bytes[ID..SIGNED].copy_from_slice(&now.millis().to_be_bytes());
        let tag = self.tag(&bytes[..SIGNED], email);
        bytes[SIGNED..].copy_from_slice(&tag);
        KnownBrowser(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// Which browser this is, if it signed in to this account not too long ago. No state, no query.
    pub fn open(&self, text: &str, email: &Email, now: Timestamp) -> Option<BrowserId> {
        let encoded = text.strip_prefix(PREFIX).filter(|encoded| encoded.len() == (BYTES * 4).div_ceil(3))?;
        let bytes: [u8; BYTES] = URL_SAFE_NO_PAD.decode(encoded).ok()?.try_into().ok()?;
        let (signed, tag) = bytes.split_at(SIGNED);
        constant_time::verify_slices_are_equal(&self.tag(signed, email), tag).ok()?;
        let (id, at) = signed.split_at(ID);
        let at = Timestamp(i64::from_be_bytes(at.try_into().ok()?));
        (now < at.plus(LIVES)).then_some(id.try_into().ok()?)
    }

    fn tag(&self, signed: &[u8], email: &Email) -> [u8; TAG] {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(signed);
        context.update(email.as_str().as_bytes());
        let mut tag = [0; TAG];
        tag.copy_from_slice(&context.sign().as_ref()[..TAG]);
        tag
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_800_000_000_000);

    fn email(text: &str) -> Email {
        Email::parse(text).unwrap()
    }

    #[test]
    fn a_browser_is_known_to_its_account_alone_and_for_a_while() {
        let key = KnownBrowserKey::new(&ServerSecret::new([7; 32]));
        let ada = email("ada@example.com");
        let first = key.issue(&ada, None, NOW);
        let id = key.open(first.reveal(), &ada, NOW).unwrap();
        let later = NOW.plus(Duration::from_secs(3600));
        let again = key.issue(&ada, Some(id), later);
        assert_eq!(key.open(again.reveal(), &ada, NOW.plus(LIVES)), Some(id), "known since the last sign-in");
        assert_eq!(key.open(first.reveal(), &ada, NOW.plus(LIVES)), None);
        assert_eq!(key.open(first.reveal(), &email("eve@example.com"), NOW), None);
        let other_server = KnownBrowserKey::new(&ServerSecret::new([8; 32]));
        assert_eq!(other_server.open(first.reveal(), &ada, NOW), None);
        assert_ne!(key.open(key.issue(&ada, None, NOW).reveal(), &ada, NOW), Some(id));
    }

    #[test]
    fn nothing_bent_is_known_and_it_does_not_print() {
        let key = KnownBrowserKey::new(&ServerSecret::new([7; 32]));
        let ada = email("ada@example.com");
        let known = key.issue(&ada, None, NOW);
        let text = known.reveal();
        for at in PREFIX.len()..text.len() {
            let mut bent = text.to_owned();
            bent.replace_range(at..=at, if &text[at..=at] == "A" { "B" } else { "A" });
            assert_eq!(key.open(&bent, &ada, NOW), None, "{at}");
        }
        for rubbish in ["", "ttb_", "ttb_\0", &text[..text.len() - 1], &format!("{text}A"), &text[4..], &"é".repeat(60)]
        {
            assert_eq!(key.open(rubbish, &ada, NOW), None);
        }
        assert_eq!(format!("{known:?}"), "KnownBrowser([redacted])");
    }
}
