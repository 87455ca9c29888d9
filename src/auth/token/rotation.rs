//! Refresh token rotation with reuse detection (replay detection, RFC 9700 section 4.14.2): the decision about a presented
//! token. The row of a session (its token family) records the newest generation and the recently superseded ones; that is
//! enough to distinguish concurrent tabs, a lost response and a stolen token. The function is pure (no clock, no store, no
//! async), so `tests/rotation_model` can check it on every order of events that a browser, a network and a thief can produce.
//!
//! Why so long: the rule is short; more than half of the file is the table of its cases, which is read beside it.

use std::time::Duration;

use crate::clock::Timestamp;

/// How many superseded generations a session keeps (ring buffer). A request overtaken by more rotations than this counts as
/// reuse even within the grace; concurrent tabs reach two or three.
pub const RECENTLY_SUPERSEDED_MAX: usize = 8;

/// The encoded size: a `u32` generation and an `i64` time, both big-endian.
const ENTRY_BYTES: usize = 4 + 8;

/// A generation that was presented and superseded, and when that last happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Superseded {
    pub generation: u32,
    pub at: Timestamp,
}

/// The last few superseded generations, newest last.
///
/// Only *presented* generations are recorded. A generation whose response was lost is not: a client that presents it later
/// holds a response that the user's browser never received.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct RecentlySuperseded(Vec<Superseded>);

/// The stored bytes are not an encoded [`RecentlySuperseded`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a list of at most {RECENTLY_SUPERSEDED_MAX} entries of {ENTRY_BYTES} bytes")]
pub struct CorruptRecentlySuperseded;

impl RecentlySuperseded {
    /// Adds `entry` as the newest and drops the oldest when the list is full.
    ///
    /// A generation is listed once, with its latest time. A re-key needs the later time: concurrent requests carry the same
    /// token, and with the earlier time each of them would re-key again and invalidate the token that the others just got.
    /// This does not extend the grace, because a re-key is possible only after the earlier grace is over.
    pub fn push(&mut self, entry: Superseded) {
        self.0.retain(|older| older.generation != entry.generation);
        if self.0.len() == RECENTLY_SUPERSEDED_MAX {
            self.0.remove(0);
        }
        self.0.push(entry);
    }

    /// The entries, newest last.
    pub fn entries(&self) -> &[Superseded] {
        &self.0
    }

    /// Encodes the list for the store: 12 bytes per entry.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.0.len() * ENTRY_BYTES);
        for entry in &self.0 {
            bytes.extend_from_slice(&entry.generation.to_be_bytes());
            bytes.extend_from_slice(&entry.at.millis().to_be_bytes());
        }
        bytes
    }

    /// Decodes a stored list.
    ///
    /// # Errors
    ///
    /// [`CorruptRecentlySuperseded`] when the length is wrong.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CorruptRecentlySuperseded> {
        let (entries, rest) = bytes.as_chunks::<ENTRY_BYTES>();
        if !rest.is_empty() || entries.len() > RECENTLY_SUPERSEDED_MAX {
            return Err(CorruptRecentlySuperseded);
        }
        let entry = |&[a, b, c, d, ref at @ ..]: &[u8; ENTRY_BYTES]| Superseded {
            generation: u32::from_be_bytes([a, b, c, d]),
            at: Timestamp(i64::from_be_bytes(*at)),
        };
        Ok(Self(entries.iter().map(entry).collect()))
    }

    /// Whether `generation` was superseded at most `grace` ago.
    ///
    /// A time in the future counts as now (clock skew). It occurs when a request that lost the swap decides again with an
    /// earlier time, between instances whose clocks differ, and after the wall clock was set back. In none of these cases may
    /// a concurrent tab be taken for a thief. The cost: when the clock is set back by an hour, a grace that was open at that
    /// moment stays open for an hour longer.
    fn is_in_grace(&self, generation: u32, now: Timestamp, grace: Duration) -> bool {
        let elapsed = |entry: &Superseded| u128::from(now.since(entry.at).max(0).unsigned_abs());
        self.0.iter().any(|entry| entry.generation == generation && elapsed(entry) <= grace.as_millis())
    }
}

