//! The sandbox's event log, bounded in bytes, and what turns requests, tokens and rows into redacted events. Writers append and
//! waiters subscribe to the same log: [`EventLog::until`] finds an event whether it is already there or still to come, so nothing
//! polls or sleeps. Events are shared: a reader that is behind holds none of them, and looks for the next one when it is ready.

pub mod actor_tokens;
mod bounded;
pub mod exchange_context;
pub mod redaction;
pub mod row_changes;
pub mod token_fingerprints;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::watch;

use crate::clock::Clock;
use crate::lab::model::event::{LogEvent, LogEventKind};

/// Events in one log. The oldest make room for new ones.
pub const EVENTS_MAX: usize = 5_000;

pub struct EventLog {
    kept: Mutex<Kept>,
    latest: watch::Sender<u64>,
    clock: Arc<dyn Clock>,
    opened: Instant,
    /// Of all events as JSON.
    bytes_max: usize,
}

/// The newest events, oldest first, with the bytes of each.
#[derive(Default)]
struct Kept {
    events: VecDeque<(Arc<LogEvent>, usize)>,
    bytes: usize,
    /// The `seq` of the newest event.
    latest: u64,
}

impl Kept {
    /// The index of the first event after `seq`.
    fn index_after(&self, seq: u64) -> usize {
        let evicted = self.latest - self.events.len() as u64;
        usize::try_from(seq.saturating_sub(evicted)).unwrap_or(usize::MAX).min(self.events.len())
    }
}

impl EventLog {
    /// An empty log that keeps `bytes_max` bytes of events, and always the newest event.
    pub fn new(clock: Arc<dyn Clock>, bytes_max: usize) -> Self {
        Self { kept: Mutex::default(), latest: watch::Sender::new(0), clock, opened: Instant::now(), bytes_max }
    }

    pub fn age(&self) -> Duration {
        self.opened.elapsed()
    }

    /// Records an event. Fields that make it too large are cut.
    pub fn add(&self, exchange: Option<u64>, kind: LogEventKind) {
        let (kind, bytes) = bounded::bounded(kind);
        let mut kept = self.kept();
        let seq = kept.latest + 1;
        let elapsed = u64::try_from(self.opened.elapsed().as_micros()).unwrap_or(u64::MAX);
        let event = LogEvent { seq, at: self.clock.now(), elapsed, exchange, kind };
        kept.events.push_back((Arc::new(event), bytes));
        kept.bytes += bytes;
        kept.latest = seq;
        while kept.events.len() > EVENTS_MAX || (kept.bytes > self.bytes_max && kept.events.len() > 1) {
            let evicted = kept.events.pop_front().map_or(0, |(_, bytes)| bytes);
            kept.bytes -= evicted;
        }
        // Under the lock, so that no subscriber learns of a later event first.
        self.latest.send_replace(seq);
    }

    /// The events after `seq` that are still kept.
    pub fn after(&self, seq: u64) -> Vec<Arc<LogEvent>> {
        let kept = self.kept();
        kept.events.range(kept.index_after(seq)..).map(|(event, _)| event.clone()).collect()
    }

    /// The first of them.
    pub fn next_after(&self, seq: u64) -> Option<Arc<LogEvent>> {
        let kept = self.kept();
        kept.events.get(kept.index_after(seq)).map(|(event, _)| event.clone())
    }

    pub fn latest(&self) -> u64 {
        *self.latest.borrow()
    }

    /// Changes with every new event; holds the newest `seq`.
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.latest.subscribe()
    }

    /// Waits until `find` returns a value for the events after `seq`.
    pub async fn until<T>(&self, seq: u64, find: impl Fn(&[Arc<LogEvent>]) -> Option<T>) -> T {
        let mut latest = self.watch();
        loop {
            latest.mark_unchanged();
            if let Some(found) = find(&self.after(seq)) {
                return found;
            }
            if latest.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;
    use crate::lab::model::event::{Lifeline, TabEvent};

    fn seen(why: &str) -> LogEventKind {
        LogEventKind::Seen { tab: Lifeline::Tab, seen: TabEvent::CouldNot { why: why.to_owned() } }
    }

    fn seqs(events: &[Arc<LogEvent>]) -> Vec<u64> {
        events.iter().map(|event| event.seq).collect()
    }

    #[test]
    fn the_oldest_events_make_room_and_a_reader_that_is_behind_goes_on_after_them() {
        let log = EventLog::new(Arc::new(SystemClock), 2_000);
        for number in 1..=100 {
            log.add(None, seen(&"x".repeat(100)));
            let kept = log.kept();
            assert!(kept.bytes <= 2_000 && kept.bytes == kept.events.iter().map(|(_, bytes)| bytes).sum::<usize>());
            assert_eq!(kept.latest, number);
        }
        let kept = seqs(&log.after(0));
        assert!((5..20).contains(&kept.len()) && kept.last() == Some(&100), "{kept:?}");
        assert!(kept.is_sorted());
        assert_eq!(log.next_after(3).unwrap().seq, kept[0]);
        assert_eq!(seqs(&log.after(98)), [99, 100]);
        assert_eq!(log.next_after(99).unwrap().seq, 100);
        assert!(log.next_after(100).is_none() && log.after(100).is_empty() && log.after(u64::MAX).is_empty());
        // One event that is larger than the log is kept alone.
        let small = EventLog::new(Arc::new(SystemClock), 10);
        small.add(None, seen("a"));
        small.add(None, seen("b"));
        assert_eq!(seqs(&small.after(0)), [2]);
    }

    #[test]
    fn the_number_of_events_is_bounded_too() {
        let log = EventLog::new(Arc::new(SystemClock), usize::MAX);
        for _ in 0..EVENTS_MAX + 10 {
            log.add(None, LogEventKind::Restarted);
        }
        assert_eq!(log.after(0).len(), EVENTS_MAX);
        assert_eq!(log.next_after(0).unwrap().seq, 11);
    }
}
