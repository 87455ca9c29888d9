//! Small shared components: error summary (accessible form errors), local time, loading
//! placeholders (skeleton), the offline banner.

use std::time::Duration;

use leptos::{html, prelude::*};

use crate::client::auth_state::{AuthState, auth_state};
use crate::client::connection;
use crate::client::session::sign_out_pending;
use crate::clock::Timestamp;
use crate::lang::lang;
use crate::protocol::code::Code;
use crate::protocol::problem::Problem;
use crate::ui::components::countdown::ProblemText;
use crate::ui::support::browser;

/// Debounce: conditions that last shorter than this are not shown.
const NOTICE_DELAY: Duration = Duration::from_secs(2);

/// The error summary at the top of a form: announced to screen readers, and focused when a response
/// brings it.
#[component]
pub fn ErrorSummary(
    problem: RwSignal<Option<Problem>>,
    /// Seconds to wait.
    left: RwSignal<Option<u32>>,
    /// Referenced by `aria-describedby` of the invalid fields.
    #[prop(default = "problem")]
    id: &'static str,
) -> impl IntoView {
    let summary = NodeRef::<html::Div>::new();
    Effect::new(move |first: Option<()>| {
        let element = summary.get();
        // When the page was rendered with it, `autofocus` does this before the user has typed
        // anything.
        if let (Some(()), Some(element)) = (first, element) {
            _ = element.focus();
        }
    });
    move || {
        let problem = problem.get()?;
        Some(view! {
            <div id=id class="problem" role="alert" tabindex="-1" autofocus node_ref=summary>
                <ProblemText problem=problem left=left />
            </div>
        })
    }
}

/// A point in time, in the browser's own format.
#[component]
pub fn LocalTime(at: Timestamp) -> impl IntoView {
    view! { <time datetime=browser::machine_time(at.millis())>{browser::local_time(at.millis())}</time> }
}

/// Whether the problem is about the field `name`.
pub fn field_error(problem: RwSignal<Option<Problem>>, name: &'static str) -> Memo<bool> {
    Memo::new(move |_| problem.with(|problem| problem.as_ref().is_some_and(|p| p.field.as_deref() == Some(name))))
}

/// [`field_error`] for a credential. `invalid_credentials` marks both fields, because the server
/// does not say which is wrong.
pub fn credential_error(problem: RwSignal<Option<Problem>>, name: &'static str) -> Memo<bool> {
    let is_about_field = field_error(problem, name);
    Memo::new(move |_| {
        let refused = problem.with(|problem| problem.as_ref().is_some_and(|p| p.code == Code::InvalidCredentials));
        refused || is_about_field.get()
    })
}

/// The value of `aria-invalid`; the attribute is absent from a valid field.
pub fn aria_invalid(is_invalid: Memo<bool>) -> impl Fn() -> Option<&'static str> + Send + Sync + Clone + 'static {
    move || is_invalid.get().then_some("true")
}

/// The placeholder of a page while the session is being restored.
#[component]
pub fn Restoring() -> impl IntoView {
    view! { <Waiting word=lang().wait_restoring() /> }
}

/// A loading placeholder (skeleton) for a page. Its heading can take the focus after a navigation.
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

/// Debounced: `true` once the condition has held for [`NOTICE_DELAY`], `false` at once when it
/// ends.
fn debounced(condition: Memo<bool>) -> RwSignal<bool> {
    let lasting = RwSignal::new(false);
    Effect::new(move |_| {
        if !condition.get() {
            return lasting.set(false);
        }
        if let Ok(timer) = set_timeout_with_handle(move || lasting.set(true), NOTICE_DELAY) {
            on_cleanup(move || timer.clear());
        }
    });
    lasting
}

/// Whether the server has been unreachable for two seconds or more (debounced).
pub fn offline_for_a_while() -> RwSignal<bool> {
    let state = auth_state();
    debounced(Memo::new(move |_| matches!(state.get(), AuthState::Offline { .. })))
}

/// The offline banner: one sentence while the app or a pending sign-out waits for the server.
#[component]
pub fn ConnectionBanner() -> impl IntoView {
    let offline = offline_for_a_while();
    let pending = sign_out_pending();
    let sign_out_pending = debounced(Memo::new(move |_| pending.get()));
    let in_front = connection::in_front();
    let word = move || match (offline.get(), in_front.get(), sign_out_pending.get()) {
        // Waiting does not help here, and a page load may.
        (true, Some(problem), _) => Some((problem.detail, true)),
        (true, None, _) => Some((lang().wait_offline().to_owned(), false)),
        (false, _, true) => Some((lang().wait_sign_out_pending().to_owned(), false)),
        (false, _, false) => None,
    };
    // The live region exists before its text: screen readers announce only changes inside an
    // existing region.
    view! {
        <div class="offline" aria-live="polite">
            {move || word().map(|(word, reload)| view! {
                <p role="status">{word}</p>
                {reload.then(|| view! {
                    <button type="button" on:click=|_| browser::reload()>{lang().common_reload()}</button>
                })}
            })}
        </div>
    }
}
