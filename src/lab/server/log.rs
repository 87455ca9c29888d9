//! The sandbox's one list of events: everybody writes here, and everybody who waits for something waits here. Whoever looks
//! for an event that is there already and whoever waits for one to come ask the same way, so nothing has to poll or sleep.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::watch;

use crate::clock::Clock;
use crate::lab::event::{Event, What};

/// Enough for an afternoon of lessons; beyond it a sandbox takes no more requests until it is reset.
const EVENTS_MAX: usize = 5_000;

pub struct Log {
    events: Mutex<Vec<Event>>,
    latest: watch::Sender<u64>,
    clock: Arc<dyn Clock>,
    opened: Instant,
}

impl Log {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { events: Mutex::default(), latest: watch::Sender::new(0), clock, opened: Instant::now() }
    }

    pub fn age(&self) -> Duration {
        self.opened.elapsed()
    }

    pub fn add(&self, exchange: Option<u64>, what: What) {
        let mut events = self.events();
        let seq = events.len() as u64 + 1;
        let elapsed = u64::try_from(self.opened.elapsed().as_micros()).unwrap_or(u64::MAX);
        events.push(Event { seq, at: self.clock.now(), elapsed, exchange, what });
        // While the list is held, so that nobody hears of a later event first.
        self.latest.send_replace(seq);
    }

    /// The events after `seq`.
    pub fn after(&self, seq: u64) -> Vec<Event> {
        let events = self.events();
        events.get(usize::try_from(seq).unwrap_or(usize::MAX)..).unwrap_or_default().to_vec()
    }

    pub fn latest(&self) -> u64 {
        *self.latest.borrow()
    }

    /// Hears of every new event.
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.latest.subscribe()
    }

    pub fn is_full(&self) -> bool {
        self.events().len() >= EVENTS_MAX
    }

    /// Waits until `find` finds what it seeks among the events after `seq`.
    pub async fn until<T>(&self, seq: u64, find: impl Fn(&[Event]) -> Option<T>) -> T {
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

    fn events(&self) -> MutexGuard<'_, Vec<Event>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
