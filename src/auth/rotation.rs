//! The ratchet: whether a presented refresh token turns, repeats, or betrays a thief. One session is one row that remembers
//! which generation is newest and which were superseded just now; from that alone a racing tab, a lost answer and a stolen
//! token are told apart. Pure on purpose (no clock, no store, no async), so `tests/ratchet_model` can try it on every order
//! of events a browser, a network and a thief can produce.

use std::time::Duration;

use crate::clock::Timestamp;

/// How many superseded generations a session remembers. A request overtaken by more turns than this is taken for a thief's
/// even inside the grace; tabs that race reach two or three.
pub const RING_CAPACITY: usize = 8;

/// A `u32` and an `i64`, both big-endian.
const ENTRY_BYTES: usize = 4 + 8;

/// A generation that was presented and gave way to a newer one, and when it last did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Superseded {
    pub generation: u32,
    pub at: Timestamp,
}

/// The last few superseded generations, newest last.
///
/// Only what was *presented* enters. A generation given up as lost never does: whoever presents it later holds an answer
/// that the honest browser did not get.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Ring(Vec<Superseded>);

/// Stored bytes that no [`Ring`] was written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a ring of at most {RING_CAPACITY} entries of {ENTRY_BYTES} bytes")]
pub struct CorruptRing;

impl Ring {
    /// Remembers `entry` as the newest; the oldest makes room.
    ///
    /// A generation is in the ring once, with its latest time. A re-key needs the later time: requests under way together
    /// with it carry the same token, and with the earlier time each of them would re-key again and bury the token the
    /// others were just given. It slides no grace, because a re-key is only reached once the earlier one is over.
    pub fn push(&mut self, entry: Superseded) {
        self.0.retain(|older| older.generation != entry.generation);
        if self.0.len() == RING_CAPACITY {
            self.0.remove(0);
        }
        self.0.push(entry);
    }

    /// Newest last.
    pub fn entries(&self) -> &[Superseded] {
        &self.0
    }

    /// As the store keeps it: 12 bytes an entry.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.0.len() * ENTRY_BYTES);
        for entry in &self.0 {
            bytes.extend_from_slice(&entry.generation.to_be_bytes());
            bytes.extend_from_slice(&entry.at.millis().to_be_bytes());
        }
        bytes
    }

    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CorruptRing> {
        let (entries, rest) = bytes.as_chunks::<ENTRY_BYTES>();
        if !rest.is_empty() || entries.len() > RING_CAPACITY {
            return Err(CorruptRing);
        }
        let entry = |&[a, b, c, d, ref at @ ..]: &[u8; ENTRY_BYTES]| Superseded {
            generation: u32::from_be_bytes([a, b, c, d]),
            at: Timestamp(i64::from_be_bytes(*at)),
        };
        Ok(Self(entries.iter().map(entry).collect()))
    }

    /// Whether `generation` was superseded at most `grace` ago.
    ///
    /// A time that lies in the future counts as this moment. It is seen whenever a loser of the race decides again with
    /// the time it read before the winner wrote, between instances whose clocks differ, and after the wall clock was set
    /// back; in none of these may a racing tab be called a thief. The price: a clock set back by an hour leaves the graces
    /// that were open just before it open for an hour more.
    fn is_in_grace(&self, generation: u32, now: Timestamp, grace: Duration) -> bool {
        let elapsed = |entry: &Superseded| u128::from(now.since(entry.at).max(0).unsigned_abs());
        self.0.iter().any(|entry| entry.generation == generation && elapsed(entry) <= grace.as_millis())
    }
}

/// What one session's row remembers of its refresh tokens, however often they turned.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ratchet {
    /// The newest issued.
    pub generation: u32,
    /// What was presented when the newest was issued; none before the first turn.
    pub parent: Option<u32>,
    pub ring: Ring,
}

impl Ratchet {
    /// The next position after `presented`, which becomes the parent: whether it was the newest (*rotate*) or already the
    /// parent (*re-key*), it is the token the browser holds until it has the answer.
    fn turn(&self, presented: u32, now: Timestamp) -> Option<Advance> {
        let generation = self.generation.checked_add(1)?;
        let mut ring = self.ring.clone();
        ring.push(Superseded { generation: presented, at: now });
        Some(Advance { expected: self.generation, next: Ratchet { generation, parent: Some(presented), ring } })
    }
}

