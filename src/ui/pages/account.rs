//! The account page: change the e-mail address or the password, read the security history, delete
//! the account. Each form asks for the current password, so access to an unlocked screen is
//! not enough.

use leptos::{ev::SubmitEvent, html, prelude::*, task::spawn_local};
use leptos_meta::Title;
use wasm_split_helpers::wasm_split;

use crate::api::account;
use crate::base_path::at;
use crate::client::{
    auth_state::auth_state,
    session::{sign_out, user_changed},
};
use crate::lang::lang;
use crate::protocol::problem::Problem;
use crate::ui::components::countdown::{countdown, is_waiting};
use crate::ui::components::download_data::DownloadData;
use crate::ui::components::parts::{ErrorSummary, credential_error, field_error};
use crate::ui::components::password_field::{PasswordField, Username};
use crate::ui::pages::history::History;
use crate::ui::support::browser;
use crate::ui::support::lazy_page::{LazyPage, LazyPart};
use crate::ui::support::signed_in_only::SignedInOnly;
use crate::ui::support::sync_hydrated::{client_only, sync_hydrated};

#[component]
pub fn Account() -> impl IntoView {
    sync_hydrated(view! {
        <Title text=lang().account_title() />
        <SignedInOnly>
            <LazyPage page=account_page />
        </SignedInOnly>
    })
}

#[wasm_split(account, fallible)]
fn account_page() -> LazyPart {
    Ok(|()| AccountPage().into_any())
}

#[component]
fn AccountPage() -> impl IntoView {
    client_only(view! {
        <h1 tabindex="-1">{lang().account_title()}</h1>
        <p>
            <a href=at("/sessions")>{lang().sessions_title()}</a>
            {lang().account_sessions_hint()}
        </p>
        <div class="desk">
            <div>
                <ChangeEmail />
                <ChangePassword />
                <DownloadData />
                <DeleteAccount />
            </div>
            <History />
        </div>
    })
}

/// The state of a form that asks for the current password.
#[derive(Clone, Copy)]
struct PasswordForm {
    password: NodeRef<html::Input>,
    shown: RwSignal<bool>,
    problem: RwSignal<Option<Problem>>,
    /// Seconds until the next attempt is allowed.
    left: RwSignal<Option<u32>>,
    /// The success message, in a live region.
    announcement: RwSignal<String>,
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
            announcement: RwSignal::new(String::new()),
            busy: RwSignal::new(false),
        }
    }

    fn is_disabled(self) -> bool {
        self.busy.get() || is_waiting(self.left.get())
    }

    /// Passes the password to `send` and a successful response to `done`, which returns the success
    /// message.
    fn submit<T>(
        self,
        event: &SubmitEvent,
        send: impl AsyncFnOnce(String) -> Result<T, Problem> + 'static,
        done: impl FnOnce(T) -> String + 'static,
    ) {
        event.prevent_default();
        let Some(field) = self.password.get_untracked() else { return };
        if untrack(|| self.is_disabled()) {
            return;
        }
        self.shown.set(false);
        self.problem.set(None);
        self.announcement.set(String::new());
        self.busy.set(true);
        spawn_local(async move {
            let answer = send(field.value()).await;
            self.busy.try_set(false);
            match answer {
                Ok(answer) => {
                    field.set_value("");
                    self.announcement.try_set(done(answer));
                }
                Err(problem) => drop(self.problem.try_set(Some(problem))),
            }
        });
    }
}

/// The error or the success message of a form.
#[component]
fn FormOutcome(form: PasswordForm, id: &'static str) -> impl IntoView {
    client_only(view! {
        <ErrorSummary problem=form.problem left=form.left id=id />
        <p class="said" aria-live="polite">{move || form.announcement.get()}</p>
    })
}

/// The current password, marked when it is wrong.
#[component]
fn CurrentPassword(
    form: PasswordForm,
    id: &'static str,
    problem_id: &'static str,
    field: &'static str,
) -> impl IntoView {
    let wrong = credential_error(form.problem, field);
    view! {
        <Username />
        <PasswordField
            id=id
            label=lang().account_current_password()
            autocomplete="current-password"
            node_ref=form.password
            shown=form.shown
            wrong=(wrong, problem_id)
        />
    }
}

