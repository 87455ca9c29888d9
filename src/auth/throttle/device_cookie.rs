//! Device cookies (OWASP): proof that a browser has signed in to an account before. The cookie grants no access. Attempts made
//! with it are counted separately, so strangers who guess at the account cannot lock its owner out (decision 0008). It is
//! issued only after a successful sign-in and is bound to one account and its password: a new password, or a new account with
//! the same address, begins a new credential epoch, in which older cookies mean nothing.

use std::{fmt, time::Duration};

use aws_lc_rs::{constant_time, hmac};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::auth::model::secret::ServerSecret;
use crate::auth::model::user::UserRecord;
use crate::auth::random;
use crate::clock::Timestamp;

/// Lifetime since the last sign-in. Longer than the longest session, so a user who returns when a session ends is still
/// recognised.
pub const LIFETIME: Duration = Duration::from_secs(90 * 24 * 3600);

const PREFIX: &str = "ttb_";
const ID: usize = 16;
const SIGNED: usize = ID + 8;
const TAG: usize = 16;
const BYTES: usize = SIGNED + TAG;

/// The cookie's value. Prints as `[redacted]`.
#[derive(Clone, PartialEq, Eq)]
pub struct DeviceCookie(String);

impl DeviceCookie {
    /// The secret text. Only for the cookie.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for DeviceCookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceCookie([redacted])")
    }
}

/// A random id that the browser keeps from cookie to cookie.
pub type BrowserId = [u8; ID];

/// Issues and verifies device cookies.
pub struct DeviceCookieKey(hmac::Key);

impl DeviceCookieKey {
    pub fn new(secret: &ServerSecret) -> Self {
        Self(secret.device_cookie_key())
    }

    /// Issues the cookie after a sign-in. A recognised `browser` keeps its id; a new id would give it a fresh set of free
    /// attempts with each sign-in.
    pub fn issue(&self, user: &UserRecord, browser: Option<BrowserId>, now: Timestamp) -> DeviceCookie {
        let mut bytes = [0; BYTES];
        bytes[..ID].copy_from_slice(&browser.unwrap_or_else(random::bytes));
        bytes[ID..SIGNED].copy_from_slice(&now.millis().to_be_bytes());
        let tag = self.tag(&bytes[..SIGNED], user);
        bytes[SIGNED..].copy_from_slice(&tag);
        DeviceCookie(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// The id of a browser that signed in to this account with its present password within [`LIFETIME`]; `None` for any other
    /// cookie. Constant time and stateless.
    pub fn open(&self, text: &str, user: &UserRecord, now: Timestamp) -> Option<BrowserId> {
        let encoded = text.strip_prefix(PREFIX).filter(|encoded| encoded.len() == (BYTES * 4).div_ceil(3))?;
        let bytes: [u8; BYTES] = URL_SAFE_NO_PAD.decode(encoded).ok()?.try_into().ok()?;
        let (signed, tag) = bytes.split_at(SIGNED);
        constant_time::verify_slices_are_equal(&self.tag(signed, user), tag).ok()?;
        let (id, at) = signed.split_at(ID);
        let at = Timestamp(i64::from_be_bytes(at.try_into().ok()?));
        (now < at.plus(LIFETIME)).then_some(id.try_into().ok()?)
    }

    /// The stored hash stands for the credential epoch: each new password has a new salt.
    fn tag(&self, signed: &[u8], user: &UserRecord) -> [u8; TAG] {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(signed);
        context.update(user.id.0.as_bytes());
        context.update(user.password_hash.as_bytes());
        let mut tag = [0; TAG];
        tag.copy_from_slice(&context.sign().as_ref()[..TAG]);
        tag
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::auth::model::user::UserId;

    const NOW: Timestamp = Timestamp(1_800_000_000_000);

    fn user(id: u128, password_hash: &str) -> UserRecord {
        UserRecord {
            id: UserId(Uuid::from_u128(id)),
            email: "ada@example.com".to_owned(),
            email_key: "ada@example.com".to_owned(),
            password_hash: password_hash.to_owned(),
            created_at: NOW,
            disabled_at: None,
        }
    }

    #[test]
    fn a_browser_is_recognised_for_its_own_account_until_the_cookie_expires() {
        let key = DeviceCookieKey::new(&ServerSecret::new([7; 32]));
        let ada = user(1, "$argon2id$1");
        let first = key.issue(&ada, None, NOW);
        let id = key.open(first.reveal(), &ada, NOW).unwrap();
        let later = NOW.plus(Duration::from_secs(3600));
        let again = key.issue(&ada, Some(id), later);
        assert_eq!(key.open(again.reveal(), &ada, NOW.plus(LIFETIME)), Some(id), "counted from the last sign-in");
        assert_eq!(key.open(first.reveal(), &ada, NOW.plus(LIFETIME)), None);
        assert_eq!(key.open(first.reveal(), &user(1, "$argon2id$2"), NOW), None, "a new password");
        assert_eq!(key.open(first.reveal(), &user(2, "$argon2id$1"), NOW), None, "another account");
        let other_server = DeviceCookieKey::new(&ServerSecret::new([8; 32]));
        assert_eq!(other_server.open(first.reveal(), &ada, NOW), None);
        assert_ne!(key.open(key.issue(&ada, None, NOW).reveal(), &ada, NOW), Some(id));
    }

    #[test]
    fn an_altered_cookie_is_refused_and_none_is_printed() {
        let key = DeviceCookieKey::new(&ServerSecret::new([7; 32]));
        let ada = user(1, "$argon2id$1");
        let cookie = key.issue(&ada, None, NOW);
        let text = cookie.reveal();
        for at in PREFIX.len()..text.len() {
            let mut altered = text.to_owned();
            altered.replace_range(at..=at, if &text[at..=at] == "A" { "B" } else { "A" });
            assert_eq!(key.open(&altered, &ada, NOW), None, "{at}");
        }
        for rubbish in ["", "ttb_", "ttb_\0", &text[..text.len() - 1], &format!("{text}A"), &text[4..], &"é".repeat(60)]
        {
            assert_eq!(key.open(rubbish, &ada, NOW), None);
        }
        assert_eq!(format!("{cookie:?}"), "DeviceCookie([redacted])");
    }
}
