//! What this server gives a browser for a binding, both stateless: challenges, which a proof answers, and the bound cookie, which
//! says that the proof was given lately. Each is a time and a tag (HMAC-SHA-256) over it and the session. The tag depends on the
//! session's salt too, so a leaked server secret alone makes none.

use std::{fmt, time::Duration};

use aws_lc_rs::{constant_time, hmac};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::rule::Binding;
use crate::auth::model::secret::ServerSecret;
use crate::auth::model::session::Session;
use crate::auth::token::access::CLOCK_SKEW;
use crate::clock::Timestamp;

/// How long a challenge can be answered. A device's hardware may take a second for a key, and half of one to sign.
pub const CHALLENGE_LIFETIME: Duration = Duration::from_secs(120);
/// How long a browser keeps a bound cookie. Shorter than an access token lives, so that the signature which renews it is made as
/// often as tokens are refreshed anyway; this long a thief can use both cookies.
pub const COOKIE_LIFETIME: Duration = Duration::from_secs(300);

const TAG: usize = 16;
const BYTES: usize = 8 + TAG;
const TEXT: usize = (BYTES * 4).div_ceil(3);

/// A time and a tag over it.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Tagged {
    until: Timestamp,
    tag: [u8; TAG],
}

impl Tagged {
    fn open(text: &str) -> Option<Self> {
        let encoded = Some(text).filter(|text| text.len() == TEXT)?;
        let bytes: [u8; BYTES] = URL_SAFE_NO_PAD.decode(encoded).ok()?.try_into().ok()?;
        let (until, tag) = bytes.split_first_chunk::<8>()?;
        Some(Self { until: Timestamp(i64::from_be_bytes(*until)), tag: tag.try_into().ok()? })
    }

    fn text(&self) -> String {
        let mut bytes = [0; BYTES];
        bytes[..8].copy_from_slice(&self.until.millis().to_be_bytes());
        bytes[8..].copy_from_slice(&self.tag);
        URL_SAFE_NO_PAD.encode(bytes)
    }
}

/// A presented bound cookie. Nothing of it is verified yet: that needs the session's row.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct BoundCookie(Tagged);

impl BoundCookie {
    /// Parses the cookie's value.
    pub fn open(text: &str) -> Option<Self> {
        Tagged::open(text).map(Self)
    }

    /// The secret text. Only for the cookie.
    pub fn reveal(&self) -> String {
        self.0.text()
    }
}

impl fmt::Debug for BoundCookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BoundCookie([redacted])")
    }
}

/// Makes and verifies challenges and bound cookies.
pub struct BindingKey(hmac::Key);

impl BindingKey {
    pub fn new(secret: &ServerSecret) -> Self {
        Self(secret.binding_key())
    }

    /// A challenge to the browser of a session. It names how many `proofs` the session has seen, so the one that answers it uses
    /// it up.
    pub fn challenge(&self, session: &Session, proofs: u32, now: Timestamp) -> String {
        let until = now.plus(CHALLENGE_LIFETIME);
        Tagged { until, tag: self.challenge_tag(session, proofs, until) }.text()
    }

    /// Whether a challenge is the one after so many `proofs` of this session, and in time. Constant time.
    pub fn is_open(&self, challenge: &str, session: &Session, proofs: u32, now: Timestamp) -> bool {
        Tagged::open(challenge).is_some_and(|Tagged { until, tag }| {
            let own = self.challenge_tag(session, proofs, until);
            now < until && constant_time::verify_slices_are_equal(&tag, &own).is_ok()
        })
    }

    /// The cookie of a browser that has just given a proof. It counts for as long as clocks may differ beyond
    /// [`COOKIE_LIFETIME`]: a browser sends it until the last moment by its own clock.
    pub fn cookie(&self, session: &Session, binding: &Binding, now: Timestamp) -> BoundCookie {
        let until = now.plus(COOKIE_LIFETIME).plus(CLOCK_SKEW);
        BoundCookie(Tagged { until, tag: self.cookie_tag(session, binding, until) })
    }

    /// Whether a cookie is one of this binding, and in time. Constant time.
    pub fn is_good(&self, cookie: &BoundCookie, session: &Session, binding: &Binding, now: Timestamp) -> bool {
        let Tagged { until, tag } = cookie.0;
        now < until && constant_time::verify_slices_are_equal(&tag, &self.cookie_tag(session, binding, until)).is_ok()
    }

    fn challenge_tag(&self, session: &Session, proofs: u32, until: Timestamp) -> [u8; TAG] {
        self.tag(b"challenge", session, &proofs.to_be_bytes(), until)
    }

    fn cookie_tag(&self, session: &Session, binding: &Binding, until: Timestamp) -> [u8; TAG] {
        self.tag(b"cookie", session, binding.key.as_bytes(), until)
    }

