//! The open connections (connection limit, load shedding). When there are too many, the one that waited longest for its client
//! makes room; a connection whose request is being answered never does.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;

use super::limits::Limits;
use super::slot::Slot;
use crate::api::edge::client_address::TrustedProxies;
use crate::auth::throttle::rules::Source;

/// A connection that is in the middle of a body or a write makes room only if it has been for this long.
pub const PATIENCE: Duration = Duration::from_secs(2);

/// What a connection waits for its client to do, those that make room first at the top.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Waiting {
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
pub(super) struct Seen {
    pub number: u64,
    pub source: Source,
    pub has_share: bool,
    pub waiting: Waiting,
    pub since: Instant,
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

pub(super) struct Table {
    pub limits: Limits,
    slots: Mutex<HashMap<u64, std::sync::Weak<Slot>>>,
    /// HTTP/2 streams of all connections.
    pub streams: AtomicUsize,
    refused: Refused,
    pub refused_streams: Refused,
}

impl Table {
    pub fn slots(&self) -> MutexGuard<'_, HashMap<u64, std::sync::Weak<Slot>>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub struct Registry {
    table: Arc<Table>,
    next: std::sync::atomic::AtomicU64,
}

impl Registry {
    pub fn new(limits: Limits) -> Self {
        let table = Table {
            limits,
            slots: Mutex::default(),
            streams: AtomicUsize::new(0),
            refused: Refused::of("too many connections: new ones are refused"),
            refused_streams: Refused::of("too many requests at once on HTTP/2 connections: new streams are refused"),
        };
        Self { table: Arc::new(table), next: Default::default() }
    }

    /// A place for a new connection of `peer`, perhaps that of another one; `None` if there is none.
    pub fn admit(&self, peer: IpAddr, proxies: &TrustedProxies) -> Option<Arc<Slot>> {
        let (source, has_share, now) = (Source::of(peer).widest(), !proxies.trusts(peer), Instant::now());
        let slots: Vec<_> = self.table.slots().values().filter_map(std::sync::Weak::upgrade).collect();
        let open: Vec<_> = slots.iter().map(|slot| slot.seen()).collect();
        match decide(&open, source, has_share, &self.table.limits, now) {
            Decision::Admit => {}
            Decision::Replace(number) => {
                if let Some(slot) = slots.iter().find(|slot| slot.number == number) {
                    // Its task ends soon; until then it no longer counts.
                    self.table.slots().remove(&number);
                    slot.make_room();
                }
            }
            Decision::Refuse => {
                self.table.refused.count(now);
                return None;
            }
        }
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let streams_of_source = slots.iter().find(|slot| slot.source == source).map(|slot| &slot.streams_of_source);
        let streams_of_source = streams_of_source.cloned().unwrap_or_default();
        let slot = Arc::new(Slot::new(number, source, has_share, streams_of_source, self.table.clone()));
        self.table.slots().insert(number, Arc::downgrade(&slot));
        Some(slot)
    }
}

/// Refused connections or streams, which the log tells once a minute.
pub(super) struct Refused {
    what: &'static str,
    counted: Mutex<(u64, Option<Instant>)>,
}

impl Refused {
    const INTERVAL: Duration = Duration::from_secs(60);

    fn of(what: &'static str) -> Self {
        Self { what, counted: Mutex::default() }
    }

    pub fn count(&self, now: Instant) {
        let mut refused = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        refused.0 += 1;
        if refused.1.is_none_or(|told| now >= told + Self::INTERVAL) {
            tracing::warn!(refused = refused.0, "{}", self.what);
            *refused = (0, Some(now));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::slot::Phase;
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

    #[test]
    fn a_connection_of_many_streams_waits_only_if_each_of_them_does() {
        let registry = Registry::new(Limits { streams: 3, streams_per_source: 2, ..Limits::default() });
        let admit = |last| registry.admit([192, 0, 2, last].into(), &TrustedProxies::default()).unwrap();
        let slot = admit(1);
        assert_eq!(slot.phase(), Phase::Fresh);
        let first = slot.begin_stream(true).unwrap();
        assert_eq!(slot.phase(), Phase::Body);
        let second = slot.begin_stream(false).unwrap();
        assert_eq!(slot.phase(), Phase::Answer);
        let stalled = slot.stall();
        assert_eq!((slot.phase(), slot.seen().waiting), (Phase::Stalled, Waiting::Write));
        slot.body_is_over();
        assert_eq!((slot.phase(), slot.seen().waiting), (Phase::Answer, Waiting::No));
        // A source has a share, on whichever connections, and all together have a limit.
        let (sibling, other) = (admit(1), admit(2));
        assert!(slot.begin_stream(false).is_none() && sibling.begin_stream(false).is_none());
        let third = other.begin_stream(false).unwrap();
        assert!(other.begin_stream(false).is_none());
        drop((stalled, second, third));
        assert!(sibling.begin_stream(false).is_some());
        drop(first);
        assert_eq!(slot.phase(), Phase::Idle);
    }
}
