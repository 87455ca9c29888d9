//! Some calls need a recent sign-in (RFC 9470). The page makes the call as any other; when the server asks for the password
//! first, a dialog does, and the call is made again. Nothing on the page is lost by that.

use futures::channel::oneshot;
use leptos::{ev::SubmitEvent, html, prelude::*, task::spawn_local};

use super::{at_once::in_browser, parts::ErrorSummary, password_field::PasswordField};
use crate::api::error::{Code, Problem};
use crate::client::session;

#[derive(Clone, Copy)]
pub struct StepUp {
    dialog: NodeRef<html::Dialog>,
    password: NodeRef<html::Input>,
    problem: RwSignal<Option<Problem>>,
    busy: RwSignal<bool>,
    /// Told whether the password was right.
    answer: StoredValue<Option<oneshot::Sender<bool>>>,
}

impl StepUp {
    pub fn new() -> Self {
        Self {
            dialog: NodeRef::new(),
            password: NodeRef::new(),
            problem: RwSignal::new(None),
            busy: RwSignal::new(false),
            answer: StoredValue::new(None),
        }
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
        self.problem.set(None);
        if let Some(dialog) = self.dialog.get_untracked() {
            _ = dialog.show_modal();
        }
        answered.await.unwrap_or(false)
    }

    fn submit(self, event: SubmitEvent) {
        event.prevent_default();
        let Some(password) = self.password.get_untracked() else { return };
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.problem.set(None);
        spawn_local(async move {
            let outcome = session::reauthenticate(password.value()).await;
            password.set_value("");
            self.busy.set(false);
            match outcome {
                Ok(()) => self.close(true),
                Err(problem) => self.problem.set(Some(problem)),
            }
        });
    }

    fn close(self, confirmed: bool) {
        if let Some(answer) = self.answer.try_update_value(Option::take).flatten() {
            _ = answer.send(confirmed);
        }
        if let Some(dialog) = self.dialog.get_untracked() {
            dialog.close();
        }
    }
}

#[component]
pub fn StepUpDialog(step_up: StepUp) -> impl IntoView {
    let busy = step_up.busy;
    in_browser(view! {
        <dialog
            node_ref=step_up.dialog
            class="card"
            aria-labelledby="step-up-title"
            on:close=move |_| step_up.close(false)
        >
            <form method="dialog" on:submit=move |event| step_up.submit(event)>
                <h2 id="step-up-title">"Is it you?"</h2>
                <p>"It has been a while since you signed in. Enter your password to do this."</p>
                <ErrorSummary problem=step_up.problem />
                <PasswordField
                    id="step-up-password"
                    label="Your password"
                    autocomplete="current-password"
                    node_ref=step_up.password
                />
                <div class="actions">
                    <button class="primary" type="submit" disabled=busy>
                        "Go on"
                    </button>
                    <button type="button" on:click=move |_| step_up.close(false)>
                        "Cancel"
                    </button>
                </div>
            </form>
        </dialog>
    })
}
