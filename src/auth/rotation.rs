//! The ratchet: what to do with a presented refresh token, decided from the session's row and the time alone. No clock, no
//! database, no async, so that every row of the table in the HTTP contract can be tested and the whole can be checked
//! exhaustively.

use std::time::Duration;

use crate::clock::Timestamp;

/// Superseded generations remembered. More rotations than this inside one grace push the oldest out early, which can only
/// turn a replay into a re-key or a reuse, never a reuse into a success.
pub const RING_CAPACITY: usize = 8;
const ENTRY_BYTES: usize = 12;

/// A generation that is no longer the newest, and since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Superseded {
    pub generation: u32,
    pub at: Timestamp,
}

/// The latest superseded generations, newest last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Ring(Vec<Superseded>);

/// Stored bytes that are no ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the bytes of a ring")]
pub struct MalformedRing;

impl Ring {
    /// Remembers that `generation` was superseded at `at`, in place of what was remembered of it.
    pub fn push(&mut self, entry: Superseded) {
        self.0.retain(|kept| kept.generation != entry.generation);
        if self.0.len() == RING_CAPACITY {
            self.0.remove(0);
        }
        self.0.push(entry);
    }

    pub fn superseded_at(&self, generation: u32) -> Option<Timestamp> {
        self.0.iter().find(|entry| entry.generation == generation).map(|entry| entry.at)
    }

    pub fn entries(&self) -> &[Superseded] {
        &self.0
    }

    /// 12 bytes an entry: generation (u32 BE), milliseconds (i64 BE).
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0
            .iter()
            .flat_map(|entry| {
                let mut bytes = [0; ENTRY_BYTES];
                bytes[..4].copy_from_slice(&entry.generation.to_be_bytes());
                bytes[4..].copy_from_slice(&entry.at.millis().to_be_bytes());
                bytes
            })
            .collect()
    }

    pub fn from_bytes(bytes: &[u8]) -> Result<Self, MalformedRing> {
        let (entries, rest) = bytes.as_chunks::<ENTRY_BYTES>();
        if !rest.is_empty() || entries.len() > RING_CAPACITY {
            return Err(MalformedRing);
        }
        let entry = |bytes: &[u8; ENTRY_BYTES]| {
            let (generation, at) = bytes.split_first_chunk::<4>().ok_or(MalformedRing)?;
            Ok(Superseded {
                generation: u32::from_be_bytes(*generation),
                at: Timestamp(i64::from_be_bytes(at.try_into().map_err(|_| MalformedRing)?)),
            })
        };
        entries.iter().map(entry).collect::<Result<_, _>>().map(Self)
    }
}

/// What one session's row remembers of its refresh tokens.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ratchet {
    /// The newest issued.
    pub generation: u32,
    /// The generation that was presented when the newest was issued.
    pub parent: Option<u32>,
    pub ring: Ring,
}

/// Whether the session goes on at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Standing {
    pub revoked: bool,
    pub idle_expires_at: Timestamp,
    pub absolute_expires_at: Timestamp,
    pub user_disabled: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SessionEnd {
    Missing,
    Revoked,
    IdleLimit,
    AbsoluteLimit,
    UserDisabled,
}

/// The next state of the ratchet, valid only while the row still has generation `expected`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Advance {
    pub expected: u32,
    pub next: Ratchet,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[must_use]
pub enum Decision {
    Rotate(Advance),
    /// The newest was never presented: its answer was lost. It stays behind as a tripwire.
    ReKey(Advance),
    /// Issue the newest again; nothing is written, no window slides.
    Replay {
        generation: u32,
    },
    Ended(SessionEnd),
    /// Newer than the newest: the store went back in time.
    Ahead,
    Reuse,
}

/// The table of the HTTP contract, row by row. `grace` of zero is strict RFC 9700: whatever is not the newest is reuse.
pub fn decide(ratchet: &Ratchet, standing: &Standing, presented: u32, now: Timestamp, grace: Duration) -> Decision {
    if let Some(end) = ended(standing, now) {
        return Decision::Ended(end);
    }
    if presented == ratchet.generation {
        return match advance(ratchet, presented, now) {
            Some(advance) => Decision::Rotate(advance),
            None => Decision::Ended(SessionEnd::AbsoluteLimit),
        };
    }
    if presented > ratchet.generation {
        return Decision::Ahead;
    }
    if grace.is_zero() {
        return Decision::Reuse;
    }
    if ratchet.ring.superseded_at(presented).is_some_and(|at| now <= at.plus(grace)) {
        return Decision::Replay { generation: ratchet.generation };
    }
    if ratchet.parent == Some(presented)
        && let Some(advance) = advance(ratchet, presented, now)
    {
        return Decision::ReKey(advance);
    }
    Decision::Reuse
}

fn ended(standing: &Standing, now: Timestamp) -> Option<SessionEnd> {
    if standing.revoked {
        Some(SessionEnd::Revoked)
    } else if standing.user_disabled {
        Some(SessionEnd::UserDisabled)
    } else if now >= standing.absolute_expires_at {
        Some(SessionEnd::AbsoluteLimit)
    } else if now >= standing.idle_expires_at {
        Some(SessionEnd::IdleLimit)
    } else {
        None
    }
}

/// `None` once four thousand million generations are used up.
fn advance(ratchet: &Ratchet, presented: u32, now: Timestamp) -> Option<Advance> {
    let mut ring = ratchet.ring.clone();
    ring.push(Superseded { generation: presented, at: now });
    let generation = ratchet.generation.checked_add(1)?;
    Some(Advance { expected: ratchet.generation, next: Ratchet { generation, parent: Some(presented), ring } })
}
