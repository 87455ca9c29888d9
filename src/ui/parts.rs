//! Small pieces that several pages show: what went wrong, the wait for a session, the word that there is no connection.

use std::time::Duration;

use leptos::{html, prelude::*};

use super::countdown::Words;
use crate::api::error::Problem;
use crate::client::auth_state::{AuthState, auth_state};

/// A wait shorter than this is no news.
const OFFLINE_AFTER: Duration = Duration::from_secs(2);

/// What went wrong with a form, at its top. It is announced, and takes the focus when an answer of the server brings it.
#[component]
pub fn ErrorSummary(
    problem: RwSignal<Option<Problem>>,
    /// Seconds to wait, where that is counted down.
    #[prop(default = RwSignal::new(None))]
    left: RwSignal<Option<u32>>,
) -> impl IntoView {
    let summary = NodeRef::<html::Div>::new();
    Effect::new(move |first: Option<()>| {
        let element = summary.get();
        // In a page that came with it `autofocus` does this, at a moment when nobody has typed yet.
        if let (Some(()), Some(element)) = (first, element) {
            _ = element.focus();
        }
    });
    move || {
        let problem = problem.get()?;
        Some(view! {
            <div id="problem" class="problem" role="alert" tabindex="-1" autofocus node_ref=summary>
                <Words problem=problem left=left />
            </div>
        })
    }
}

/// Marks the field `name` when the problem is about it.
pub fn concerns(problem: RwSignal<Option<Problem>>, name: &'static str) -> Memo<bool> {
    Memo::new(move |_| problem.with(|problem| problem.as_ref().is_some_and(|p| p.field.as_deref() == Some(name))))
}

/// For `aria-invalid`.
pub fn invalid(is_invalid: Memo<bool>) -> impl Fn() -> Option<&'static str> + Send + Sync + Clone + 'static {
    move || is_invalid.get().then_some("true")
}

/// Shown instead of a page while the session is being restored.
#[component]
pub fn Restoring() -> impl IntoView {
    view! {
        <div class="narrow restoring" aria-busy="true">
            <h1 class="unseen" tabindex="-1">
                "One moment"
            </h1>
            <p role="status">"Restoring your session…"</p>
            <div class="bones" aria-hidden="true">
                <i></i>
                <i></i>
                <i></i>
            </div>
        </div>
    }
}

/// One calm sentence, after a while, for as long as the server cannot be reached.
#[component]
pub fn OfflineBanner() -> impl IntoView {
    let state = auth_state();
    let offline = Memo::new(move |_| matches!(state.get(), AuthState::Offline { .. }));
    let shown = RwSignal::new(false);
    Effect::new(move |_| {
        if !offline.get() {
            return shown.set(false);
        }
        if let Ok(timer) = set_timeout_with_handle(move || shown.set(true), OFFLINE_AFTER) {
            on_cleanup(move || timer.clear());
        }
    });
    // The region is there before its text, or screen readers would not notice it.
    view! {
        <div class="offline" aria-live="polite">
            {move || {
                shown
                    .get()
                    .then(|| {
                        view! {
                            <p role="status">
                                "You are offline or the server cannot be reached. Your work is kept."
                            </p>
                        }
                    })
            }}
        </div>
    }
}
