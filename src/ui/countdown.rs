//! The wait after too many attempts, counted down where the person looks. By elapsed time and not by ticks: a tab in the
//! background ticks rarely, and a machine that slept not at all.

use std::time::Duration;

use leptos::prelude::*;

use super::{at_once::at_once, browser::Stopwatch};
use crate::api::error::{Code, Problem};
use crate::lang::lang;

const TICK: Duration = Duration::from_millis(250);

/// Seconds left: `None` before the program counts, and when there is nothing to wait for.
pub fn countdown(problem: RwSignal<Option<Problem>>) -> RwSignal<Option<u32>> {
    let left = RwSignal::new(None);
    Effect::new(move |_| {
        let Some(seconds) = problem.with(|problem| problem.as_ref().and_then(wait)) else { return left.set(None) };
        left.set(Some(seconds));
        let since = Stopwatch::start();
        let tick = move || {
            let rest = (f64::from(seconds) - since.elapsed_ms() / 1e3).ceil().max(0.0);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to a `u32`")]
            let rest = rest as u32;
            if left.get_untracked() != Some(rest) {
                left.set(Some(rest));
            }
        };
        if let Ok(timer) = set_interval_with_handle(tick, TICK) {
            on_cleanup(move || timer.clear());
        }
    });
    left
}

/// Whether a button has to wait. `None` is also what the server renders: without the program nothing would make it work again.
pub fn is_waiting(left: Option<u32>) -> bool {
    left.is_some_and(|left| left > 0)
}

fn wait(problem: &Problem) -> Option<u32> {
    problem.retry_after.filter(|_| problem.code == Code::RateLimited)
}

/// The problem in words: heard once when it comes and once when the wait is over, seen each second.
#[component]
pub fn Words(problem: Problem, left: RwSignal<Option<u32>>) -> impl IntoView {
    let over_word = lang().countdown_over();
    let Some(seconds) = wait(&problem) else { return at_once(problem.detail) };
    let over = Memo::new(move |_| left.get() == Some(0));
    let heard = move || if over.get() { over_word.to_owned() } else { lang().try_again_in(seconds) };
    let seen = move || match left.get() {
        Some(0) => over_word.to_owned(),
        left => lang().try_again_in(left.unwrap_or(seconds)),
    };
    at_once(view! {
        <span class="unseen">{heard}</span>
        <span aria-hidden="true">{seen}</span>
    })
}
