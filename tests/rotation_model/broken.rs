//! What a rule is to the checks, and rules that are wrong on purpose: each is the real one with one thought left out, and
//! the checks must find out.

use std::{fmt, time::Duration};

use two_tokens::auth::token::rotation::{
    Decision, RecentlySuperseded, Rotation, RotationState, Standing, Superseded, decide,
};
use two_tokens::clock::Timestamp;

/// What is checked: `rotation::decide`, or something in its place.
#[derive(Clone, Copy)]
pub struct Rule {
    pub name: &'static str,
    pub decide: fn(&RotationState, &Standing, u32, Timestamp, Duration) -> Decision,
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

fn turn(rotation: &RotationState, presented: u32, now: Timestamp) -> Rotation {
    let mut ring = rotation.recently_superseded.clone();
    ring.push(Superseded { generation: presented, at: now });
    let next =
        RotationState { generation: rotation.generation + 1, parent: Some(presented), recently_superseded: ring };
    Rotation { expected: rotation.generation, next }
}

/// Every repeat opens the grace anew.
pub fn grace_slides(r: &RotationState, s: &Standing, presented: u32, now: Timestamp, grace: Duration) -> Decision {
    match decide(r, s, presented, now, grace) {
        Decision::Replay { .. } => {
            let mut next = r.clone();
            next.recently_superseded.push(Superseded { generation: presented, at: now });
            Decision::ReKey(Rotation { expected: r.generation, next })
        }
        decision => decision,
    }
}

pub fn grace_never_ends(r: &RotationState, s: &Standing, presented: u32, now: Timestamp, _: Duration) -> Decision {
    decide(r, s, presented, now, Duration::MAX)
}

pub fn grace_a_tick_longer(
    r: &RotationState,
    s: &Standing,
    presented: u32,
    now: Timestamp,
    grace: Duration,
) -> Decision {
    decide(r, s, presented, now, grace + Duration::from_millis(1))
}

pub fn grace_a_tick_shorter(
    r: &RotationState,
    s: &Standing,
    presented: u32,
    now: Timestamp,
    grace: Duration,
) -> Decision {
    decide(r, s, presented, now, grace - Duration::from_millis(1))
}

/// Each racer gets a successor of its own.
pub fn fork(r: &RotationState, s: &Standing, presented: u32, now: Timestamp, grace: Duration) -> Decision {
    match decide(r, s, presented, now, grace) {
        Decision::Replay { .. } => Decision::ReKey(turn(r, presented, now)),
        decision => decision,
    }
}

/// Nothing superseded is remembered, so nothing can be repeated.
pub fn no_ring(r: &RotationState, s: &Standing, presented: u32, now: Timestamp, grace: Duration) -> Decision {
    let forgetful = RotationState { recently_superseded: RecentlySuperseded::default(), ..r.clone() };
    decide(&forgetful, s, presented, now, grace)
}

pub fn no_re_key(r: &RotationState, s: &Standing, presented: u32, now: Timestamp, grace: Duration) -> Decision {
    match decide(r, s, presented, now, grace) {
        Decision::ReKey(_) => Decision::Reuse,
        decision => decision,
    }
}

fn re_keyed(decision: Decision, change: impl FnOnce(&mut RotationState)) -> Decision {
    match decision {
        Decision::ReKey(mut advance) => {
            change(&mut advance.next);
            Decision::ReKey(advance)
        }
        decision => decision,
    }
}

/// A second answer lost in a row is one too many.
pub fn re_key_forgets_parent(
    r: &RotationState,
    s: &Standing,
    presented: u32,
    now: Timestamp,
    grace: Duration,
) -> Decision {
    re_keyed(decide(r, s, presented, now, grace), |next| next.parent = None)
}

/// The lost generation becomes the parent, as if it had been presented.
pub fn re_key_adopts_the_lost(
    r: &RotationState,
    s: &Standing,
    presented: u32,
    now: Timestamp,
    grace: Duration,
) -> Decision {
    re_keyed(decide(r, s, presented, now, grace), |next| next.parent = Some(r.generation))
}

/// The lost generation enters the ring, as if it had been presented.
pub fn re_key_forgives_the_lost(
    r: &RotationState,
    s: &Standing,
    presented: u32,
    now: Timestamp,
    grace: Duration,
) -> Decision {
    re_keyed(decide(r, s, presented, now, grace), |next| {
        next.recently_superseded.push(Superseded { generation: r.generation, at: now });
    })
}

/// The presented one keeps the time it was first superseded.
pub fn re_key_keeps_the_old_time(
    r: &RotationState,
    s: &Standing,
    presented: u32,
    now: Timestamp,
    grace: Duration,
) -> Decision {
    re_keyed(decide(r, s, presented, now, grace), |next| next.recently_superseded = r.recently_superseded.clone())
}

/// Whatever was ever presented may re-key, not only the parent.
pub fn anyone_re_keys(r: &RotationState, s: &Standing, presented: u32, now: Timestamp, grace: Duration) -> Decision {
    match decide(r, s, presented, now, grace) {
        Decision::Reuse if r.recently_superseded.entries().iter().any(|entry| entry.generation == presented) => {
            Decision::ReKey(turn(r, presented, now))
        }
        decision => decision,
    }
}

pub fn revoked_is_ignored(
    r: &RotationState,
    s: &Standing,
    presented: u32,
    now: Timestamp,
    grace: Duration,
) -> Decision {
    decide(r, &Standing { revoked: false, ..s.clone() }, presented, now, grace)
}
