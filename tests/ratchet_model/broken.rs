//! What a rule is to the checks, and rules that are wrong on purpose: each is the real one with one thought left out, and
//! the checks must find out.

use std::{fmt, time::Duration};

use two_tokens::auth::rotation::{Advance, Decision, Ratchet, Ring, Standing, Superseded, decide};
use two_tokens::clock::Timestamp;

/// What is checked: `rotation::decide`, or something in its place.
#[derive(Clone, Copy)]
pub struct Rule {
    pub name: &'static str,
    pub decide: fn(&Ratchet, &Standing, u32, Timestamp, Duration) -> Decision,
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

fn turn(ratchet: &Ratchet, presented: u32, now: Timestamp) -> Advance {
    let mut ring = ratchet.ring.clone();
    ring.push(Superseded { generation: presented, at: now });
    let next = Ratchet { generation: ratchet.generation + 1, parent: Some(presented), ring };
    Advance { expected: ratchet.generation, next }
}

/// Every repeat opens the grace anew.
pub fn grace_slides(r: &Ratchet, s: &Standing, presented: u32, now: Timestamp, grace: Duration) -> Decision {
    match decide(r, s, presented, now, grace) {
        Decision::Replay { .. } => {
            let mut next = r.clone();
            next.ring.push(Superseded { generation: presented, at: now });
            Decision::ReKey(Advance { expected: r.generation, next })
        }
        decision => decision,
    }
}

pub fn grace_never_ends(r: &Ratchet, s: &Standing, presented: u32, now: Timestamp, _: Duration) -> Decision {
    decide(r, s, presented, now, Duration::MAX)
}

pub fn grace_a_tick_longer(r: &Ratchet, s: &Standing, presented: u32, now: Timestamp, grace: Duration) -> Decision {
    decide(r, s, presented, now, grace + Duration::from_millis(1))
}

pub fn grace_a_tick_shorter(r: &Ratchet, s: &Standing, presented: u32, now: Timestamp, grace: Duration) -> Decision {
    decide(r, s, presented, now, grace - Duration::from_millis(1))
}

/// Each racer gets a successor of its own.
pub fn fork(r: &Ratchet, s: &Standing, presented: u32, now: Timestamp, grace: Duration) -> Decision {
    match decide(r, s, presented, now, grace) {
        Decision::Replay { .. } => Decision::ReKey(turn(r, presented, now)),
        decision => decision,
    }
}

/// Nothing superseded is remembered, so nothing can be repeated.
pub fn no_ring(r: &Ratchet, s: &Standing, presented: u32, now: Timestamp, grace: Duration) -> Decision {
    let forgetful = Ratchet { ring: Ring::default(), ..r.clone() };
    decide(&forgetful, s, presented, now, grace)
}

pub fn no_re_key(r: &Ratchet, s: &Standing, presented: u32, now: Timestamp, grace: Duration) -> Decision {
    match decide(r, s, presented, now, grace) {
        Decision::ReKey(_) => Decision::Reuse,
        decision => decision,
    }
}

fn re_keyed(decision: Decision, change: impl FnOnce(&mut Ratchet)) -> Decision {
    match decision {
        Decision::ReKey(mut advance) => {
            change(&mut advance.next);
            Decision::ReKey(advance)
        }
        decision => decision,
    }
}

/// A second answer lost in a row is one too many.
pub fn re_key_forgets_parent(r: &Ratchet, s: &Standing, presented: u32, now: Timestamp, grace: Duration) -> Decision {
    re_keyed(decide(r, s, presented, now, grace), |next| next.parent = None)
}

/// The lost generation becomes the parent, as if it had been presented.
pub fn re_key_adopts_the_lost(r: &Ratchet, s: &Standing, presented: u32, now: Timestamp, grace: Duration) -> Decision {
    re_keyed(decide(r, s, presented, now, grace), |next| next.parent = Some(r.generation))
}

/// The lost generation enters the ring, as if it had been presented.
pub fn re_key_forgives_the_lost(
    r: &Ratchet,
    s: &Standing,
    presented: u32,
    now: Timestamp,
    grace: Duration,
) -> Decision {
    re_keyed(decide(r, s, presented, now, grace), |next| {
        next.ring.push(Superseded { generation: r.generation, at: now });
    })
}

/// The presented one keeps the time it was first superseded.
pub fn re_key_keeps_the_old_time(
    r: &Ratchet,
    s: &Standing,
    presented: u32,
    now: Timestamp,
    grace: Duration,
) -> Decision {
    re_keyed(decide(r, s, presented, now, grace), |next| next.ring = r.ring.clone())
}

/// Whatever was ever presented may re-key, not only the parent.
pub fn anyone_re_keys(r: &Ratchet, s: &Standing, presented: u32, now: Timestamp, grace: Duration) -> Decision {
    match decide(r, s, presented, now, grace) {
        Decision::Reuse if r.ring.entries().iter().any(|entry| entry.generation == presented) => {
            Decision::ReKey(turn(r, presented, now))
        }
        decision => decision,
    }
}

pub fn revoked_is_ignored(r: &Ratchet, s: &Standing, presented: u32, now: Timestamp, grace: Duration) -> Decision {
    decide(r, &Standing { revoked: false, ..s.clone() }, presented, now, grace)
}
