//! Small pieces that several pages show: what went wrong, the wait for a session, the word that there is no connection.

use std::time::Duration;

use leptos::{html, prelude::*};

use super::{browser, countdown::Words};
use crate::api::error::{Code, Problem};
use crate::client::auth_state::{AuthState, auth_state};
use crate::client::session::sign_out_pending;
use crate::clock::Timestamp;
use crate::lang::lang;

/// A wait shorter than this is no news.
const A_WHILE: Duration = Duration::from_secs(2);

/// What went wrong with a form, at its top. It is announced, and takes the focus when an answer of the server brings it.
#[component]
pub fn ErrorSummary(
    problem: RwSignal<Option<Problem>>,
    /// Seconds to wait.
    left: RwSignal<Option<u32>>,
    /// For the fields that it is about.
    #[prop(default = "problem")]
    id: &'static str,
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
            <div id=id class="problem" role="alert" tabindex="-1" autofocus node_ref=summary>
                <Words problem=problem left=left />
            </div>
        })
    }
}

/// A moment, as this person's browser writes it.
#[component]
pub fn When(at: Timestamp) -> impl IntoView {
    view! { <time datetime=browser::machine_time(at.millis())>{browser::local_time(at.millis())}</time> }
}

/// Marks the field `name` when the problem is about it.
pub fn concerns(problem: RwSignal<Option<Problem>>, name: &'static str) -> Memo<bool> {
    Memo::new(move |_| problem.with(|problem| problem.as_ref().is_some_and(|p| p.field.as_deref() == Some(name))))
}

/// The same for what a sign-in or a password may be refused for: which of the two was wrong is not told.
pub fn wrong(problem: RwSignal<Option<Problem>>, name: &'static str) -> Memo<bool> {
    let concerned = concerns(problem, name);
    Memo::new(move |_| {
        let refused = problem.with(|problem| problem.as_ref().is_some_and(|p| p.code == Code::InvalidCredentials));
        refused || concerned.get()
    })
}

/// For `aria-invalid`.
pub fn invalid(is_invalid: Memo<bool>) -> impl Fn() -> Option<&'static str> + Send + Sync + Clone + 'static {
    move || is_invalid.get().then_some("true")
}

/// Shown instead of a page while the session is being restored.
#[component]
pub fn Restoring() -> impl IntoView {
    view! { <Waiting word=lang().wait_restoring() /> }
}

/// Shown instead of a page until it can be. The heading is there for who has just come and whose focus must be somewhere.
#[component]
pub fn Waiting(word: &'static str) -> impl IntoView {
    view! {
        <div class="narrow coming" aria-busy="true">
            <h1 class="unseen" tabindex="-1">
                {lang().wait_moment()}
            </h1>
            <p role="status">{word}</p>
            <div class="bones" aria-hidden="true">
                <i></i>
                <i></i>
                <i></i>
            </div>
        </div>
    }
}

/// Whether something has been so for a while: what passes sooner is no news.
fn for_a_while(is_so: Memo<bool>) -> RwSignal<bool> {
    let long = RwSignal::new(false);
    Effect::new(move |_| {
        if !is_so.get() {
            return long.set(false);
        }
        if let Ok(timer) = set_timeout_with_handle(move || long.set(true), A_WHILE) {
            on_cleanup(move || timer.clear());
        }
    });
    long
}

/// Whether the server could not be reached for a while.
pub fn offline_for_a_while() -> RwSignal<bool> {
    let state = auth_state();
    for_a_while(Memo::new(move |_| matches!(state.get(), AuthState::Offline { .. })))
}

/// One calm sentence about what waits for the server, after a while, for as long as it does.
#[component]
pub fn ConnectionBanner() -> impl IntoView {
    let offline = offline_for_a_while();
    let pending = sign_out_pending();
    let sign_out_pending = for_a_while(Memo::new(move |_| pending.get()));
    let word = move || match (offline.get(), sign_out_pending.get()) {
        (true, _) => Some(lang().wait_offline()),
        (false, true) => Some(lang().wait_sign_out_pending()),
        (false, false) => None,
    };
    // The region is there before its text, or screen readers would not notice it.
    view! {
        <div class="offline" aria-live="polite">
            {move || word().map(|word| view! { <p role="status">{word}</p> })}
        </div>
    }
}
