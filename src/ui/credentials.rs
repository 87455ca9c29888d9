//! The form with e-mail and password, for signing in, for registering, and for signing in again in place. It is a plain form:
//! posted before the program is loaded it does the same by a page load. The inputs are the person's, not ours: their
//! values are read when needed and never written back, so nothing typed early is lost.

use leptos::{ev::SubmitEvent, html, prelude::*, task::spawn_local};

use super::{
    at_once::at_once,
    countdown::{countdown, is_waiting},
    next::{keeping, wanted},
    parts::{ErrorSummary, invalid, wrong},
    password_field::PasswordField,
    posted::Posted,
};
use crate::api::error::{Code, Problem};
use crate::client::session;
use crate::lang::lang;
use crate::mount::at;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    SignIn,
    Register,
}

impl Purpose {
    const fn action(self) -> &'static str {
        match self {
            Self::SignIn => "/login",
            Self::Register => "/register",
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

    async fn send(self, email: String, password: String) -> Result<(), Problem> {
        match self {
            Self::SignIn => session::sign_in(email, password).await.map(drop),
            Self::Register => session::register(email, password).await.map(drop),
        }
    }
}

#[derive(Clone, Copy)]
struct Form {
    purpose: Purpose,
    email: NodeRef<html::Input>,
    password: NodeRef<html::Input>,
    problem: RwSignal<Option<Problem>>,
    busy: RwSignal<bool>,
    left: RwSignal<Option<u32>>,
    password_shown: RwSignal<bool>,
}

impl Form {
    fn submit(self, event: SubmitEvent) {
        event.prevent_default();
        let (Some(email), Some(password)) = (self.email.get_untracked(), self.password.get_untracked()) else { return };
        if self.busy.get_untracked() || is_waiting(self.left.get_untracked()) {
            return;
        }
        self.password_shown.set(false);
        self.problem.set(None);
        self.busy.set(true);
        let sent = self.purpose.send(email.value(), password.value());
        spawn_local(async move {
            // After a success the form stays as it is until the page that follows takes its place.
            let Err(problem) = sent.await else { return };
            if problem.code == Code::InvalidCredentials {
                password.set_value("");
            }
            self.busy.set(false);
            self.problem.set(Some(problem));
        });
    }
}

#[component]
pub fn CredentialsForm(
    purpose: Purpose,
    /// The form as it was posted and refused, if this page load is the answer to that.
    #[prop(default = None)]
    posted: Option<Posted>,
    /// Who will probably sign in.
    #[prop(optional)]
    email: String,
) -> impl IntoView {
    let (email, problem) = posted.map_or((email, None), |posted| (posted.email, Some(posted.problem)));
    let problem = RwSignal::new(problem);
    let form = Form {
        purpose,
        email: NodeRef::new(),
        password: NodeRef::new(),
        problem,
        busy: RwSignal::new(false),
        left: countdown(problem),
        password_shown: RwSignal::new(false),
    };
    // Better said before a password is typed than after.
    Effect::new(move |_| {
        if session::cookies_are_blocked() {
            form.problem.set(Some(session::cookies_blocked()));
        }
    });
    let next = wanted();
    let (busy, left) = (form.busy, form.left);
    at_once(view! {
        <form
            class="card"
            method="post"
            action=move || at(&keeping(purpose.action(), &next.get()))
            on:submit=move |event| form.submit(event)
        >
            <ErrorSummary problem=form.problem left=left />
            <input type="hidden" name="next" value=move || next.get() />
            <Email form=form value=email />
            <Password form=form />
            <button class="primary" type="submit" disabled=move || busy.get() || is_waiting(left.get()) aria-busy=move || busy.get().then_some("true")>
                {move || if busy.get() { purpose.busy() } else { purpose.button() }}
            </button>
        </form>
    })
}

#[component]
fn Email(form: Form, value: String) -> impl IntoView {
    let is_invalid = wrong(form.problem, "email");
    view! {
        <div class="field">
            <label for="email">{lang().common_email()}</label>
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
                aria-invalid=invalid(is_invalid)
                aria-describedby=move || is_invalid.get().then_some("problem")
                node_ref=form.email
            />
        </div>
    }
}

#[component]
fn Password(form: Form) -> impl IntoView {
    let is_invalid = wrong(form.problem, "password");
    view! {
        <PasswordField
            id="password"
            label=lang().common_password()
            autocomplete=form.purpose.autocomplete()
            node_ref=form.password
            shown=form.password_shown
            new=form.purpose == Purpose::Register
            wrong=(is_invalid, "problem")
        />
    }
}
