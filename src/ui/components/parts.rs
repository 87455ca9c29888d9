//! Small shared components: error summary and errors at the field (accessible form errors), local
//! and relative time, loading placeholders (skeleton), the offline banner.

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
use crate::ui::support::sync_hydrated::client_only;

/// Debounce: conditions that last shorter than this are not shown.
const NOTICE_DELAY: Duration = Duration::from_secs(2);

/// The fields of a form: the name of each on the wire, and the id of its input. The first is the
/// one to correct when credentials are refused.
pub type Fields = &'static [(&'static str, &'static str)];

/// The error summary at the top of a form: announced to screen readers, and focused when a response
/// brings it. Its sentence is a link to the field that it is about, where there is one.
#[component]
pub fn ErrorSummary(
    problem: RwSignal<Option<Problem>>,
    /// Seconds to wait.
    left: RwSignal<Option<u32>>,
    /// Referenced by `aria-describedby` of fields that have no words of their own.
    #[prop(default = "problem")]
    id: &'static str,
    fields: Fields,
) -> impl IntoView {
    let summary = NodeRef::<html::Div>::new();
    Effect::new(move |first: Option<()>| {
        let element = summary.get();
        // When the page was rendered with it, `autofocus` does this before the user has typed
        // anything.
        if let (Some(()), Some(element)) = (first, element) {
            browser::focus_element(&element);
        }
    });
    move || {
        let problem = problem.get()?;
        let link = field_in(&problem, fields).map(|id| ["#", id].concat());
        Some(view! {
            <div id=id class="problem" role="alert" tabindex="-1" autofocus node_ref=summary>
                <h2>{lang().form_problem()}</h2>
                // Without an address it is no link.
                <a href=link rel="external">
                    <ProblemText problem=problem left=left />
                </a>
            </div>
        })
    }
}

/// The id of the field that a problem is about.
fn field_in(problem: &Problem, fields: Fields) -> Option<&'static str> {
    let found = match &problem.field {
        Some(field) => fields.iter().find(|(name, _)| name == field),
        None if problem.code == Code::InvalidCredentials => fields.first(),
        None => None,
    };
    found.map(|(_, id)| *id)
}

/// What the problem of a form says about one of its fields. Not a memo: it is read in few places,
/// and each type of a memo is more code in the first download.
#[derive(Clone, Copy)]
pub struct FieldWords {
    pub problem: RwSignal<Option<Problem>>,
    /// The field on the wire.
    pub name: &'static str,
    pub refused: Refused,
}

/// What refused credentials mean for a field.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// Nothing.
    Other,
    /// This field is wrong, the one password of the form.
    Wrong,
    /// This field or another is wrong, and the server does not say which: it is marked, and the
    /// summary alone explains.
    Perhaps,
}

impl FieldWords {
    /// Words at the field; empty ones leave the explanation to the summary.
    fn get(self) -> Option<String> {
        self.problem.with(|problem| {
            let problem = problem.as_ref()?;
            match self.refused {
                Refused::Wrong if problem.code == Code::InvalidCredentials => Some(problem.detail.clone()),
                Refused::Perhaps if problem.code == Code::InvalidCredentials => Some(String::new()),
                _ => (problem.field.as_deref() == Some(self.name)).then(|| problem.detail.clone()),
            }
        })
    }

    /// The value of `aria-invalid`; the attribute is absent from a valid field.
    pub fn invalid(self) -> Option<&'static str> {
        self.get().map(|_| "true")
    }

    /// The id of the element that explains why the field `id` is invalid.
    pub fn explained_by(self, id: &str) -> Option<String> {
        let words = self.get()?;
        Some(if words.is_empty() { "problem".to_owned() } else { error_id(id) })
    }
}

/// The error at a field, in the same words as the summary.
#[component]
pub fn FieldError(id: &'static str, words: FieldWords) -> impl IntoView {
    move || {
        let words = words.get().filter(|words| !words.is_empty())?;
        Some(view! { <p id=error_id(id) class="wrong">{words}</p> })
    }
}

fn error_id(id: &str) -> String {
    [id, "-error"].concat()
}

/// A point in time, in the browser's own format.
#[component]
pub fn LocalTime(at: Timestamp) -> impl IntoView {
    view! { <time datetime=browser::machine_time(at.millis())>{browser::local_time(at.millis())}</time> }
}

/// A point in time as the distance from now, "2 hours ago"; the whole of it is in the title. Only
/// for views that the server never renders: the distance differs between server and browser.
#[component]
pub fn RelativeTime(
    at: Timestamp,
    /// Changes when the distance is to be measured again.
    minute: RwSignal<u32>,
) -> impl IntoView {
    let millis = at.millis();
    let words = move || {
        minute.track();
        browser::relative_time(millis)
    };
    view! {
        <time datetime=browser::machine_time(millis) title=browser::local_time(millis)>
            {words}
        </time>
    }
}

/// Changes once a minute.
pub fn every_minute() -> RwSignal<u32> {
    let minute = RwSignal::new(0_u32);
    Effect::new(move |_| {
        let pass = move || minute.update(|minute| *minute = minute.wrapping_add(1));
        if let Ok(timer) = set_interval_with_handle(pass, Duration::from_secs(60)) {
            on_cleanup(move || timer.clear());
        }
    });
    minute
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
            {move || word().map(|(word, reload)| client_only(view! {
                <p role="status">{word}</p>
                {reload.then(|| view! {
                    <button type="button" on:click=|_| browser::reload()>{lang().common_reload()}</button>
                })}
            }))}
        </div>
    }
}