#[component]
fn ChangeEmail() -> impl IntoView {
    let form = PasswordForm::new();
    let email = NodeRef::<html::Input>::new();
    let wrong = field_error(form.problem, "email");
    let state = auth_state();
    let current = move || state.with(|state| state.user().map(|user| user.email.clone()));
    let submit = move |event: SubmitEvent| {
        let new_email = email.get_untracked().map(|field| field.value()).unwrap_or_default();
        form.submit(
            &event,
            async move |password| account::change_email(new_email, password).await,
            move |user| {
                let message = lang().account_from_now_on(&user.email);
                user_changed(user);
                if let Some(field) = email.try_get_untracked().flatten() {
                    field.set_value("");
                }
                message
            },
        );
    };
    client_only(view! {
        <form class="card" method="post" aria-labelledby="email-title" on:submit=submit>
            <h2 id="email-title">{lang().common_email()}</h2>
            <p class="hint">{lang().account_now_1()} {current} "."</p>
            <FormOutcome form=form id="email-problem" />
            <div class="field">
                <label for="email">{lang().account_new_email()}</label>
                <input
                    id="email"
                    name="email"
                    type="email"
                    required
                    autocomplete="email"
                    inputmode="email"
                    autocapitalize="none"
                    spellcheck="false"
                    aria-invalid=move || wrong.get().then_some("true")
                    aria-describedby=move || wrong.get().then_some("email-problem")
                    node_ref=email
                />
            </div>
            <CurrentPassword form=form id="email-password" problem_id="email-problem" field="password" />
            <div class="actions">
                <button class="primary" type="submit" disabled=move || form.is_disabled()>
                    {lang().account_change_email()}
                </button>
            </div>
        </form>
    })
}

#[component]
fn ChangePassword() -> impl IntoView {
    let form = PasswordForm::new();
    let new = NodeRef::<html::Input>::new();
    let keep = NodeRef::<html::Input>::new();
    let shown = RwSignal::new(false);
    let wrong = field_error(form.problem, "new_password");
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
                field.set_value("");
                key.set_value(browser::random_uuid());
                match (keep, done.ended) {
                    (true, _) => lang().account_password_changed().to_owned(),
                    (false, 0) => lang().account_password_changed_alone().to_owned(),
                    (false, ended) => lang().account_password_changed_others(&ended.to_string()),
                }
            },
        );
    };
    client_only(view! {
        <form id="password" class="card" method="post" aria-labelledby="password-title" on:submit=submit>
            <h2 id="password-title">{lang().common_password()}</h2>
            <FormOutcome form=form id="password-problem" />
            <CurrentPassword form=form id="current-password" problem_id="password-problem" field="current_password" />
            <PasswordField
                id="new-password"
                label=lang().account_new_password()
                autocomplete="new-password"
                node_ref=new
                shown=shown
                new=true
                wrong=(wrong, "password-problem")
            />
            <div class="choice">
                <input id="keep" type="checkbox" node_ref=keep />
                <label for="keep">{lang().account_keep()}</label>
            </div>
            <p class="hint">{lang().account_keep_hint()}</p>
            <div class="actions">
                <button class="primary" type="submit" disabled=move || form.is_disabled()>
                    {lang().account_change_password()}
                </button>
            </div>
        </form>
    })
}

#[component]
fn DeleteAccount() -> impl IntoView {
    let form = PasswordForm::new();
    let submit = move |event: SubmitEvent| {
        form.submit(
            &event,
            async move |password| account::delete_account(password).await,
            move |_| {
                sign_out();
                String::new()
            },
        );
    };
    client_only(view! {
        <form class="card" method="post" aria-labelledby="delete-title" on:submit=submit>
            <h2 id="delete-title">{lang().account_delete()}</h2>
            <p>{lang().account_delete_text()}</p>
            <FormOutcome form=form id="delete-problem" />
            <CurrentPassword form=form id="delete-password" problem_id="delete-problem" field="password" />
            <div class="actions">
                <button class="danger" type="submit" disabled=move || form.is_disabled()>
                    {lang().account_delete_mine()}
                </button>
            </div>
        </form>
    })
}
