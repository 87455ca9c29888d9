//! The e-mail and password form: sign-in, registration, and sign-in in place after a session ended.
//! Progressive enhancement: it works as a plain form before hydration. The inputs are uncontrolled,
//! so nothing typed before hydration is lost.

use leptos::{ev::SubmitEvent, html, prelude::*, task::spawn_local};

use crate::base_path::at;
use crate::client::session;
use crate::lang::lang;
use crate::protocol::code::Code;
use crate::protocol::problem::Problem;
use crate::ui::components::countdown::{countdown, is_waiting};
use crate::ui::components::parts::{ErrorSummary, FieldError, FieldWords, Fields, Refused};
use crate::ui::components::password_field::PasswordField;
use crate::ui::support::browser;
use crate::ui::support::form_result::FormResult;
use crate::ui::support::plain_forms;
use crate::ui::support::return_to::{requested_path, with_next};
use crate::ui::support::sync_hydrated::sync_hydrated;

/// The use case that the form serves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    SignIn,
    Register,
}

impl Purpose {
    const fn action(self) -> &'static str {
        match self {
            Self::SignIn => plain_forms::SIGN_IN,
            Self::Register => plain_forms::REGISTER,
        }
    }

    fn button(self) -> &'static str {
        match self {
            Self::SignIn => lang().common_sign_in(),
            Self::Register => lang().common_create_account(),
        }
    }

    fn busy(self) -> &'static str {
        match self {
            Self::SignIn => lang().login_signing_in(),
            Self::Register => lang().login_creating(),
        }
    }

    const fn autocomplete(self) -> &'static str {
        match self {
            Self::SignIn => "current-password",
            Self::Register => "new-password",
        }
    }

    async fn send(self, email: String, password: String, key: String) -> Result<(), Problem> {
        match self {
            Self::SignIn => session::sign_in(email, password, key).await.map(drop),
            Self::Register => session::register(email, password, key).await.map(drop),
        }
    }
}

/// After refused credentials the password is empty, so it is the one to type again.
const FIELDS: Fields = &[("password", "password"), ("email", "email")];

#[derive(Clone, Copy)]
struct CredentialsState {
    purpose: Purpose,
    email: NodeRef<html::Input>,
    password: NodeRef<html::Input>,
    /// The idempotency key, made by the server for the plain form, which may have been sent already.
    key: NodeRef<html::Input>,
    problem: RwSignal<Option<Problem>>,
    busy: RwSignal<bool>,
    left: RwSignal<Option<u32>>,
    password_shown: RwSignal<bool>,
    /// The browser sends the form itself, as without the program.
    plain: StoredValue<bool>,
}

impl CredentialsState {
    fn submit(self, event: SubmitEvent) {
        if self.plain.get_value() && !session::is_ready() && browser::is_online() {
            return;
        }
        event.prevent_default();
        let (Some(email), Some(password)) = (self.email.get_untracked(), self.password.get_untracked()) else { return };
        if self.busy.get_untracked() || is_waiting(self.left.get_untracked()) {
            return;
        }
        self.password_shown.set(false);
        self.problem.set(None);
        self.busy.set(true);
        let sent = self.purpose.send(email.value(), password.value(), value_of(self.key));
        spawn_local(async move {
            // After success the form stays busy until the next page replaces it.
            let Err(problem) = sent.await else { return };
            if problem.code == Code::InvalidCredentials {
                password.set_value("");
            }
            // A new release may have taken the session's part away for good.
            self.plain.set_value(!session::is_ready());
            self.busy.set(false);
            self.problem.set(Some(problem));
        });
    }
}

#[component]
pub fn CredentialsForm(
    purpose: Purpose,
    /// The result of the plain form, when this page load answers a refused one.
    #[prop(default = None)]
    form_result: Option<FormResult>,
    /// Prefills the e-mail address.
    #[prop(optional)]
    email: String,
) -> impl IntoView {
    let (email, problem) = form_result.map_or((email, None), |refused| (refused.email, Some(refused.problem)));
    let problem = RwSignal::new(problem);
    let form = CredentialsState {
        purpose,
        email: NodeRef::new(),
        password: NodeRef::new(),
        key: NodeRef::new(),
        problem,
        busy: RwSignal::new(false),
        left: countdown(problem),
        password_shown: RwSignal::new(false),
        plain: StoredValue::new(false),
    };
    // Before the user types a password in vain.
    Effect::new(move |_| {
        if session::cookies_are_blocked() {
            form.problem.set(Some(session::cookies_blocked()));
        }
    });
    let next = requested_path();
    let (busy, left) = (form.busy, form.left);
    sync_hydrated(view! {
        <form
            class="card"
            method="post"
            action=move || at(&with_next(purpose.action(), &next.get()))
            on:submit=move |event| form.submit(event)
        >
            <ErrorSummary problem=form.problem left=left fields=FIELDS />
            <input type="hidden" name="next" value=move || next.get() />
            <input type="hidden" name="idempotency_key" value=browser::random_uuid() node_ref=form.key />
            <Email form=form value=email />
            <Password form=form />
            <button class="primary" type="submit" disabled=move || busy.get() || is_waiting(left.get()) aria-busy=move || busy.get().then_some("true")>
                {move || if busy.get() { purpose.busy() } else { purpose.button() }}
            </button>
        </form>
    })
}

fn value_of(field: NodeRef<html::Input>) -> String {
    field.get_untracked().map(|field| field.value()).unwrap_or_default()
}

fn words(form: CredentialsState, name: &'static str) -> FieldWords {
    FieldWords { problem: form.problem, name, refused: Refused::Perhaps }
}

#[component]
fn Email(form: CredentialsState, value: String) -> impl IntoView {
    let words = words(form, "email");
    view! {
        <div class="field">
            <label for="email">{lang().common_email()}</label>
            <FieldError id="email" words=words />
            <input
                id="email"
                name="email"
                type="email"
                value=value
                required
                autocomplete="username"
                inputmode="email"
                autocapitalize="none"
                spellcheck="false"
                aria-invalid=move || words.invalid()
                aria-describedby=move || words.explained_by("email")
                node_ref=form.email
            />
        </div>
    }
}

#[component]
fn Password(form: CredentialsState) -> impl IntoView {
    view! {
        <PasswordField
            id="password"
            label=lang().common_password()
            autocomplete=form.purpose.autocomplete()
            node_ref=form.password
            shown=form.password_shown
            new=form.purpose == Purpose::Register
            words=words(form, "password")
        />
    }
}
