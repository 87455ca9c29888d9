//! The place of one connection: how far it and its requests are, and what of that has a limit in time.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::Waker,
};

use tokio::{sync::Notify, time::Instant};

use super::limits::Limits;
use super::registry::{Seen, Table, Waiting};
use crate::auth::throttle::rules::Source;

/// How far a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Before the first complete head.
    Fresh,
    /// Between two requests, or in the middle of a later head.
    Idle,
    /// The body of each open request is being received.
    Body,
    /// The client takes nothing of the responses to its requests (HTTP/2 flow control).
    Stalled,
    /// A request is being answered.
    Answer,
    /// The last response has been written.
    Closing,
}

/// A connection's place.
pub struct Slot {
    pub(super) number: u64,
    pub(super) source: Source,
    /// Trusted proxies have no share: their connections carry the requests of many sources.
    has_share: bool,
    state: Mutex<State>,
    /// Of the task that asks for the limit of a head, where requests begin and end in other ones (HTTP/2).
    waiting: Mutex<Option<Waker>>,
    make_room: Notify,
    no_lingering: AtomicBool,
    /// HTTP/2 streams of all connections of the source.
    pub(super) streams_of_source: Arc<AtomicUsize>,
    registry: Arc<Table>,
}

#[derive(Clone, Copy)]
struct State {
    /// No request has arrived.
    fresh: bool,
    closing: bool,
    /// Requests that are not answered; more than one in HTTP/2 only.
    open: usize,
    /// Those of them whose body is being received.
    receiving: usize,
    /// Those of them whose client takes nothing of the response.
    stalled: usize,
    /// When the phase began.
    since: Instant,
    /// Since when a write has made no progress.
    blocked: Option<Instant>,
    /// When the first byte of a later head arrived.
    head: Option<Instant>,
}

impl State {
    fn phase(&self) -> Phase {
        match self {
            Self { closing: true, .. } => Phase::Closing,
            Self { open: 0, fresh: true, .. } => Phase::Fresh,
            Self { open: 0, .. } => Phase::Idle,
            Self { open, receiving, .. } if receiving >= open => Phase::Body,
            Self { open, receiving, stalled, .. } if receiving + stalled >= *open => Phase::Stalled,
            _ => Phase::Answer,
        }
    }
}

/// A request that is not answered. Dropped when its response has been sent or is given up.
pub struct OpenRequest {
    slot: Arc<Slot>,
    /// Whether it is counted as an HTTP/2 stream.
    is_stream: bool,
}

impl Drop for OpenRequest {
    fn drop(&mut self) {
        if self.is_stream {
            self.slot.release_stream();
        }
        self.slot.change(|state| {
            state.open = state.open.saturating_sub(1);
            // Nobody waits for the rest of the body of an answered request.
            state.receiving = state.receiving.min(state.open);
        });
    }
}

/// A response of which the client takes nothing.
pub struct StalledResponse(Arc<Slot>);

impl Drop for StalledResponse {
    fn drop(&mut self) {
        self.0.change(|state| state.stalled = state.stalled.saturating_sub(1));
    }
}

impl Slot {
    /// The place of a connection that has just been accepted.
    pub(super) fn new(
        number: u64,
        source: Source,
        has_share: bool,
        streams_of_source: Arc<AtomicUsize>,
        registry: Arc<Table>,
    ) -> Self {
        let state = State {
            fresh: true,
            closing: false,
            open: 0,
            receiving: 0,
            stalled: 0,
            since: Instant::now(),
            blocked: None,
            head: None,
        };
        Self {
            number,
            source,
            has_share,
            state: Mutex::new(state),
            waiting: Mutex::default(),
            make_room: Notify::new(),
            no_lingering: AtomicBool::new(false),
            streams_of_source,
            registry,
        }
    }

