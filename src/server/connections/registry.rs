//! The open connections (connection limit, load shedding). When there are too many, the one that waited longest for its client
//! makes room; a connection whose request is being answered never does.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::Waker,
    time::Duration,
};

use tokio::{sync::Notify, time::Instant};

use super::limits::Limits;
use crate::api::edge::client_address::TrustedProxies;
use crate::auth::throttle::rules::Source;

/// A connection that is in the middle of a body or a write makes room only if it has been for this long.
const PATIENCE: Duration = Duration::from_secs(2);

/// How far a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Before the first complete head.
    Fresh,
    /// Between two requests, or in the middle of a later head.
    Idle,
    /// A request's body is being received.
    Body,
    /// A request is being answered.
    Answer,
    /// The last response has been written.
    Closing,
}

/// A connection's place.
pub struct Slot {
    number: u64,
    source: Source,
    /// Trusted proxies have no share: their connections carry the requests of many sources.
    has_share: bool,
    state: Mutex<State>,
    /// Of a read that has no limit yet.
    reader: Mutex<Option<Waker>>,
    make_room: Notify,
    no_lingering: AtomicBool,
    registry: Arc<Table>,
}

#[derive(Clone, Copy)]
struct State {
    phase: Phase,
    since: Instant,
    /// Since when a write has made no progress.
    blocked: Option<Instant>,
    /// When the first byte of a later head arrived.
    head: Option<Instant>,
}

impl Slot {
    pub fn phase(&self) -> Phase {
        self.state().phase
    }

    pub fn enter(&self, phase: Phase) {
        let mut state = self.state();
        *state = State { phase, since: Instant::now(), head: None, ..*state };
        drop(state);
        // hyper may have begun to wait for the next head while the phase was another one: that read needs a limit now.
        if let Some(reader) = self.reader.lock().unwrap_or_else(PoisonError::into_inner).take() {
            reader.wake();
        }
    }

    /// Polls a read that has no limit again when the phase changes.
    pub fn read_again_at_next_phase(&self, reader: &Waker) {
        *self.reader.lock().unwrap_or_else(PoisonError::into_inner) = Some(reader.clone());
    }

    /// The request's body has arrived, or nobody reads the rest of it.
    pub fn body_is_over(&self) {
        if self.phase() == Phase::Body {
            self.enter(Phase::Answer);
        }
    }

    pub fn bytes_arrived(&self) {
        let mut state = self.state();
        if state.phase == Phase::Idle {
            state.head.get_or_insert_with(Instant::now);
        }
    }

    pub fn write_is_blocked(&self, since: Option<Instant>) {
        self.state().blocked = since;
    }

    /// Until when bytes have to arrive; `None` while the connection does not wait for a head.
    pub fn head_deadline(&self, limits: &Limits) -> Option<Instant> {
        let State { phase, since, head, .. } = *self.state();
        match (phase, head) {
            (Phase::Fresh, _) => Some(since + limits.head),
            (Phase::Idle, Some(began)) => Some(began + limits.head),
            (Phase::Idle, None) => Some(since + limits.idle),
            _ => None,
        }
    }

    /// Resolves when another connection takes this one's place.
    pub async fn has_to_make_room(&self) {
        self.make_room.notified().await;
    }

    /// The server shuts down: the next response is the last, and nothing is read any more after it.
    pub fn no_lingering(&self) {
        self.no_lingering.store(true, Ordering::Relaxed);
    }

    pub fn may_linger(&self) -> bool {
        !self.no_lingering.load(Ordering::Relaxed)
    }

    fn seen(&self) -> Seen {
        let State { phase, since, blocked, .. } = *self.state();
        let (phase, since) = match (phase, blocked) {
            (Phase::Answer, Some(blocked)) => (Waiting::Write, blocked),
            (Phase::Answer, None) => (Waiting::No, since),
            (Phase::Fresh | Phase::Closing, _) => (Waiting::First, since),
            (Phase::Idle, _) => (Waiting::Idle, since),
            (Phase::Body, _) => (Waiting::Body, since),
        };
        Seen { number: self.number, source: self.source, has_share: self.has_share, waiting: phase, since }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.registry.slots().remove(&self.number);
    }
}

/// What a connection waits for its client to do, those that make room first at the top.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Waiting {
    /// To send a first request, or to close.
    First,
    /// To send another request.
    Idle,
    /// To send the rest of a body.
    Body,
    /// To read.
    Write,
    No,
}

/// A connection, as far as the decision about a new one needs it.
#[derive(Clone, Copy)]
struct Seen {
    number: u64,
    source: Source,
    has_share: bool,
    waiting: Waiting,
    since: Instant,
}

#[derive(Debug, PartialEq, Eq)]
enum Decision {
    Admit,
    /// The connection with this number makes room.
    Replace(u64),
    Refuse,
}

/// Decides about a new connection of `source`; `has_share` is false for a trusted proxy.
fn decide(open: &[Seen], source: Source, has_share: bool, limits: &Limits, now: Instant) -> Decision {
    let of_source = |seen: &&Seen| seen.has_share && seen.source == source;
    if has_share && open.iter().filter(of_source).count() >= limits.per_source {
        return longest_waiting(open.iter().filter(of_source), now);
    }
    if open.len() >= limits.connections {
        return longest_waiting(open.iter(), now);
    }
    Decision::Admit
}

