//! The retry queue, and the probe: exponential backoff with jitter, `Retry-After` respected.

use std::{cell::RefCell, collections::VecDeque, time::Duration};

use futures::channel::oneshot;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use crate::client::auth_state::{self, AuthState, auth_state};
use crate::client::refresh::RefreshOutcome;
use crate::client::{refresh, tabs, token_store};
use crate::clock::Stopwatch;
use crate::dom;
use crate::lang::lang;
use crate::protocol::code::{Code, Reaction};
use crate::protocol::problem::Problem;

pub(in crate::client) const FIRST_PAUSE: Duration = Duration::from_secs(1);
pub(in crate::client) const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// A pause that the server asked for (`Retry-After`, RFC 9110 section 10.2.3). No refresh or
/// probe is made before it has passed.
#[derive(Clone)]
pub struct Backoff {
    since: Stopwatch,
    lasts: Duration,
    problem: Problem,
}

impl Backoff {
    fn left(&self) -> Duration {
        let elapsed = Duration::try_from_secs_f64(self.since.elapsed_ms() / 1000.0).unwrap_or(self.lasts);
        self.lasts.saturating_sub(elapsed)
    }

    pub fn into_problem(self) -> Problem {
        self.problem
    }
}

#[derive(Default)]
struct RetryQueue {
    /// Consecutive failures since the last answer.
    failures: u32,
    backoff: Option<Backoff>,
    /// Cuts the pause short. Present while a pause before the next attempt runs.
    retry_now: Option<oneshot::Sender<()>>,
    waiting: VecDeque<oneshot::Sender<()>>,
}

thread_local! {
    static QUEUE: RefCell<RetryQueue> = RefCell::default();
    static IN_FRONT: ArcRwSignal<Option<Problem>> = ArcRwSignal::new(None);
}

/// What something in front of the server answered to the last refresh, while the tab is offline
/// because of it: a page load may help, and waiting does not.
pub fn in_front() -> ArcRwSignal<Option<Problem>> {
    IN_FRONT.with(Clone::clone)
}

/// Retries `call` until the server answers. For idempotent calls only: an earlier attempt may have
/// been carried out with its answer lost.
///
/// # Errors
///
/// The server's answer when it is a refusal, and [`Code::SessionRevoked`] when the session ends or
/// another user signs in meanwhile.
pub async fn retry_while_offline<T>(call: impl AsyncFn() -> Result<T, Problem>) -> Result<T, Problem> {
    let user = signed_in_user();
    let mut got_through_elsewhere = false;
    loop {
        let problem = match call().await {
            Err(problem) if problem.code.reaction() == Reaction::Wait => problem,
            answer => return answer,
        };
        if problem.code == Code::NoAnswer && is_alone(&problem).await {
            // Tried again once: the connection may have been away for that moment.
            if std::mem::replace(&mut got_through_elsewhere, true) {
                return Err(Problem::new(Code::Intercepted, lang().client_blocked()));
            }
            continue;
        }
        wait_for_turn(&problem).await;
        if auth_state().with_untracked(|state| *state == AuthState::Unknown) {
            refresh::newer_than(0).await;
        }
        if user.is_some() && signed_in_user() != user {
            return Err(Problem::new(Code::SessionRevoked, lang().client_ended_meanwhile()));
        }
    }
}

fn signed_in_user() -> Option<String> {
    auth_state().with_untracked(|state| state.user().map(|user| user.id.clone()))
}

async fn wait_for_turn(problem: &Problem) {
    let (turn, came) = oneshot::channel();
    QUEUE.with_borrow_mut(|queue| queue.waiting.push_back(turn));
    // The transport reports only missing answers as unreachable, not a 429 or 503.
    mark_unreachable(problem);
    let _ = came.await;
}

/// A call got no answer. A content blocker or a firewall may stop one kind of call alone, so a
/// refresh decides whether the tab is offline; it reports its own failure.
pub fn suspect(problem: &Problem) {
    let problem = problem.clone();
    spawn_local(async move {
        is_alone(&problem).await;
    });
}

/// Whether a call that got no answer is alone with that: a refresh gets through.
async fn is_alone(problem: &Problem) -> bool {
    if !dom::is_online() {
        mark_unreachable(problem);
        return false;
    }
    let Some(held) = token_store::held() else { return false };
    matches!(refresh::newer_than(held.version).await, RefreshOutcome::Renewed(_))
}

