//! The rules about a binding, pure: no clock, no store. They say what binds a session, which proof renews it, and what passes the
//! door in front of the rotation rule.

use std::time::Duration;

use super::proof::DeviceKey;
use crate::auth::token::access::CLOCK_SKEW;
use crate::auth::token::rotation::Decision;
use crate::clock::Timestamp;

/// How long after a session was bound a refresh token still counts without the bound cookie: for requests that were on their way
/// while the browser bound it, as a page that loads beside the browser's own request.
pub const GRACE: Duration = Duration::from_secs(10);

/// The binding of a session to a device's key, stored in its row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// The canonical JWK ([`DeviceKey::as_str`]). Parsed only where a signature is verified, since every refresh reads it.
    pub key: Box<str>,
    /// When the session was bound.
    pub at: Timestamp,
    /// How many proofs were accepted, the one that bound the session included.
    pub proofs: u32,
}

/// The stored bytes are not an encoded [`Binding`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a binding")]
pub struct CorruptBinding;

impl Binding {
    /// Encodes the binding for the store.
    pub fn to_bytes(&self) -> Vec<u8> {
        [&self.proofs.to_be_bytes()[..], &self.at.millis().to_be_bytes(), self.key.as_bytes()].concat()
    }

    /// Decodes a stored binding.
    ///
    /// # Errors
    ///
    /// [`CorruptBinding`] when it is too short or not text.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CorruptBinding> {
        let (proofs, rest) = bytes.split_first_chunk().ok_or(CorruptBinding)?;
        let (at, key) = rest.split_first_chunk().ok_or(CorruptBinding)?;
        let key = std::str::from_utf8(key).map_err(|_| CorruptBinding)?;
        Ok(Self { proofs: u32::from_be_bytes(*proofs), at: Timestamp(i64::from_be_bytes(*at)), key: key.into() })
    }
}

/// The binding that a registration makes; `None` refuses it. The challenge is that of the sign-in, which only the browser that
/// signed in has seen. A session is bound once: nothing replaces its key. The same registration again, after a lost answer, gets
/// the same; browsers send it again by themselves.
pub fn registered(
    binding: Option<&Binding>,
    key: &DeviceKey,
    challenge_is_open: bool,
    now: Timestamp,
) -> Option<Binding> {
    match binding {
        _ if !challenge_is_open => None,
        None => Some(Binding { key: key.as_str().into(), at: now, proofs: 1 }),
        Some(binding) => (binding.proofs == 1 && &*binding.key == key.as_str()).then(|| binding.clone()),
    }
}

/// The binding after a proof by `key`; `None` leaves it as it is. The challenge may be that of another proof on its way (a race),
/// or too old; it says nothing about who signed.
pub fn renewed(binding: Option<&Binding>, key: &DeviceKey, challenge_is_open: bool) -> Option<Binding> {
    let binding = binding.filter(|binding| challenge_is_open && &*binding.key == key.as_str())?;
    Some(Binding { proofs: binding.proofs.checked_add(1)?, ..binding.clone() })
}

/// Whether a refresh token counts without the bound cookie. A binding of the future is one of an instance whose clock is ahead;
/// one beyond what clocks may differ means that a clock was set back, which opens no door.
pub fn needs_no_cookie(binding: Option<&Binding>, now: Timestamp) -> bool {
    binding.is_none_or(|binding| now < binding.at.plus(GRACE) && now.plus(CLOCK_SKEW) >= binding.at)
}

/// What is decided about a presented refresh token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admitted {
    /// The caller passes the door: the rotation rule decides.
    Decided(Decision),
    /// The session is bound to a device, and the caller does not show to be there: nothing moves.
    Unbound,
}