    fn tag(&self, label: &[u8], session: &Session, of: &[u8], until: Timestamp) -> [u8; TAG] {
        let mut context = hmac::Context::with_key(&self.0);
        // Of fixed length but for the label and the last, so no two inputs read alike.
        context.update(&[label.len() as u8]);
        context.update(label);
        context.update(&session.salt.0);
        context.update(&session.id.0);
        context.update(&until.millis().to_be_bytes());
        context.update(of);
        let mut tag = [0; TAG];
        tag.copy_from_slice(&context.sign().as_ref()[..TAG]);
        tag
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::model::session::{Salt, SessionId};
    use crate::auth::model::user::UserId;
    use crate::auth::token::rotation::{RecentlySuperseded, RotationState};

    const NOW: Timestamp = Timestamp(1_800_000_000_000);

    fn session(proofs: Option<u32>) -> Session {
        Session {
            id: SessionId([3; 16]),
            user_id: UserId(uuid::Uuid::from_u128(7)),
            user_email: String::new(),
            user_disabled: false,
            session_epoch: 0,
            salt: Salt([5; 32]),
            rotation: RotationState { generation: 0, parent: None, recently_superseded: RecentlySuperseded::default() },
            created_at: NOW,
            authenticated_at: NOW,
            last_used_at: NOW,
            idle_expires_at: NOW,
            absolute_expires_at: NOW,
            revoked: None,
            device: String::new(),
            binding: proofs.map(|proofs| Binding { key: "key".into(), at: NOW, proofs }),
        }
    }

    fn key() -> BindingKey {
        BindingKey::new(&ServerSecret::new([7; 32]))
    }

    #[test]
    fn a_challenge_is_open_for_its_session_its_number_of_proofs_and_its_time() {
        let challenge = key().challenge(&session(Some(1)), 1, NOW);
        let is_open = |now| key().is_open(&challenge, &session(Some(1)), 1, now);
        let end = NOW.plus(CHALLENGE_LIFETIME);
        assert!(is_open(NOW) && is_open(end.minus(Duration::from_millis(1))) && !is_open(end));
        for proofs in [0, 2] {
            assert!(!key().is_open(&challenge, &session(Some(1)), proofs, NOW), "{proofs}");
        }
        let other_id = Session { id: SessionId([4; 16]), ..session(Some(1)) };
        let other_salt = Session { salt: Salt([6; 32]), ..session(Some(1)) };
        for session in [other_id, other_salt] {
            assert!(!key().is_open(&challenge, &session, 1, NOW), "{session:?}");
        }
        let other = BindingKey::new(&ServerSecret::new([8; 32]));
        assert!(!other.is_open(&challenge, &session(Some(1)), 1, NOW));
        for rubbish in ["", "A", &"A".repeat(TEXT), &challenge[1..], &format!("{challenge}A"), &"é".repeat(TEXT / 2)] {
            assert!(!key().is_open(rubbish, &session(Some(1)), 1, NOW), "{rubbish}");
        }
    }

    #[test]
    fn a_cookie_is_good_for_its_binding_and_a_minute_longer_than_browsers_keep_it() {
        let bound = session(Some(1));
        let binding = bound.binding.clone().unwrap();
        let cookie = key().cookie(&bound, &binding, NOW);
        assert_eq!(BoundCookie::open(&cookie.reveal()), Some(cookie));
        let end = NOW.plus(COOKIE_LIFETIME).plus(CLOCK_SKEW);
        for (now, good) in [(NOW, true), (end.minus(Duration::from_millis(1)), true), (end, false)] {
            assert_eq!(key().is_good(&cookie, &bound, &binding, now), good, "{now:?}");
        }
        let more_proofs = Binding { proofs: 9, ..binding.clone() };
        assert!(key().is_good(&cookie, &bound, &more_proofs, NOW), "an older cookie lives on beside a newer one");
        let other_key = Binding { key: "another".into(), ..binding.clone() };
        assert!(!key().is_good(&cookie, &bound, &other_key, NOW));
        let other_session = Session { id: SessionId([4; 16]), ..bound.clone() };
        assert!(!key().is_good(&cookie, &other_session, &binding, NOW));
        let BoundCookie(Tagged { until, tag }) = cookie;
        let longer = BoundCookie(Tagged { until: until.plus(Duration::from_secs(1)), tag });
        assert!(!key().is_good(&longer, &bound, &binding, NOW));
        assert_eq!(format!("{cookie:?}"), "BoundCookie([redacted])");
    }

    #[test]
    fn a_challenge_is_no_cookie_though_they_look_alike() {
        let bound =
            Session { binding: Some(Binding { key: "\0\0\0\u{1}".into(), at: NOW, proofs: 1 }), ..session(None) };
        let binding = bound.binding.clone().unwrap();
        let challenge = BoundCookie::open(&key().challenge(&bound, 1, NOW)).unwrap();
        assert!(!key().is_good(&challenge, &bound, &binding, NOW));
    }
}