/// The server could not be reached or asks to wait: the state becomes offline, and a probe is
/// scheduled.
pub fn mark_unreachable(problem: &Problem) {
    in_front().set((problem.code == Code::Intercepted).then(|| problem.clone()));
    let state = auth_state().get_untracked();
    // A signed-out visitor has no session that could be offline.
    if !matches!(state, AuthState::Anonymous { .. }) {
        auth_state::set(AuthState::Offline { user: state.user().cloned() });
    }
    let Some(was_cut_short) = QUEUE.with_borrow_mut(|queue| {
        if problem.code == Code::RateLimited || problem.retry_after.is_some_and(|seconds| seconds > 1) {
            queue.back_off(problem);
        }
        if queue.retry_now.is_some() {
            return None;
        }
        let (cut_short, was_cut_short) = oneshot::channel();
        queue.retry_now = Some(cut_short);
        queue.failures = queue.failures.saturating_add(1);
        Some(was_cut_short)
    }) else {
        return;
    };
    spawn_local(pause_and_probe(was_cut_short));
}

impl RetryQueue {
    fn back_off(&mut self, problem: &Problem) {
        let lasts = Duration::from_secs(problem.retry_after.unwrap_or(1).into());
        self.backoff = Some(Backoff { since: Stopwatch::start(), lasts, problem: problem.clone() });
    }

    /// Exponential backoff with jitter: the pause doubles with every failure up to
    /// [`LONGEST_PAUSE`], and half of it is random, so tabs and browsers do not retry in step
    /// (thundering herd).
    fn pause(&self) -> Duration {
        let doublings = self.failures.saturating_sub(1).min(8);
        let whole = (FIRST_PAUSE * 2_u32.pow(doublings)).min(LONGEST_PAUSE);
        whole.mul_f64(0.5 + js_sys::Math::random() / 2.0)
    }
}

async fn pause_and_probe(was_cut_short: oneshot::Receiver<()>) {
    let pause = QUEUE.with_borrow(RetryQueue::pause);
    tabs::either(dom::wait(pause), was_cut_short).await;
    while let Some(backoff) = backoff() {
        dom::wait(backoff.left()).await;
    }
    let next = QUEUE.with_borrow_mut(|queue| {
        queue.retry_now = None;
        // Skips waiters that have been dropped.
        while let Some(first) = queue.waiting.pop_front() {
            if first.send(()).is_ok() {
                return true;
            }
        }
        false
    });
    // With no call waiting, a refresh is the probe, and only in a visible tab.
    if !next && dom::is_visible() {
        probe_session().await;
    }
}

async fn probe_session() {
    if auth_state().with_untracked(|state| matches!(state, AuthState::Offline { .. })) {
        refresh::newer_than(token_store::held().map_or(0, |held| held.version)).await;
    }
}

/// The pause that the server asked for, while it lasts.
pub fn backoff() -> Option<Backoff> {
    QUEUE.with_borrow(|queue| queue.backoff.clone()).filter(|backoff| !backoff.left().is_zero())
}

/// The network is back or the tab is visible again: ends the pause.
pub fn retry_now() {
    if !cut_pause_short() {
        spawn_local(probe_session());
    }
}

/// `false` when no pause runs.
fn cut_pause_short() -> bool {
    let retry_now = QUEUE.with_borrow_mut(|queue| {
        // The entry stays until the task has run, so no second pause starts in between.
        let (disconnected, _) = oneshot::channel();
        queue.retry_now.as_mut().map(|waiting| std::mem::replace(waiting, disconnected))
    });
    retry_now.map(|cut_short| cut_short.send(())).is_some()
}

/// The server answered, or the session that waited for it is over: resets the backoff and releases
/// every waiter.
pub fn mark_reachable() {
    in_front().set(None);
    let waiting = QUEUE.with_borrow_mut(|queue| {
        queue.failures = 0;
        queue.backoff = None;
        std::mem::take(&mut queue.waiting)
    });
    if let AuthState::Offline { user: Some(user) } = auth_state().get_untracked() {
        auth_state::set(AuthState::SignedIn { user });
    }
    for turn in waiting {
        let _ = turn.send(());
    }
    cut_pause_short();
}