/// The door in front of the rotation rule, for a caller who `passes` it or not. An end is told to everybody. Apart from that a
/// caller who does not pass moves nothing, whatever is presented: a copied token must not end its owner's session either.
pub fn admitted(decision: Decision, passes: bool) -> Admitted {
    match decision {
        Decision::Ended(_) => Admitted::Decided(decision),
        _ if passes => Admitted::Decided(decision),
        _ => Admitted::Unbound,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::token::rotation::{RecentlySuperseded, Rotation, RotationState, SessionEnd};

    const NOW: Timestamp = Timestamp(1_800_000_000_000);

    fn key(x: &str) -> DeviceKey {
        let x = x.repeat(43);
        DeviceKey::from_text(&format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{x}"}}"#)).unwrap()
    }

    fn binding() -> Binding {
        Binding { key: key("A").as_str().into(), at: NOW, proofs: 7 }
    }

    #[test]
    fn a_session_is_bound_once_and_by_an_open_challenge_alone() {
        let first = Binding { key: key("A").as_str().into(), at: NOW, proofs: 1 };
        assert_eq!(registered(None, &key("A"), true, NOW), Some(first));
        assert_eq!(registered(None, &key("A"), false, NOW), None);
        for (other, open) in [("A", true), ("A", false), ("E", true), ("E", false)] {
            assert_eq!(registered(Some(&binding()), &key(other), open, NOW), None, "{other} {open}");
        }
        let later = Timestamp(NOW.millis() + 1);
        let first = Binding { proofs: 1, ..binding() };
        assert_eq!(registered(Some(&first), &key("A"), true, later), Some(first.clone()), "its answer was lost");
        for (other, open) in [("A", false), ("E", true)] {
            assert_eq!(registered(Some(&first), &key(other), open, later), None, "{other} {open}");
        }
    }

    #[test]
    fn a_proof_by_the_stored_key_over_an_open_challenge_counts_and_changes_nothing_else() {
        let next = Binding { proofs: 8, ..binding() };
        assert_eq!(renewed(Some(&binding()), &key("A"), true), Some(next));
        let exhausted = Binding { proofs: u32::MAX, ..binding() };
        for (binding, by, open) in [
            (Some(binding()), "A", false),
            (Some(binding()), "E", true),
            (None, "A", true),
            (Some(exhausted), "A", true),
        ] {
            assert_eq!(renewed(binding.as_ref(), &key(by), open), None, "{binding:?} {by} {open}");
        }
    }

    #[test]
    fn the_grace_after_a_binding_is_ten_seconds_and_a_clock_that_was_set_back_opens_no_door() {
        let after = |millis: i64| needs_no_cookie(Some(&binding()), Timestamp(NOW.millis() + millis));
        for (millis, open) in
            [(0, true), (9_999, true), (10_000, false), (86_400_000, false), (-60_000, true), (-60_001, false)]
        {
            assert_eq!(after(millis), open, "{millis} ms after");
        }
        assert!(needs_no_cookie(None, NOW));
    }

    #[test]
    fn who_does_not_pass_the_door_is_told_of_an_end_and_moves_nothing() {
        let state = RotationState { generation: 1, parent: None, recently_superseded: RecentlySuperseded::default() };
        let rotation = Rotation { expected: 1, next: state };
        for decision in [
            Decision::Rotate(rotation.clone()),
            Decision::ReKey(rotation),
            Decision::Replay { generation: 3 },
            Decision::Ahead,
            Decision::Reuse,
        ] {
            assert_eq!(admitted(decision.clone(), true), Admitted::Decided(decision.clone()));
            assert_eq!(admitted(decision, false), Admitted::Unbound);
        }
        for end in [SessionEnd::Revoked, SessionEnd::IdleLimit, SessionEnd::AbsoluteLimit, SessionEnd::UserDisabled] {
            assert_eq!(admitted(Decision::Ended(end), false), Admitted::Decided(Decision::Ended(end)));
        }
    }

    #[test]
    fn a_binding_round_trips_through_bytes() {
        for proofs in [1, u32::MAX] {
            let binding = Binding { proofs, at: Timestamp(-5), ..binding() };
            assert_eq!(Binding::from_bytes(&binding.to_bytes()), Ok(binding));
        }
        for bytes in [&[][..], &[0; 3], &[0; 11], &[&[0; 12][..], &[0xff]].concat()] {
            assert_eq!(Binding::from_bytes(bytes), Err(CorruptBinding), "{bytes:?}");
        }
        assert_eq!(Binding::from_bytes(&[&[0; 12][..], b"{}"].concat()).unwrap().key, "{}".into());
    }
}