/// The rotation state of a session, stored in its row.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RotationState {
    /// The newest generation issued.
    pub generation: u32,
    /// The generation that was presented when the newest was issued; `None` before the first rotation.
    pub parent: Option<u32>,
    /// The last superseded generations, for the grace.
    pub recently_superseded: RecentlySuperseded,
}

impl RotationState {
    /// The state after issuing a successor to `presented`, which becomes the parent. It may be the newest (*rotate*) or
    /// already the parent (*re-key*); in both cases it is the token that the browser holds until the response arrives. `None`
    /// when the generations are exhausted.
    fn rotate(&self, presented: u32, now: Timestamp) -> Option<Rotation> {
        let generation = self.generation.checked_add(1)?;
        let mut recently_superseded = self.recently_superseded.clone();
        recently_superseded.push(Superseded { generation: presented, at: now });
        Some(Rotation {
            expected: self.generation,
            next: RotationState { generation, parent: Some(presented), recently_superseded },
        })
    }
}

/// The facts about a session that decide whether it is still alive.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Standing {
    pub revoked: bool,
    pub idle_expires_at: Timestamp,
    pub absolute_expires_at: Timestamp,
    pub user_disabled: bool,
}

impl Standing {
    /// Why the session is over, if it is. A limit includes its own instant: `now == limit` is expired.
    pub fn end(&self, now: Timestamp) -> Option<SessionEnd> {
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

/// Why a session cannot be refreshed any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SessionEnd {
    Revoked,
    /// Not refreshed for too long.
    IdleLimit,
    /// The sign-in is too long ago.
    AbsoluteLimit,
    UserDisabled,
}

/// A rotation to be written by a compare-and-swap on the generation (optimistic concurrency).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Rotation {
    /// The generation that the row must still have. It only grows, so an equal generation means an unchanged state.
    pub expected: u32,
    pub next: RotationState,
}

impl Rotation {
    /// A write that leaves the rotation state as it is, and succeeds only while that state is unchanged.
    pub fn none(state: &RotationState) -> Self {
        Self { expected: state.generation, next: state.clone() }
    }
}

/// What to do about a presented token.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[must_use]
pub enum Decision {
    /// The newest token was presented: issue its successor.
    Rotate(Rotation),
    /// The newest token's response was lost: issue another successor to the same parent.
    ReKey(Rotation),
    /// A concurrent request rotated just now: issue the newest token again, write nothing.
    Replay { generation: u32 },
    /// The session is over.
    Ended(SessionEnd),
    /// The token is newer than the row: the database was restored from a backup.
    Ahead,
    /// The token is superseded for good, or its response was never received: another client holds this session's tokens.
    Reuse,
}

/// The signature of [`decide`].
pub type RotationRule = fn(&RotationState, &Standing, u32, Timestamp, Duration) -> Decision;

/// Decides about a genuine token of generation `presented`. The order of the cases is part of the rule.
///
/// A grace of zero is strict RFC 9700: every token but the newest is reuse, and a lost response signs the user out.
pub fn decide(state: &RotationState, standing: &Standing, presented: u32, now: Timestamp, grace: Duration) -> Decision {
    if let Some(end) = standing.end(now) {
        return Decision::Ended(end);
    }
    let forgiving = !grace.is_zero();
    if presented == state.generation {
        // Token A is the newest: its holder gets B, and A is superseded.
        state.rotate(presented, now).map_or(EXHAUSTED, Decision::Rotate)
    } else if forgiving && state.recently_superseded.is_in_grace(presented, now, grace) {
        // Two tabs send token A at the same time. The first got B already; the second gets the same B. The family has one
        // branch, and the order in which the responses arrive does not matter.
        Decision::Replay { generation: state.generation }
    } else if forgiving && state.parent == Some(presented) {
        // Token A was superseded by B, but B was never presented: the response with B was lost, even if days ago. The holder
        // of A gets C. B becomes a tripwire: only a client that received the lost response can present it.
        state.rotate(presented, now).map_or(EXHAUSTED, Decision::ReKey)
    } else if presented > state.generation {
        // The server issued token C, then the database was restored to a backup that knows only A and B.
        Decision::Ahead
    } else {
        // Token A is superseded, and B, which replaced it, was presented too, so its holder has C. Now A comes back after the
        // grace: the user and a thief hold copies. The same goes for the tripwire of a re-key.
        Decision::Reuse
    }
}

