//! The sandbox's append-only event log, and what turns requests, tokens and rows into redacted events. Writers append and waiters
//! subscribe to the same log: [`EventLog::until`] finds an event whether it is already there or still to come, so nothing polls
//! or sleeps.

pub mod actor_tokens;
pub mod exchange_context;
pub mod redaction;
pub mod row_changes;
pub mod token_fingerprints;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::watch;

use crate::clock::Clock;
use crate::lab::model::event::{LogEvent, LogEventKind};

/// Enough for an afternoon of lessons; a full sandbox refuses requests until it is reset.
const EVENTS_MAX: usize = 5_000;

pub struct EventLog {
    events: Mutex<Vec<LogEvent>>,
    latest: watch::Sender<u64>,
    clock: Arc<dyn Clock>,
    opened: Instant,
}

impl EventLog {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { events: Mutex::default(), latest: watch::Sender::new(0), clock, opened: Instant::now() }
    }

    pub fn age(&self) -> Duration {
        self.opened.elapsed()
    }

    pub fn add(&self, exchange: Option<u64>, kind: LogEventKind) {
        let mut events = self.events();
        let seq = events.len() as u64 + 1;
        let elapsed = u64::try_from(self.opened.elapsed().as_micros()).unwrap_or(u64::MAX);
        events.push(LogEvent { seq, at: self.clock.now(), elapsed, exchange, kind });
        // Under the lock, so that no subscriber learns of a later event first.
        self.latest.send_replace(seq);
    }

    /// The events after `seq`.
    pub fn after(&self, seq: u64) -> Vec<LogEvent> {
        let events = self.events();
        events.get(usize::try_from(seq).unwrap_or(usize::MAX)..).unwrap_or_default().to_vec()
    }

    pub fn latest(&self) -> u64 {
        *self.latest.borrow()
    }

    /// Changes with every new event; holds the newest `seq`.
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.latest.subscribe()
    }

    pub fn is_full(&self) -> bool {
        self.events().len() >= EVENTS_MAX
    }

    /// Waits until `find` returns a value for the events after `seq`.
    pub async fn until<T>(&self, seq: u64, find: impl Fn(&[LogEvent]) -> Option<T>) -> T {
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

    fn events(&self) -> MutexGuard<'_, Vec<LogEvent>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