/// What else the row and its user say about a session.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Standing {
    pub revoked: bool,
    pub idle_expires_at: Timestamp,
    pub absolute_expires_at: Timestamp,
    pub user_disabled: bool,
}

impl Standing {
    /// A limit is passed at the very moment it names.
    fn end(&self, now: Timestamp) -> Option<SessionEnd> {
        if self.revoked {
            Some(SessionEnd::Revoked)
        } else if now >= self.idle_expires_at {
            Some(SessionEnd::IdleLimit)
        } else if now >= self.absolute_expires_at {
            Some(SessionEnd::AbsoluteLimit)
        } else if self.user_disabled {
            Some(SessionEnd::UserDisabled)
        } else {
            None
        }
    }
}

/// Why there is nothing left to refresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SessionEnd {
    /// No such session: the caller's to say, [`decide`] always has one.
    Missing,
    Revoked,
    IdleLimit,
    AbsoluteLimit,
    UserDisabled,
}

/// One turn, to be written by a compare-and-swap on the generation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Advance {
    /// The generation the row must still have; it only grows, so an equal one means an equal row.
    pub expected: u32,
    pub next: Ratchet,
}

impl Advance {
    /// A write that moves nothing, good only while the row is as it was read.
    pub fn none(ratchet: &Ratchet) -> Self {
        Self { expected: ratchet.generation, next: ratchet.clone() }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[must_use]
pub enum Decision {
    /// The newest was presented: issue the next.
    Rotate(Advance),
    /// The newest was never presented, so its answer was lost: issue another to the same parent.
    ReKey(Advance),
    /// A racer of the turn that just happened: issue the same newest again, write nothing.
    Replay {
        generation: u32,
    },
    Ended(SessionEnd),
    /// Newer than the newest: the store went back in time.
    Ahead,
    /// Superseded for good, or never meant for whoever presents it now: someone else has this session's tokens.
    Reuse,
}

/// How [`decide`] is asked. The lab puts weaker rules in its place, to show what they cost.
pub type Rule = fn(&Ratchet, &Standing, u32, Timestamp, Duration) -> Decision;

/// What to do with a genuine token of generation `presented`. The order of the cases is part of the rule.
///
/// A grace of zero is strict RFC 9700: whatever is not the newest is a reuse, and a lost answer signs the person out.
pub fn decide(ratchet: &Ratchet, standing: &Standing, presented: u32, now: Timestamp, grace: Duration) -> Decision {
    if let Some(end) = standing.end(now) {
        return Decision::Ended(end);
    }
    let forgiving = !grace.is_zero();
    if presented == ratchet.generation {
        ratchet.turn(presented, now).map_or(USED_UP, Decision::Rotate)
    } else if forgiving && ratchet.ring.is_in_grace(presented, now, grace) {
        Decision::Replay { generation: ratchet.generation }
    } else if forgiving && ratchet.parent == Some(presented) {
        ratchet.turn(presented, now).map_or(USED_UP, Decision::ReKey)
    } else if presented > ratchet.generation {
        Decision::Ahead
    } else {
        Decision::Reuse
    }
}

/// Generations are as finite as days. Starting over at zero would make old tokens new, so the session ends as if it had
/// reached its age: four thousand million turns do not fit into thirty days anyway.
const USED_UP: Decision = Decision::Ended(SessionEnd::AbsoluteLimit);

#[cfg(test)]
mod tests {
    use super::*;

    const G: Duration = Duration::from_secs(10);
    const STRICT: Duration = Duration::ZERO;
    const FAR: Timestamp = Timestamp(i64::MAX);
    const ALIVE: Standing =
        Standing { revoked: false, idle_expires_at: FAR, absolute_expires_at: FAR, user_disabled: false };
    const NOW: Timestamp = Timestamp(1_000_000);

    fn ago(millis: i64) -> Timestamp {
        Timestamp(NOW.millis() - millis)
    }

    fn ring(entries: &[(u32, Timestamp)]) -> Ring {
        let mut ring = Ring::default();
        entries.iter().for_each(|&(generation, at)| ring.push(Superseded { generation, at }));
        ring
    }

    fn ratchet(generation: u32, parent: Option<u32>, entries: &[(u32, Timestamp)]) -> Ratchet {
        Ratchet { generation, parent, ring: ring(entries) }
    }

    /// 3 was presented a minute ago and 4 came of it; 2 became 3 two minutes ago.
    fn settled() -> Ratchet {
        ratchet(4, Some(3), &[(2, ago(120_000)), (3, ago(60_000))])
    }

    /// 2, 3 and 4 turned within the last ten seconds.
    fn busy() -> Ratchet {
        ratchet(5, Some(4), &[(1, ago(10_001)), (2, ago(10_000)), (3, ago(5_000)), (4, ago(0))])
    }

    /// 3 was presented twice: its first answer, 4, was lost.
    fn re_keyed(at: Timestamp) -> Ratchet {
        ratchet(5, Some(3), &[(2, ago(120_000)), (3, at)])
    }

    fn turned(from: u32, next: Ratchet) -> Advance {
        Advance { expected: from, next }
    }

    type Row = (&'static str, Ratchet, u32, Duration, Decision);

    fn turns() -> Vec<Row> {
        let first = ratchet(0, None, &[]);
        let rotated = ratchet(5, Some(4), &[(2, ago(120_000)), (3, ago(60_000)), (4, NOW)]);
        let strictly = rotated.clone();
        let again = ratchet(6, Some(3), &[(2, ago(120_000)), (3, NOW)]);
        vec![
            ("the first token rotates", first, 0, G, Decision::Rotate(turned(0, ratchet(1, Some(0), &[(0, NOW)])))),
            ("the newest rotates", settled(), 4, G, Decision::Rotate(turned(4, rotated))),
            ("the newest rotates when strict", settled(), 4, STRICT, Decision::Rotate(turned(4, strictly))),
            ("the parent re-keys after the grace", settled(), 3, G, Decision::ReKey(turned(4, re_keyed(NOW)))),
            ("the parent re-keys again", re_keyed(ago(10_001)), 3, G, Decision::ReKey(turned(5, again))),
            (
                "the parent re-keys though the ring forgot it",
                ratchet(4, Some(3), &[]),
                3,
                G,
                Decision::ReKey(turned(4, ratchet(5, Some(3), &[(3, NOW)]))),
            ),
        ]
    }

    fn replays() -> Vec<Row> {
        let replay = |generation| Decision::Replay { generation };
        let clock_went_back = ratchet(4, Some(3), &[(2, ago(-86_400_000)), (3, ago(-1))]);
        vec![
            ("a racer of this very moment replays", busy(), 4, G, replay(5)),
            ("a racer of an earlier turn gets the newest too", busy(), 3, G, replay(5)),
            ("superseded exactly the grace ago replays", busy(), 2, G, replay(5)),
            ("a millisecond of grace is a grace", busy(), 4, Duration::from_millis(1), replay(5)),
            ("the parent in its grace replays, it does not re-key", re_keyed(ago(10_000)), 3, G, replay(5)),
            ("superseded in the future counts as just now", clock_went_back.clone(), 3, G, replay(4)),
            ("so does far in the future", clock_went_back, 2, G, replay(4)),
            ("a grace beyond all time", busy(), 1, Duration::MAX, replay(5)),
            ("the last generation still replays", ratchet(u32::MAX, Some(7), &[(7, NOW)]), 7, G, replay(u32::MAX)),
        ]
    }

    fn refusals() -> Vec<Row> {
        let last = |at| ratchet(u32::MAX, Some(u32::MAX - 1), &[(u32::MAX - 1, at)]);
        vec![
            ("superseded before the grace, no parent", busy(), 1, G, Decision::Reuse),
            ("long superseded", settled(), 2, G, Decision::Reuse),
            ("never in the ring any more", settled(), 0, G, Decision::Reuse),
            ("a lost generation is a tripwire", re_keyed(ago(60_000)), 4, G, Decision::Reuse),
            ("a tripwire at once, not after a grace", re_keyed(NOW), 4, G, Decision::Reuse),
            ("ahead by one", settled(), 5, G, Decision::Ahead),
            ("ahead by far", settled(), u32::MAX, G, Decision::Ahead),
            ("ahead of the first", ratchet(0, None, &[]), 1, G, Decision::Ahead),
            ("strict: a racer of this moment", busy(), 4, STRICT, Decision::Reuse),
            ("strict: the parent", settled(), 3, STRICT, Decision::Reuse),
            ("strict: ahead", settled(), 5, STRICT, Decision::Ahead),
            ("generations are used up: rotate", last(NOW), u32::MAX, G, Decision::Ended(SessionEnd::AbsoluteLimit)),
            (
                "generations are used up: re-key",
                last(ago(10_001)),
                u32::MAX - 1,
                G,
                Decision::Ended(SessionEnd::AbsoluteLimit),
            ),
        ]
    }

    #[test]
    fn every_row_of_the_table() {
        for (name, ratchet, presented, grace, expected) in turns().into_iter().chain(replays()).chain(refusals()) {
            assert_eq!(decide(&ratchet, &ALIVE, presented, NOW, grace), expected, "{name}");
        }
    }

    #[test]
    fn an_ended_session_decides_nothing_else() {
        let later = Timestamp(NOW.millis() + 1);
        let table = [
            ("revoked", Standing { revoked: true, ..ALIVE }, Some(SessionEnd::Revoked)),
            ("idle, at the limit", Standing { idle_expires_at: NOW, ..ALIVE }, Some(SessionEnd::IdleLimit)),
            ("idle, just before it", Standing { idle_expires_at: later, ..ALIVE }, None),
            ("old, at the limit", Standing { absolute_expires_at: NOW, ..ALIVE }, Some(SessionEnd::AbsoluteLimit)),
            ("old, just before it", Standing { absolute_expires_at: later, ..ALIVE }, None),
            ("disabled", Standing { user_disabled: true, ..ALIVE }, Some(SessionEnd::UserDisabled)),
        ];
        for (name, standing, end) in table {
            // The newest, the parent in its grace, a stale one, one ahead.
            for presented in [5, 4, 1, 9] {
                let decision = decide(&busy(), &standing, presented, NOW, G);
                match end {
                    Some(end) => assert_eq!(decision, Decision::Ended(end), "{name}, {presented}"),
                    None => assert!(!matches!(decision, Decision::Ended(_)), "{name}, {presented}"),
                }
            }
        }
    }

    #[test]
    fn of_several_ends_the_first_of_the_table_is_told() {
        let mut standing =
            Standing { revoked: true, idle_expires_at: NOW, absolute_expires_at: NOW, user_disabled: true };
        let told = |standing: &Standing| decide(&busy(), standing, 5, NOW, G);
        assert_eq!(told(&standing), Decision::Ended(SessionEnd::Revoked));
        standing.revoked = false;
        assert_eq!(told(&standing), Decision::Ended(SessionEnd::IdleLimit));
        standing.idle_expires_at = FAR;
        assert_eq!(told(&standing), Decision::Ended(SessionEnd::AbsoluteLimit));
        standing.absolute_expires_at = FAR;
        assert_eq!(told(&standing), Decision::Ended(SessionEnd::UserDisabled));
    }

    #[test]
    fn the_ring_forgets_the_oldest() {
        let mut ratchet = ratchet(0, None, &[]);
        for generation in 0..=u32::try_from(RING_CAPACITY).unwrap() {
            let Decision::Rotate(advance) = decide(&ratchet, &ALIVE, generation, NOW, G) else {
                panic!("{generation} did not rotate")
            };
            ratchet = advance.next;
        }
        assert_eq!(ratchet.ring.entries().len(), RING_CAPACITY);
        assert_eq!(decide(&ratchet, &ALIVE, 0, NOW, G), Decision::Reuse, "forgotten inside its grace");
        assert_eq!(decide(&ratchet, &ALIVE, 1, NOW, G), Decision::Replay { generation: 9 });
    }

    #[test]
    fn a_ring_survives_its_bytes() {
        let full: Vec<_> = (0..8).map(|i| (i * 3, Timestamp(i64::from(i) - 4))).collect();
        for entries in [&[][..], &[(u32::MAX, Timestamp(i64::MIN))], &full] {
            let ring = ring(entries);
            let bytes = ring.to_bytes();
            assert_eq!(bytes.len(), entries.len() * 12);
            assert_eq!(Ring::from_bytes(&bytes), Ok(ring));
        }
        assert_eq!(ring(&[(1, Timestamp(2))]).to_bytes(), [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2]);
        for length in [1, 11, 13, 12 * 9] {
            assert_eq!(Ring::from_bytes(&vec![0; length]), Err(CorruptRing), "{length} bytes");
        }
    }
}
