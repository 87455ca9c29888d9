//! The account: change the address or the password, read what happened, delete everything. Each of the forms takes the
//! password itself, so none can be used on a screen that was left unlocked.

use leptos::{ev::SubmitEvent, html, prelude::*, task::spawn_local};
use leptos_meta::Title;
use wasm_split_helpers::wasm_split;

use super::{
    at_once::{at_once, in_browser},
    countdown::{countdown, is_waiting},
    history::History,
    later::{Later, Part},
    parts::{ErrorSummary, concerns, wrong},
    password_field::PasswordField,
    signed_in_only::SignedInOnly,
};
use crate::api::account;
use crate::api::error::Problem;
use crate::client::{
    auth_state::auth_state,
    session::{renamed, sign_out},
};
use crate::lang::lang;
use crate::mount::at;

#[component]
pub fn Account() -> impl IntoView {
    at_once(view! {
        <Title text=lang().account_title() />
        <SignedInOnly>
            <Later page=account_page />
        </SignedInOnly>
    })
}

#[wasm_split(account, fallible)]
fn account_page() -> Part {
    Ok(|()| AccountPage().into_any())
}

#[component]
fn AccountPage() -> impl IntoView {
    in_browser(view! {
        <h1 tabindex="-1">{lang().account_title()}</h1>
        <p>
            <a href=at("/sessions")>{lang().sessions_title()}</a>
            {lang().account_sessions_hint()}
        </p>
        <div class="desk">
            <div>
                <ChangeEmail />
                <ChangePassword />
                <DeleteAccount />
            </div>
            <History />
        </div>
    })
}

/// One form with a password in it, and what became of it.
#[derive(Clone, Copy)]
struct Form {
    password: NodeRef<html::Input>,
    shown: RwSignal<bool>,
    problem: RwSignal<Option<Problem>>,
    /// Seconds until it may be tried again.
    left: RwSignal<Option<u32>>,
    said: RwSignal<String>,
    busy: RwSignal<bool>,
}

impl Form {
    fn new() -> Self {
        let problem = RwSignal::new(None);
        Self {
            password: NodeRef::new(),
            shown: RwSignal::new(false),
            problem,
            left: countdown(problem),
            said: RwSignal::new(String::new()),
            busy: RwSignal::new(false),
        }
    }

    fn is_stopped(self) -> bool {
        self.busy.get() || is_waiting(self.left.get())
    }

    /// Gives the password to `send`, and the answer to `done`, which says what to tell.
    fn submit<T>(
        self,
        event: &SubmitEvent,
        send: impl AsyncFnOnce(String) -> Result<T, Problem> + 'static,
        done: impl FnOnce(T) -> String + 'static,
    ) {
        event.prevent_default();
        let Some(field) = self.password.get_untracked() else { return };
        if untrack(|| self.is_stopped()) {
            return;
        }
        self.shown.set(false);
        self.problem.set(None);
        self.said.set(String::new());
        self.busy.set(true);
        spawn_local(async move {
            let answer = send(field.value()).await;
            self.busy.try_set(false);
            match answer {
                Ok(answer) => {
                    field.set_value("");
                    self.said.try_set(done(answer));
                }
                Err(problem) => drop(self.problem.try_set(Some(problem))),
            }
        });
    }
}

/// What went wrong with a form, and what went well.
#[component]
fn Outcome(form: Form, id: &'static str) -> impl IntoView {
    in_browser(view! {
        <ErrorSummary problem=form.problem left=form.left id=id />
        <p class="said" aria-live="polite">{move || form.said.get()}</p>
    })
}

/// The password that proves who asks, marked when it was wrong.
#[component]
fn Current(form: Form, id: &'static str, problem_id: &'static str, field: &'static str) -> impl IntoView {
    let wrong = wrong(form.problem, field);
    view! {
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
    let form = Form::new();
    let email = NodeRef::<html::Input>::new();
    let wrong = concerns(form.problem, "email");
    let state = auth_state();
    let now = move || state.with(|state| state.user().map(|user| user.email.clone()));
    let submit = move |event: SubmitEvent| {
        let wanted = email.get_untracked().map(|field| field.value()).unwrap_or_default();
        form.submit(
            &event,
            async move |password| account::change_email(wanted, password).await,
            move |user| {
                let said = lang().account_from_now_on(&user.email);
                renamed(user);
                if let Some(field) = email.try_get_untracked().flatten() {
                    field.set_value("");
                }
                said
            },
        );
    };
    in_browser(view! {
        <form class="card" method="post" aria-labelledby="email-title" on:submit=submit>
            <h2 id="email-title">{lang().common_email()}</h2>
            <p class="hint">{lang().account_now_1()} {now} "."</p>
            <Outcome form=form id="email-problem" />
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
            <Current form=form id="email-password" problem_id="email-problem" field="password" />
            <div class="actions">
                <button class="primary" type="submit" disabled=move || form.is_stopped()>
                    {lang().account_change_email()}
                </button>
            </div>
        </form>
    })
}

#[component]
fn ChangePassword() -> impl IntoView {
    let form = Form::new();
    let new = NodeRef::<html::Input>::new();
    let keep = NodeRef::<html::Input>::new();
    let shown = RwSignal::new(false);
    let wrong = concerns(form.problem, "new_password");
    let submit = move |event: SubmitEvent| {
        let (Some(field), Some(keep)) = (new.get_untracked(), keep.get_untracked()) else { return };
        let (wanted, keep) = (field.value(), keep.checked());
        shown.set(false);
        form.submit(
            &event,
            async move |password| account::change_password(password, wanted, Some(keep)).await,
            move |done| {
                field.set_value("");
                match (keep, done.ended) {
                    (true, _) => lang().account_password_changed().to_owned(),
                    (false, 0) => lang().account_password_changed_alone().to_owned(),
                    (false, ended) => lang().account_password_changed_others(&ended.to_string()),
                }
            },
        );
    };
    in_browser(view! {
        <form id="password" class="card" method="post" aria-labelledby="password-title" on:submit=submit>
            <h2 id="password-title">{lang().common_password()}</h2>
            <Outcome form=form id="password-problem" />
            <Current form=form id="current-password" problem_id="password-problem" field="current_password" />
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
                <button class="primary" type="submit" disabled=move || form.is_stopped()>
                    {lang().account_change_password()}
                </button>
            </div>
        </form>
    })
}

#[component]
fn DeleteAccount() -> impl IntoView {
    let form = Form::new();
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
    in_browser(view! {
        <form class="card" method="post" aria-labelledby="delete-title" on:submit=submit>
            <h2 id="delete-title">{lang().account_delete()}</h2>
            <p>{lang().account_delete_text()}</p>
            <Outcome form=form id="delete-problem" />
            <Current form=form id="delete-password" problem_id="delete-problem" field="password" />
            <div class="actions">
                <button class="danger" type="submit" disabled=move || form.is_stopped()>
                    {lang().account_delete_mine()}
                </button>
            </div>
        </form>
    })
}