fn longest_waiting<'a>(open: impl Iterator<Item = &'a Seen>, now: Instant) -> Decision {
    let replaceable = open.filter(|seen| match seen.waiting {
        Waiting::First | Waiting::Idle => true,
        Waiting::Body | Waiting::Write => now.saturating_duration_since(seen.since) >= PATIENCE,
        Waiting::No => false,
    });
    let longest = replaceable.min_by_key(|seen| (seen.waiting, seen.since, seen.number));
    longest.map_or(Decision::Refuse, |seen| Decision::Replace(seen.number))
}

#[derive(Default)]
struct Table(Mutex<HashMap<u64, std::sync::Weak<Slot>>>);

impl Table {
    fn slots(&self) -> MutexGuard<'_, HashMap<u64, std::sync::Weak<Slot>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub struct Registry {
    table: Arc<Table>,
    limits: Limits,
    next: std::sync::atomic::AtomicU64,
    refused: Refused,
}

impl Registry {
    pub fn new(limits: Limits) -> Self {
        Self { table: Arc::default(), limits, next: Default::default(), refused: Refused::default() }
    }

    /// A place for a new connection of `peer`, perhaps that of another one; `None` if there is none.
    pub fn admit(&self, peer: IpAddr, proxies: &TrustedProxies) -> Option<Arc<Slot>> {
        let (source, has_share, now) = (Source::of(peer).widest(), !proxies.trusts(peer), Instant::now());
        let slots: Vec<_> = self.table.slots().values().filter_map(std::sync::Weak::upgrade).collect();
        let open: Vec<_> = slots.iter().map(|slot| slot.seen()).collect();
        match decide(&open, source, has_share, &self.limits, now) {
            Decision::Admit => {}
            Decision::Replace(number) => {
                if let Some(slot) = slots.iter().find(|slot| slot.number == number) {
                    // Its task ends soon; until then it no longer counts.
                    self.table.slots().remove(&number);
                    slot.make_room.notify_one();
                }
            }
            Decision::Refuse => {
                self.refused.count(now);
                return None;
            }
        }
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let state = State { phase: Phase::Fresh, since: now, blocked: None, head: None };
        let slot = Arc::new(Slot {
            number,
            source,
            has_share,
            state: Mutex::new(state),
            reader: Mutex::default(),
            make_room: Notify::new(),
            no_lingering: AtomicBool::new(false),
            registry: self.table.clone(),
        });
        self.table.slots().insert(number, Arc::downgrade(&slot));
        Some(slot)
    }
}

/// Refused connections, which the log tells once a minute.
#[derive(Default)]
struct Refused(Mutex<(u64, Option<Instant>)>);

impl Refused {
    const INTERVAL: Duration = Duration::from_secs(60);

    fn count(&self, now: Instant) {
        let mut refused = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        refused.0 += 1;
        if refused.1.is_none_or(|told| now >= told + Self::INTERVAL) {
            tracing::warn!(refused = refused.0, "too many connections: new ones are refused");
            *refused = (0, Some(now));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(last: u8) -> Source {
        Source::of([192, 0, 2, last].into())
    }

    #[test]
    fn the_connection_that_waited_longest_makes_room_and_never_one_that_is_answered() {
        let now = Instant::now() + Duration::from_secs(100);
        let seen = |number: u64, last: u8, waiting, seconds| Seen {
            number,
            source: source(last),
            has_share: last != 9,
            waiting,
            since: now - Duration::from_secs(seconds),
        };
        use Waiting::*;
        let limits = Limits { connections: 4, per_source: 2, ..Limits::default() };
        let decided = |open: &[Seen], from: u8| decide(open, source(from), from != 9, &limits, now);
        let busy = [seen(1, 1, No, 50), seen(2, 2, No, 50), seen(3, 3, No, 50)];
        assert_eq!(decided(&busy, 1), Decision::Admit);
        for (fourth, decision) in [
            (seen(4, 4, No, 99), Decision::Refuse),
            (seen(4, 4, First, 0), Decision::Replace(4)),
            (seen(4, 4, Idle, 0), Decision::Replace(4)),
            (seen(4, 4, Body, 1), Decision::Refuse),
            (seen(4, 4, Body, 3), Decision::Replace(4)),
            (seen(4, 4, Write, 1), Decision::Refuse),
            (seen(4, 4, Write, 3), Decision::Replace(4)),
        ] {
            assert_eq!(decided(&[&busy[..], &[fourth]].concat(), 5), decision);
        }
        let waiting = [seen(1, 1, Write, 90), seen(2, 2, Body, 80), seen(3, 3, Idle, 70), seen(4, 4, First, 60)];
        for left in (1..=4).rev() {
            let mut open = waiting[..left].to_vec();
            open.resize(4, busy[0]);
            assert_eq!(decided(&open, 5), Decision::Replace(left as u64));
        }
        // A source at its share replaces one of its own, and a proxy has no share.
        let own = [seen(1, 1, No, 50), seen(2, 1, Idle, 1), seen(3, 2, First, 99)];
        assert_eq!(decided(&own, 1), Decision::Replace(2));
        assert_eq!(decided(&[seen(1, 1, No, 50), seen(2, 1, No, 50)], 1), Decision::Refuse);
        assert_eq!(decided(&[seen(1, 9, No, 50), seen(2, 9, No, 50), seen(3, 9, No, 50)], 9), Decision::Admit);
    }
}
