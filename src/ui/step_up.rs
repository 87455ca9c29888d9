//! Some calls need a recent sign-in (RFC 9470). The page makes the call as any other; when the server asks for the password
//! first, a dialog does, and the call is made again. Nothing on the page is lost by that.

use futures::channel::oneshot;
use leptos::{ev::SubmitEvent, html, prelude::*, task::spawn_local};

use super::{
    at_once::in_browser,
    countdown::{countdown, is_waiting},
    parts::{ErrorSummary, wrong},
    password_field::PasswordField,
};
use crate::api::error::{Code, Problem};
use crate::client::session;
use crate::lang::lang;

#[derive(Clone, Copy)]
pub struct StepUp {
    /// Two parts of a page may each have one of these, but only one is in the page at a time: its fields have ids.
    open: RwSignal<bool>,
    dialog: NodeRef<html::Dialog>,
    password: NodeRef<html::Input>,
    problem: RwSignal<Option<Problem>>,
    /// Seconds until it may be tried again.
    left: RwSignal<Option<u32>>,
    busy: RwSignal<bool>,
    /// Told whether the password was right.
    answer: StoredValue<Option<oneshot::Sender<bool>>>,
}

impl StepUp {
    pub fn new() -> Self {
        let problem = RwSignal::new(None);
        let step_up = Self {
            open: RwSignal::new(false),
            dialog: NodeRef::new(),
            password: NodeRef::new(),
            problem,
            left: countdown(problem),
            busy: RwSignal::new(false),
            answer: StoredValue::new(None),
        };
        Effect::new(move |_| {
            if let Some(dialog) = step_up.dialog.get() {
                _ = dialog.show_modal();
            }
        });
        step_up
    }

    fn is_stopped(self) -> bool {
        self.busy.get() || is_waiting(self.left.get())
    }

    /// `None` when the person thought better of it.
    pub async fn call<T>(self, call: impl AsyncFn() -> Result<T, Problem>) -> Option<Result<T, Problem>> {
        match call().await {
            Err(problem) if problem.code == Code::InsufficientUserAuthentication => {}
            answer => return Some(answer),
        }
        if self.ask().await { Some(call().await) } else { None }
    }

    async fn ask(self) -> bool {
        let (answer, answered) = oneshot::channel();
        self.answer.set_value(Some(answer));
        self.open.set(true);
        answered.await.unwrap_or(false)
    }

    fn submit(self, event: SubmitEvent) {
        event.prevent_default();
        let Some(password) = self.password.get_untracked() else { return };
        if untrack(|| self.is_stopped()) {
            return;
        }
        self.busy.set(true);
        self.problem.set(None);
        spawn_local(async move {
            let outcome = session::reauthenticate(password.value()).await;
            self.busy.try_set(false);
            match outcome {
                Ok(()) => self.close(true),
                Err(problem) => {
                    if problem.code == Code::InvalidCredentials {
                        password.set_value("");
                    }
                    self.problem.try_set(Some(problem));
                }
            }
        });
    }

    fn close(self, confirmed: bool) {
        if let Some(answer) = self.answer.try_update_value(Option::take).flatten() {
            _ = answer.send(confirmed);
        }
        // Only a dialog that is closed before it goes gives the focus back.
        if let Some(dialog) = self.dialog.try_get_untracked().flatten() {
            dialog.close();
        }
        self.open.try_set(false);
        self.problem.try_set(None);
    }
}

#[component]
pub fn StepUpDialog(step_up: StepUp) -> impl IntoView {
    move || step_up.open.get().then(|| in_browser(view! { <Dialog step_up=step_up /> }))
}

#[component]
fn Dialog(step_up: StepUp) -> impl IntoView {
    let wrong = wrong(step_up.problem, "password");
    in_browser(view! {
        <dialog
            node_ref=step_up.dialog
            class="card"
            aria-labelledby="step-up-title"
            on:close=move |_| step_up.close(false)
        >
            <form method="dialog" on:submit=move |event| step_up.submit(event)>
                <h2 id="step-up-title">{lang().step_up_title()}</h2>
                <p>{lang().step_up_text()}</p>
                <ErrorSummary problem=step_up.problem left=step_up.left id="step-up-problem" />
                <PasswordField
                    id="step-up-password"
                    label=lang().step_up_password()
                    autocomplete="current-password"
                    node_ref=step_up.password
                    wrong=(wrong, "step-up-problem")
                />
                <div class="actions">
                    <button class="primary" type="submit" disabled=move || step_up.is_stopped()>
                        {lang().step_up_go_on()}
                    </button>
                    <button type="button" on:click=move |_| step_up.close(false)>
                        {lang().common_cancel()}
                    </button>
                </div>
            </form>
        </dialog>
    })
}