    pub fn phase(&self) -> Phase {
        self.state().phase()
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state();
        let before = state.phase();
        change(&mut state);
        if state.phase() == before {
            return;
        }
        *state = State { since: Instant::now(), head: None, ..*state };
        drop(state);
        if let Some(waiting) = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).take() {
            waiting.wake();
        }
    }

    /// A request's head has arrived.
    pub fn begin_request(self: &Arc<Self>, has_body: bool) -> OpenRequest {
        self.change(|state| {
            state.fresh = false;
            state.open += 1;
            state.receiving += usize::from(has_body);
        });
        OpenRequest { slot: self.clone(), is_stream: false }
    }

    /// A request's head has arrived on an HTTP/2 stream; `None` if there are too many streams.
    pub fn begin_stream(self: &Arc<Self>, has_body: bool) -> Option<OpenRequest> {
        let limits = &self.registry.limits;
        let take = |counter: &AtomicUsize, max| {
            let more = |streams| (streams < max).then_some(streams + 1);
            counter.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok()
        };
        let max_of_source = if self.has_share { limits.streams_per_source } else { usize::MAX };
        if !take(&self.streams_of_source, max_of_source) {
            self.registry.refused_streams.count(Instant::now());
            return None;
        }
        if !take(&self.registry.streams, limits.streams) {
            self.streams_of_source.fetch_sub(1, Ordering::Relaxed);
            self.registry.refused_streams.count(Instant::now());
            return None;
        }
        let mut request = self.begin_request(has_body);
        request.is_stream = true;
        Some(request)
    }

    fn release_stream(&self) {
        self.streams_of_source.fetch_sub(1, Ordering::Relaxed);
        self.registry.streams.fetch_sub(1, Ordering::Relaxed);
    }

    /// The client takes nothing of a response.
    pub fn stall(self: &Arc<Self>) -> StalledResponse {
        self.change(|state| state.stalled += 1);
        StalledResponse(self.clone())
    }

    /// The last response has been written.
    pub fn close(&self) {
        self.change(|state| state.closing = true);
    }

    /// Wakes this task when the phase changes.
    pub fn wake_at_next_phase(&self, waiting: &Waker) {
        *self.waiting.lock().unwrap_or_else(PoisonError::into_inner) = Some(waiting.clone());
    }

    /// A request's body has arrived, or nobody reads the rest of it.
    pub fn body_is_over(&self) {
        self.change(|state| state.receiving = state.receiving.saturating_sub(1));
    }

    pub fn bytes_arrived(&self) {
        let mut state = self.state();
        if state.phase() == Phase::Idle {
            state.head.get_or_insert_with(Instant::now);
        }
    }

    pub fn write_is_blocked(&self, since: Option<Instant>) {
        self.state().blocked = since;
    }

    /// Whether the connection itself can be written.
    pub fn is_writable(&self) -> bool {
        self.state().blocked.is_none()
    }

    /// Until when bytes have to arrive; `None` while the connection does not wait for a head.
    pub fn head_deadline(&self, limits: &Limits) -> Option<Instant> {
        let state = self.state();
        match (state.phase(), state.head) {
            (Phase::Fresh, _) => Some(state.since + limits.head),
            (Phase::Idle, Some(began)) => Some(began + limits.head),
            (Phase::Idle, None) => Some(state.since + limits.idle),
            _ => None,
        }
    }

    /// Gives this place to another connection.
    pub(super) fn make_room(&self) {
        self.make_room.notify_one();
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

    pub(super) fn seen(&self) -> Seen {
        let state = *self.state();
        let (waiting, since) = match (state.phase(), state.blocked) {
            (Phase::Answer | Phase::Stalled, Some(blocked)) => (Waiting::Write, blocked),
            (Phase::Answer, None) => (Waiting::No, state.since),
            (Phase::Stalled, None) => (Waiting::Write, state.since),
            (Phase::Fresh | Phase::Closing, _) => (Waiting::First, state.since),
            (Phase::Idle, _) => (Waiting::Idle, state.since),
            (Phase::Body, _) => (Waiting::Body, state.since),
        };
        Seen { number: self.number, source: self.source, has_share: self.has_share, waiting, since }
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
