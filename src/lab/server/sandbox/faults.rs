//! Fault injection and request gates. Every fault is real (a cut connection, a late response, a refusal in front of the app) and
//! meets tabs only: the thief's network always works.

use std::{
    collections::HashSet,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use axum::response::{IntoResponse as _, Response};
use tokio::sync::{Semaphore, watch};

use crate::lab::model::event::{Lifeline, Network, RefreshFault};
use crate::lab::words::t;
use crate::protocol::problem::Problem;

/// `Retry-After` of a refused request, in seconds.
const RETRY_AFTER: u32 = 2;
/// The visible delay of a request or a response, in slow motion multiplied by the factor.
pub const HOP_DELAY: Duration = Duration::from_millis(150);
pub const LATE_ANSWER_DELAY: Duration = Duration::from_secs(3);
/// How long one racing tab waits for the other.
const RACE_TIMEOUT: Duration = Duration::from_secs(5);
/// A browser repeats a request by itself when a reused connection is gone. Repeats within this time are dropped as well, or the
/// lost response would never be visible.
const BROWSER_REPEAT: Duration = Duration::from_millis(500);

/// The response that the network gives instead of the app; `None` if requests pass or are cut.
pub fn network_response(network: Network) -> Option<Response> {
    match network {
        Network::Up | Network::Offline => None,
        Network::Unavailable => Some(unavailable()),
        Network::TooMany => Some(Problem::too_many(RETRY_AFTER).into_response()),
    }
}

pub fn unavailable() -> Response {
    let words = t(
        "The lab's network answers in the server's place: it is not available.",
        "Das Netz des Labors antwortet statt des Servers: Er ist nicht verfügbar.",
    );
    Problem::unavailable(words, RETRY_AFTER).into_response()
}

/// The fault that the current refresh meets. The fault in `set` is taken; `dropped` is when a response was last dropped.
pub fn fault_for_refresh(set: &mut Option<RefreshFault>, dropped: &mut Option<Instant>) -> Option<RefreshFault> {
    if let Some(fault) = set.take() {
        *dropped = (fault == RefreshFault::DropAnswer).then(Instant::now);
        return Some(fault);
    }
    let again = dropped.is_some_and(|since| since.elapsed() < BROWSER_REPEAT);
    again.then_some(RefreshFault::DropAnswer)
}

/// Holds requests until the visitor steps.
pub struct StepGate {
    on: watch::Sender<bool>,
    steps: Semaphore,
    waiting: AtomicUsize,
}

impl Default for StepGate {
    fn default() -> Self {
        Self { on: watch::Sender::new(false), steps: Semaphore::new(0), waiting: AtomicUsize::new(0) }
    }
}

impl StepGate {
    pub fn set_on(&self, on: bool) {
        self.steps.forget_permits(self.steps.available_permits());
        self.on.send_replace(on);
    }

    pub fn are_on(&self) -> bool {
        *self.on.borrow()
    }

    /// Waits for a step, or until stepping is turned off.
    pub async fn wait(&self) {
        let mut on = self.on.subscribe();
        let _waiting = WaitingGuard::new(&self.waiting);
        tokio::select! {
            step = self.steps.acquire() => step.into_iter().for_each(|step| step.forget()),
            _ = on.wait_for(|on| !on) => {}
        }
    }

    /// Releases the request that has waited longest; `false` if none waits.
    pub fn step(&self) -> bool {
        let waits = self.waiting.load(Ordering::SeqCst) > self.steps.available_permits();
        if waits {
            self.steps.add_permits(1);
        }
        waits
    }
}

/// Counts a waiting request until it is dropped (RAII), also when it is cancelled.
struct WaitingGuard<'a>(&'a AtomicUsize);

impl<'a> WaitingGuard<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(count)
    }
}

impl Drop for WaitingGuard<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A barrier at which the refreshes of both tabs wait for each other.
pub struct RaceBarrier {
    arrived: Mutex<HashSet<Lifeline>>,
    open: watch::Sender<bool>,
}

impl Default for RaceBarrier {
    fn default() -> Self {
        Self { arrived: Mutex::default(), open: watch::Sender::new(false) }
    }
}

impl RaceBarrier {
    /// Waits until both tabs have arrived, or until the timeout.
    pub async fn wait(&self, tab: Lifeline) {
        let here = {
            let mut arrived = self.arrived.lock().unwrap_or_else(PoisonError::into_inner);
            arrived.insert(tab);
            arrived.len()
        };
        if here == 2 {
            self.open.send_replace(true);
        }
        let mut opened = self.open.subscribe();
        let _ = tokio::time::timeout(RACE_TIMEOUT, opened.wait_for(|open| *open)).await;
        self.open.send_replace(true);
    }
}