/// The generations are exhausted (`u32` overflow). Wrapping to zero would make old tokens valid again, so the session ends as
/// if it had reached its absolute limit. Four billion rotations do not fit into thirty days anyway.
const EXHAUSTED: Decision = Decision::Ended(SessionEnd::AbsoluteLimit);

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

    fn recently(entries: &[(u32, Timestamp)]) -> RecentlySuperseded {
        let mut list = RecentlySuperseded::default();
        entries.iter().for_each(|&(generation, at)| list.push(Superseded { generation, at }));
        list
    }

    fn state(generation: u32, parent: Option<u32>, entries: &[(u32, Timestamp)]) -> RotationState {
        RotationState { generation, parent, recently_superseded: recently(entries) }
    }

    /// 2 was superseded by 3 two minutes ago, and 3 by 4 a minute ago.
    fn settled() -> RotationState {
        state(4, Some(3), &[(2, ago(120_000)), (3, ago(60_000))])
    }

    /// 2, 3 and 4 were superseded within the last ten seconds.
    fn busy() -> RotationState {
        state(5, Some(4), &[(1, ago(10_001)), (2, ago(10_000)), (3, ago(5_000)), (4, ago(0))])
    }

    /// 3 was presented twice, because the response with 4 was lost.
    fn re_keyed(at: Timestamp) -> RotationState {
        state(5, Some(3), &[(2, ago(120_000)), (3, at)])
    }

    fn rotation(from: u32, next: RotationState) -> Rotation {
        Rotation { expected: from, next }
    }

    type Row = (&'static str, RotationState, u32, Duration, Decision);

    fn rotations() -> Vec<Row> {
        let first = state(0, None, &[]);
        let rotated = state(5, Some(4), &[(2, ago(120_000)), (3, ago(60_000)), (4, NOW)]);
        let strictly = rotated.clone();
        let again = state(6, Some(3), &[(2, ago(120_000)), (3, NOW)]);
        vec![
            ("the first token rotates", first, 0, G, Decision::Rotate(rotation(0, state(1, Some(0), &[(0, NOW)])))),
            ("the newest rotates", settled(), 4, G, Decision::Rotate(rotation(4, rotated))),
            ("the newest rotates when strict", settled(), 4, STRICT, Decision::Rotate(rotation(4, strictly))),
            ("the parent re-keys after the grace", settled(), 3, G, Decision::ReKey(rotation(4, re_keyed(NOW)))),
            ("the parent re-keys again", re_keyed(ago(10_001)), 3, G, Decision::ReKey(rotation(5, again))),
            (
                "the parent re-keys though the list forgot it",
                state(4, Some(3), &[]),
                3,
                G,
                Decision::ReKey(rotation(4, state(5, Some(3), &[(3, NOW)]))),
            ),
        ]
    }

    fn replays() -> Vec<Row> {
        let replay = |generation| Decision::Replay { generation };
        let clock_went_back = state(4, Some(3), &[(2, ago(-86_400_000)), (3, ago(-1))]);
        vec![
            ("a concurrent request replays", busy(), 4, G, replay(5)),
            ("a concurrent request overtaken twice gets the newest too", busy(), 3, G, replay(5)),
            ("superseded exactly the grace ago replays", busy(), 2, G, replay(5)),
            ("a grace of one millisecond", busy(), 4, Duration::from_millis(1), replay(5)),
            ("the parent in its grace replays, it does not re-key", re_keyed(ago(10_000)), 3, G, replay(5)),
            ("superseded in the future counts as just now", clock_went_back.clone(), 3, G, replay(4)),
            ("so does far in the future", clock_went_back, 2, G, replay(4)),
            ("a grace beyond all time", busy(), 1, Duration::MAX, replay(5)),
            ("the last generation still replays", state(u32::MAX, Some(7), &[(7, NOW)]), 7, G, replay(u32::MAX)),
        ]
    }

    fn refusals() -> Vec<Row> {
        let last = |at| state(u32::MAX, Some(u32::MAX - 1), &[(u32::MAX - 1, at)]);
        vec![
            ("superseded before the grace, not the parent", busy(), 1, G, Decision::Reuse),
            ("long superseded", settled(), 2, G, Decision::Reuse),
            ("no longer in the list", settled(), 0, G, Decision::Reuse),
            ("a lost generation is a tripwire", re_keyed(ago(60_000)), 4, G, Decision::Reuse),
            ("a tripwire has no grace", re_keyed(NOW), 4, G, Decision::Reuse),
            ("ahead by one", settled(), 5, G, Decision::Ahead),
            ("ahead by far", settled(), u32::MAX, G, Decision::Ahead),
            ("ahead of the first", state(0, None, &[]), 1, G, Decision::Ahead),
            ("strict: a concurrent request", busy(), 4, STRICT, Decision::Reuse),
            ("strict: the parent", settled(), 3, STRICT, Decision::Reuse),
            ("strict: ahead", settled(), 5, STRICT, Decision::Ahead),
            ("generations are exhausted: rotate", last(NOW), u32::MAX, G, Decision::Ended(SessionEnd::AbsoluteLimit)),
            (
                "generations are exhausted: re-key",
                last(ago(10_001)),
                u32::MAX - 1,
                G,
                Decision::Ended(SessionEnd::AbsoluteLimit),
            ),
        ]
    }

    #[test]
    fn every_row_of_the_decision_table_holds() {
        for (name, state, presented, grace, expected) in rotations().into_iter().chain(replays()).chain(refusals()) {
            assert_eq!(decide(&state, &ALIVE, presented, NOW, grace), expected, "{name}");
        }
    }

    #[test]
    fn an_ended_session_is_refused_whatever_is_presented() {
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
            // The newest, the parent in its grace, a superseded one, one ahead.
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
    fn of_several_ends_the_first_is_reported() {
        let mut standing =
            Standing { revoked: true, idle_expires_at: NOW, absolute_expires_at: NOW, user_disabled: true };
        let decision = |standing: &Standing| decide(&busy(), standing, 5, NOW, G);
        assert_eq!(decision(&standing), Decision::Ended(SessionEnd::Revoked));
        standing.revoked = false;
        assert_eq!(decision(&standing), Decision::Ended(SessionEnd::IdleLimit));
        standing.idle_expires_at = FAR;
        assert_eq!(decision(&standing), Decision::Ended(SessionEnd::AbsoluteLimit));
        standing.absolute_expires_at = FAR;
        assert_eq!(decision(&standing), Decision::Ended(SessionEnd::UserDisabled));
    }

    #[test]
    fn only_the_last_superseded_generations_are_kept() {
        let mut state = state(0, None, &[]);
        for generation in 0..=u32::try_from(RECENTLY_SUPERSEDED_MAX).unwrap() {
            let Decision::Rotate(rotation) = decide(&state, &ALIVE, generation, NOW, G) else {
                panic!("{generation} did not rotate")
            };
            state = rotation.next;
        }
        assert_eq!(state.recently_superseded.entries().len(), RECENTLY_SUPERSEDED_MAX);
        assert_eq!(decide(&state, &ALIVE, 0, NOW, G), Decision::Reuse, "dropped within its grace");
        assert_eq!(decide(&state, &ALIVE, 1, NOW, G), Decision::Replay { generation: 9 });
    }

    #[test]
    fn superseded_generations_round_trip_through_bytes() {
        let full: Vec<_> = (0..8).map(|i| (i * 3, Timestamp(i64::from(i) - 4))).collect();
        for entries in [&[][..], &[(u32::MAX, Timestamp(i64::MIN))], &full] {
            let list = recently(entries);
            let bytes = list.to_bytes();
            assert_eq!(bytes.len(), entries.len() * 12);
            assert_eq!(RecentlySuperseded::from_bytes(&bytes), Ok(list));
        }
        assert_eq!(recently(&[(1, Timestamp(2))]).to_bytes(), [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2]);
        for length in [1, 11, 13, 12 * 9] {
            assert_eq!(
                RecentlySuperseded::from_bytes(&vec![0; length]),
                Err(CorruptRecentlySuperseded),
                "{length} bytes"
            );
        }
    }
}
