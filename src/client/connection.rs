//! Whether the server can be reached, and what waits until it can. Trouble signs nobody out: whoever has work to send calls
//! [`patiently`], and one of those who wait asks again after a growing pause, so that a server that comes back is not met by
//! a crowd. The others follow when it has answered.

use crate::api::error::Problem;

#[cfg(feature = "hydrate")]
pub use browser::patiently;
#[cfg(feature = "hydrate")]
pub(super) use browser::{embargo, hurry, lost, reached};

/// Calls until the server has answered, whatever the answer. For calls that may arrive twice: an earlier one may have
/// been carried out and only its answer lost. Gives up when the session ends or another person signs in.
#[cfg(not(feature = "hydrate"))]
pub async fn patiently<T>(call: impl AsyncFn() -> Result<T, Problem>) -> Result<T, Problem> {
    call().await
}

#[cfg(feature = "hydrate")]
mod browser {
    use std::{cell::RefCell, collections::VecDeque, time::Duration};

    use futures::channel::oneshot;
    use leptos::prelude::*;
    use wasm_bindgen_futures::spawn_local;

    use super::*;
    use crate::api::error::{Code, Reaction};
    use crate::client::auth_state::{self, AuthState, auth_state};
    use crate::client::{page, refresh, tabs, token_store};
    use crate::clock::Stopwatch;
    use crate::lang::lang;

    const FIRST_PAUSE: Duration = Duration::from_secs(1);
    const LONGEST_PAUSE: Duration = Duration::from_secs(30);

    /// Not to be asked before it is over: the server named the time.
    #[derive(Clone)]
    pub struct Embargo {
        since: Stopwatch,
        lasts: Duration,
        problem: Problem,
    }

    impl Embargo {
        fn left(&self) -> Duration {
            let elapsed = Duration::try_from_secs_f64(self.since.elapsed_ms() / 1000.0).unwrap_or(self.lasts);
            self.lasts.saturating_sub(elapsed)
        }

        pub fn into_problem(self) -> Problem {
            self.problem
        }
    }

    #[derive(Default)]
    struct Line {
        /// Failures since the last answer.
        failures: u32,
        embargo: Option<Embargo>,
        /// Cuts the pause short; there is one while somebody counts down to the next try.
        hurry: Option<oneshot::Sender<()>>,
        waiting: VecDeque<oneshot::Sender<()>>,
    }

    thread_local! {
        static LINE: RefCell<Line> = RefCell::default();
    }

    pub async fn patiently<T>(call: impl AsyncFn() -> Result<T, Problem>) -> Result<T, Problem> {
        let whose = signed_in_user();
        loop {
            let problem = match call().await {
                Err(problem) if problem.code.reaction() == Reaction::Wait => problem,
                answer => return answer,
            };
            turn_to_try(&problem).await;
            if auth_state().with_untracked(|state| *state == AuthState::Unknown) {
                refresh::newer_than(0).await;
            }
            if whose.is_some() && signed_in_user() != whose {
                return Err(Problem::new(Code::SessionRevoked, lang().client_ended_meanwhile()));
            }
        }
    }

    fn signed_in_user() -> Option<String> {
        auth_state().with_untracked(|state| state.user().map(|user| user.id.clone()))
    }

    async fn turn_to_try(problem: &Problem) {
        let (turn, came) = oneshot::channel();
        LINE.with_borrow_mut(|line| line.waiting.push_back(turn));
        // Not every refusal of this kind has passed the transport.
        lost(problem);
        let _ = came.await;
    }

    /// The server could not be reached or asks for patience: still signed in, and the next try is arranged.
    pub fn lost(problem: &Problem) {
        let state = auth_state().get_untracked();
        // Trouble does not concern who is signed out.
        if !matches!(state, AuthState::Anonymous { .. }) {
            auth_state::set(AuthState::Offline { user: state.user().cloned() });
        }
        let Some(hurried) = LINE.with_borrow_mut(|line| {
            if problem.code == Code::RateLimited {
                line.forbid(problem);
            }
            if line.hurry.is_some() {
                return None;
            }
            let (hurry, hurried) = oneshot::channel();
            line.hurry = Some(hurry);
            line.failures = line.failures.saturating_add(1);
            Some(hurried)
        }) else {
            return;
        };
        spawn_local(count_down(hurried));
    }

    impl Line {
        fn forbid(&mut self, problem: &Problem) {
            let lasts = Duration::from_secs(problem.retry_after.unwrap_or(1).into());
            self.embargo = Some(Embargo { since: Stopwatch::start(), lasts, problem: problem.clone() });
        }

        /// Doubles with every failure; half of it is chance, so that tabs and browsers do not come back in step.
        fn pause(&self) -> Duration {
            let doublings = self.failures.saturating_sub(1).min(8);
            let whole = (FIRST_PAUSE * 2_u32.pow(doublings)).min(LONGEST_PAUSE);
            whole.mul_f64(0.5 + js_sys::Math::random() / 2.0)
        }
    }

    async fn count_down(hurried: oneshot::Receiver<()>) {
        let pause = LINE.with_borrow(Line::pause);
        tabs::either(page::wait(pause), hurried).await;
        while let Some(embargo) = embargo() {
            page::wait(embargo.left()).await;
        }
        let next = LINE.with_borrow_mut(|line| {
            line.hurry = None;
            // Whoever gave up waiting hears nothing.
            while let Some(first) = line.waiting.pop_front() {
                if first.send(()).is_ok() {
                    return true;
                }
            }
            false
        });
        // With nobody waiting it is the session that is asked for, and only where somebody looks.
        if !next && page::is_visible() {
            ask_for_the_session().await;
        }
    }

    async fn ask_for_the_session() {
        if auth_state().with_untracked(|state| matches!(state, AuthState::Offline { .. })) {
            refresh::newer_than(token_store::held().map_or(0, |held| held.version)).await;
        }
    }

    /// How long nobody is to ask.
    pub fn embargo() -> Option<Embargo> {
        LINE.with_borrow(|line| line.embargo.clone()).filter(|embargo| !embargo.left().is_zero())
    }

    /// The network or the person is back: the pause ends now.
    pub fn hurry() {
        if !end_the_pause() {
            spawn_local(ask_for_the_session());
        }
    }

    /// `false` when there is none.
    fn end_the_pause() -> bool {
        let hurry = LINE.with_borrow_mut(|line| {
            // Somebody still counts down until that task has run.
            let (nobody, _) = oneshot::channel();
            line.hurry.as_mut().map(|hurry| std::mem::replace(hurry, nobody))
        });
        hurry.map(|hurry| hurry.send(())).is_some()
    }

    /// The server answered, or there is nothing left to wait for.
    pub fn reached() {
        let waiting = LINE.with_borrow_mut(|line| {
            line.failures = 0;
            line.embargo = None;
            std::mem::take(&mut line.waiting)
        });
        if let AuthState::Offline { user: Some(user) } = auth_state().get_untracked() {
            auth_state::set(AuthState::SignedIn { user });
        }
        for turn in waiting {
            let _ = turn.send(());
        }
        end_the_pause();
    }
}
