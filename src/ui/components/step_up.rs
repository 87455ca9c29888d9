//! Step-up authentication (RFC 9470). The page makes its call as usual; when the server requires a
//! recent sign-in, a dialog asks for the password and the call is repeated. The page keeps its
//! state meanwhile.

use futures::channel::oneshot;
use leptos::{ev::SubmitEvent, html, prelude::*, task::spawn_local};

use crate::client::session;
use crate::lang::lang;
use crate::protocol::code::Code;
use crate::protocol::problem::Problem;
use crate::ui::components::countdown::{countdown, is_waiting};
use crate::ui::components::parts::{ErrorSummary, FieldWords, Refused};
use crate::ui::components::password_field::{PasswordField, Username};
use crate::ui::support::sync_hydrated::client_only;

/// The state of the dialog. Render [`StepUpDialog`] once for each.
#[derive(Clone, Copy)]
pub struct StepUp {
    /// The dialog is in the document only while open: its element ids would collide with those of
    /// another instance.
    open: RwSignal<bool>,
    dialog: NodeRef<html::Dialog>,
    password: NodeRef<html::Input>,
    problem: RwSignal<Option<Problem>>,
    /// Seconds until the next attempt is allowed.
    left: RwSignal<Option<u32>>,
    busy: RwSignal<bool>,
    /// Resolves to whether the password was confirmed.
    confirmed: StoredValue<Option<oneshot::Sender<bool>>>,
}

impl StepUp {
    pub(crate) fn new() -> Self {
        let problem = RwSignal::new(None);
        let step_up = Self {
            open: RwSignal::new(false),
            dialog: NodeRef::new(),
            password: NodeRef::new(),
            problem,
            left: countdown(problem),
            busy: RwSignal::new(false),
            confirmed: StoredValue::new(None),
        };
        Effect::new(move |_| {
            if let Some(dialog) = step_up.dialog.get() {
                _ = dialog.show_modal();
            }
        });
        step_up
    }

    fn is_disabled(self) -> bool {
        self.busy.get() || is_waiting(self.left.get())
    }

    /// Makes `call`, and once more after a step-up when the server requires one. `None` when the
    /// user cancels the dialog.
    pub async fn call<T>(self, call: impl AsyncFn() -> Result<T, Problem>) -> Option<Result<T, Problem>> {
        match call().await {
            Err(problem) if problem.code == Code::InsufficientUserAuthentication => {}
            answer => return Some(answer),
        }
        if self.ask().await { Some(call().await) } else { None }
    }

    async fn ask(self) -> bool {
        let (confirm, confirmed) = oneshot::channel();
        self.confirmed.set_value(Some(confirm));
        self.open.set(true);
        confirmed.await.unwrap_or(false)
    }

    fn submit(self, event: SubmitEvent) {
        event.prevent_default();
        let Some(password) = self.password.get_untracked() else { return };
        if untrack(|| self.is_disabled()) {
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
        if let Some(confirm) = self.confirmed.try_update_value(Option::take).flatten() {
            _ = confirm.send(confirmed);
        }
        // Closing before removal makes the browser restore the focus.
        if let Some(dialog) = self.dialog.try_get_untracked().flatten() {
            dialog.close();
        }
        self.open.try_set(false);
        self.problem.try_set(None);
    }
}

#[component]
pub fn StepUpDialog(step_up: StepUp) -> impl IntoView {
    move || step_up.open.get().then(|| client_only(view! { <Dialog step_up=step_up /> }))
}

#[component]
fn Dialog(step_up: StepUp) -> impl IntoView {
    client_only(view! {
        <dialog
            node_ref=step_up.dialog
            class="card"
            aria-labelledby="step-up-title"
            on:close=move |_| step_up.close(false)
        >
            <form method="dialog" on:submit=move |event| step_up.submit(event)>
                <h2 id="step-up-title">{lang().step_up_title()}</h2>
                <p>{lang().step_up_text()}</p>
                <ErrorSummary
                    problem=step_up.problem
                    left=step_up.left
                    id="step-up-problem"
                    fields=&[("password", "step-up-password")]
                />
                <Username />
                <PasswordField
                    id="step-up-password"
                    label=lang().step_up_password()
                    autocomplete="current-password"
                    node_ref=step_up.password
                    words=FieldWords { problem: step_up.problem, name: "password", refused: Refused::Wrong }
                />
                <div class="actions">
                    <button class="primary" type="submit" disabled=move || step_up.is_disabled()>
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
