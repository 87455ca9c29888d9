//! The countdown after too many attempts (rate limiting, `Retry-After`). It measures elapsed time
//! instead of counting ticks: background tabs throttle timers, and a sleeping machine runs none.

use std::time::Duration;

use leptos::prelude::*;

use crate::lang::lang;
use crate::protocol::code::Code;
use crate::protocol::problem::Problem;
use crate::ui::support::browser::Stopwatch;
use crate::ui::support::sync_hydrated::sync_hydrated;

const TICK: Duration = Duration::from_millis(250);

/// Seconds left. `None` before hydration, and when the problem asks for no wait.
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

/// Whether a submit button stays disabled. `None`, which the server renders, leaves it enabled:
/// without WebAssembly nothing would enable it again.
pub fn is_waiting(left: Option<u32>) -> bool {
    left.is_some_and(|left| left > 0)
}

fn wait(problem: &Problem) -> Option<u32> {
    problem.retry_after.filter(|_| problem.code == Code::RateLimited)
}

/// The text of a problem. The visible countdown changes each second; screen readers announce only
/// its start and its end.
#[component]
pub fn ProblemText(problem: Problem, left: RwSignal<Option<u32>>) -> impl IntoView {
    let over_text = lang().countdown_over();
    let Some(seconds) = wait(&problem) else { return sync_hydrated(problem.detail) };
    let advice = problem.advice().to_owned();
    let advice = (!advice.is_empty()).then(|| format!(" {advice}"));
    let over = Memo::new(move |_| left.get() == Some(0));
    let announced = move || if over.get() { over_text.to_owned() } else { lang().try_again_in(seconds) };
    let visible = move || match left.get() {
        Some(0) => over_text.to_owned(),
        left => lang().try_again_in(left.unwrap_or(seconds)),
    };
    sync_hydrated(view! {
        <span class="unseen">{announced}</span>
        <span aria-hidden="true">{visible}</span>
        {advice}
    })
}
