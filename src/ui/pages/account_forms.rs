//! The forms of the account page: change the e-mail address or the password, delete the account.
//! Each asks for the current password.

use leptos::{ev::SubmitEvent, html, prelude::*, task::spawn_local};

use crate::api::account;
use crate::client::session::{account_deleted, user_changed};
use crate::lang::lang;
use crate::protocol::problem::Problem;
use crate::ui::components::countdown::{countdown, is_waiting};
use crate::ui::components::parts::{ErrorSummary, FieldError, FieldWords, Refused};
use crate::ui::components::password_field::{PasswordField, Username};
use crate::ui::pages::account::{Row, Rows};
use crate::ui::support::browser;
use crate::ui::support::sync_hydrated::client_only;

/// The state of a form that asks for the current password.
#[derive(Clone, Copy)]
struct PasswordForm {
    password: NodeRef<html::Input>,
    shown: RwSignal<bool>,
    problem: RwSignal<Option<Problem>>,
    /// Seconds until the next attempt is allowed.
    left: RwSignal<Option<u32>>,
    busy: RwSignal<bool>,
}

impl PasswordForm {
    fn new() -> Self {
        let problem = RwSignal::new(None);
        Self {
            password: NodeRef::new(),
            shown: RwSignal::new(false),
            problem,
            left: countdown(problem),
            busy: RwSignal::new(false),
        }
    }

    fn is_disabled(self) -> bool {
        self.busy.get() || is_waiting(self.left.get())
    }

    /// Passes the password to `send` and a successful response to `done`.
    fn submit<T>(
        self,
        event: &SubmitEvent,
        send: impl AsyncFnOnce(String) -> Result<T, Problem> + 'static,
        done: impl FnOnce(T) + 'static,
    ) {
        event.prevent_default();
        let Some(field) = self.password.get_untracked() else { return };
        if untrack(|| self.is_disabled()) {
            return;
        }
        self.shown.set(false);
        self.problem.set(None);
        self.busy.set(true);
        spawn_local(async move {
            let answer = send(field.value()).await;
            self.busy.try_set(false);
            match answer {
                Ok(answer) => {
                    field.set_value("");
                    done(answer);
                }
                Err(problem) => drop(self.problem.try_set(Some(problem))),
            }
        });
    }
}

/// The current password, marked when it is wrong.
#[component]
fn CurrentPassword(form: PasswordForm, id: &'static str, field: &'static str) -> impl IntoView {
    view! {
        <Username />
        <PasswordField
            id=id
            label=lang().account_current_password()
            autocomplete="current-password"
            node_ref=form.password
            shown=form.shown
            words=FieldWords { problem: form.problem, name: field, refused: Refused::Wrong }
        />
    }
}

#[component]
pub(super) fn ChangeEmail(rows: Rows) -> impl IntoView {
    let form = PasswordForm::new();
    let email = NodeRef::<html::Input>::new();
    let words = FieldWords { problem: form.problem, name: "email", refused: Refused::Other };
    let submit = move |event: SubmitEvent| {
        let new_email = email.get_untracked().map(|field| field.value()).unwrap_or_default();
        form.submit(
            &event,
            async move |password| account::change_email(new_email, password).await,
            move |user| {
                let message = lang().account_from_now_on(&user.email);
                user_changed(user);
                rows.done(Row::Email, message);
            },
        );
    };
    client_only(view! {
        <form method="post" aria-labelledby="email-row-title" on:submit=submit>
            <ErrorSummary
                problem=form.problem
                left=form.left
                id="email-problem"
                fields=&[("password", "email-password"), ("email", "new-email")]
            />
            <div class="field">
                <label for="new-email">{lang().account_new_email()}</label>
                <FieldError id="new-email" words=words />
                <input
                    id="new-email"
                    name="email"
                    type="email"
                    required
                    autocomplete="email"
                    inputmode="email"
                    autocapitalize="none"
                    spellcheck="false"
                    aria-invalid=move || words.invalid()
                    aria-describedby=move || words.explained_by("new-email")
                    node_ref=email
                />
            </div>
            <CurrentPassword form=form id="email-password" field="password" />
            <div class="actions">
                <button class="primary" type="submit" disabled=move || form.is_disabled()>
                    {lang().account_change_email()}
                </button>
            </div>
        </form>
    })
}

#[component]
pub(super) fn ChangePassword(rows: Rows) -> impl IntoView {
    let form = PasswordForm::new();
    let new = NodeRef::<html::Input>::new();
    let keep = NodeRef::<html::Input>::new();
    let shown = RwSignal::new(false);
    // The same for a retry after a lost answer.
    let key = StoredValue::new(browser::random_uuid());
    let submit = move |event: SubmitEvent| {
        let (Some(field), Some(keep)) = (new.get_untracked(), keep.get_untracked()) else { return };
        let (new_password, keep) = (field.value(), keep.checked());
        shown.set(false);
        form.submit(
            &event,
            async move |password| account::change_password(password, new_password, Some(keep), key.get_value()).await,
            move |done| {
                let message = match (keep, done.ended) {
                    (true, _) => lang().account_password_changed().to_owned(),
                    (false, 0) => lang().account_password_changed_alone().to_owned(),
                    (false, ended) => lang().account_password_changed_others(&ended.to_string()),
                };
                rows.done(Row::Password, message);
            },
        );
    };
    client_only(view! {
        <form method="post" aria-labelledby="password-title" on:submit=submit>
            <ErrorSummary
                problem=form.problem
                left=form.left
                id="password-problem"
                fields=&[("current_password", "current-password"), ("new_password", "new-password")]
            />
            <CurrentPassword form=form id="current-password" field="current_password" />
            <PasswordField
                id="new-password"
                label=lang().account_new_password()
                autocomplete="new-password"
                node_ref=new
                shown=shown
                new=true
                words=FieldWords { problem: form.problem, name: "new_password", refused: Refused::Other }
            />
            <div class="choice">
                <input id="keep" type="checkbox" aria-describedby="keep-hint" node_ref=keep />
                <label for="keep">{lang().account_keep()}</label>
            </div>
            <p id="keep-hint" class="hint">
                {lang().account_keep_hint()}
            </p>
            <div class="actions">
                <button class="primary" type="submit" disabled=move || form.is_disabled()>
                    {lang().account_change_password()}
                </button>
            </div>
        </form>
    })
}

#[component]
pub(super) fn DeleteAccount() -> impl IntoView {
    let form = PasswordForm::new();
    let submit = move |event: SubmitEvent| {
        form.submit(&event, async move |password| account::delete_account(password).await, |_| account_deleted());
    };
    client_only(view! {
        <form method="post" aria-labelledby="delete-title" on:submit=submit>
            <ErrorSummary
                problem=form.problem
                left=form.left
                id="delete-problem"
                fields=&[("password", "delete-password")]
            />
            <CurrentPassword form=form id="delete-password" field="password" />
            <div class="actions">
                <button class="danger" type="submit" disabled=move || form.is_disabled()>
                    {lang().account_delete_mine()}
                </button>
            </div>
        </form>
    })
}
