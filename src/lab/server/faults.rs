//! What can go wrong on the way of a tab's request, and what makes it wait. Every fault is real (a cut connection, a late
//! answer, a refusal before the app) and meets tabs alone: the thief always has a good line.

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

use crate::api::error::Problem;
use crate::lab::event::{Lifeline, Network, RefreshFault};

/// Seconds that a refused request is asked to wait.
const RETRY_AFTER: u32 = 2;
/// What a person needs to see a hop.
pub const HOP: Duration = Duration::from_millis(150);
pub const LATE: Duration = Duration::from_secs(3);
/// How long a racer waits for the other one.
const RACE: Duration = Duration::from_secs(5);
/// A browser sends a request again by itself when a connection it had used before is gone: those are lost as well, or nobody
/// would ever see a lost answer.
const SENT_AGAIN: Duration = Duration::from_millis(500);

/// What the network answers in the app's place.
pub fn answer(network: Network) -> Option<Response> {
    match network {
        Network::Up | Network::Offline => None,
        Network::Unavailable => Some(unavailable()),
        Network::TooMany => Some(Problem::too_many(RETRY_AFTER).into_response()),
    }
}

pub fn unavailable() -> Response {
    Problem::unavailable("The lab's network answers in the server's place: it is not available.", RETRY_AFTER)
        .into_response()
}

/// What a refresh meets that is here now. What is `set` is met once; `dropped` is when an answer was dropped last.
pub fn met(set: &mut Option<RefreshFault>, dropped: &mut Option<Instant>) -> Option<RefreshFault> {
    if let Some(fault) = set.take() {
        *dropped = (fault == RefreshFault::DropAnswer).then(Instant::now);
        return Some(fault);
    }
    let again = dropped.is_some_and(|since| since.elapsed() < SENT_AGAIN);
    again.then_some(RefreshFault::DropAnswer)
}

/// Where requests wait for the visitor's step.
pub struct Steps {
    on: watch::Sender<bool>,
    steps: Semaphore,
    waiting: AtomicUsize,
}

impl Default for Steps {
    fn default() -> Self {
        Self { on: watch::Sender::new(false), steps: Semaphore::new(0), waiting: AtomicUsize::new(0) }
    }
}

impl Steps {
    pub fn turn(&self, on: bool) {
        self.steps.forget_permits(self.steps.available_permits());
        self.on.send_replace(on);
    }

    pub fn are_on(&self) -> bool {
        *self.on.borrow()
    }

    /// Waits for a step, or until there is no stepping any more.
    pub async fn wait(&self) {
        let mut on = self.on.subscribe();
        let _waiting = Waiting::new(&self.waiting);
        tokio::select! {
            step = self.steps.acquire() => step.into_iter().for_each(|step| step.forget()),
            _ = on.wait_for(|on| !on) => {}
        }
    }

    /// Lets the one go on that waits longest; `false` where none waits.
    pub fn step(&self) -> bool {
        let waits = self.waiting.load(Ordering::SeqCst) > self.steps.available_permits();
        if waits {
            self.steps.add_permits(1);
        }
        waits
    }
}

/// Counts somebody for as long as they wait, however that ends.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Where both tabs' refreshes wait for each other.
pub struct Barrier {
    arrived: Mutex<HashSet<Lifeline>>,
    open: watch::Sender<bool>,
}

impl Default for Barrier {
    fn default() -> Self {
        Self { arrived: Mutex::default(), open: watch::Sender::new(false) }
    }
}

impl Barrier {
    /// Waits until both tabs are here, or too long.
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
        let _ = tokio::time::timeout(RACE, opened.wait_for(|open| *open)).await;
        self.open.send_replace(true);
    }
}
