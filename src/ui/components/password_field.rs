//! A password field that supports pasting, password managers and long passphrases (OWASP, NIST SP
//! 800-63B): show and hide, and a suggested passphrase for a new password.

use leptos::{html, prelude::*, task::spawn_local};

use crate::api::auth::suggest_passphrase;
use crate::client::auth_state::auth_state;
use crate::lang::lang;
use crate::ui::components::parts::aria_invalid;
use crate::ui::support::page_settings::password_min;
use crate::ui::support::sync_hydrated::sync_hydrated;

#[component]
pub fn PasswordField(
    id: &'static str,
    label: &'static str,
    autocomplete: &'static str,
    node_ref: NodeRef<html::Input>,
    /// Whether the password is visible. Forms set it to `false` on submit.
    #[prop(optional)]
    shown: RwSignal<bool>,
    /// For a new password: shows the requirements and suggests a passphrase.
    #[prop(optional)]
    new: bool,
    /// Whether the value is invalid, and the id of the element that explains it.
    #[prop(optional)]
    wrong: Option<(Memo<bool>, &'static str)>,
) -> impl IntoView {
    let never = Memo::new(|_| false);
    let (is_invalid, problem_id) = wrong.unwrap_or((never, ""));
    let hint_id = [id, "-hint"].concat();
    let hint = || lang().login_hint(&password_min());
    let described_by = {
        let hint_id = new.then(|| hint_id.clone());
        move || {
            let problem = is_invalid.get().then(|| problem_id.to_owned());
            let words: Vec<_> = problem.into_iter().chain(hint_id.clone()).collect();
            (!words.is_empty()).then(|| words.join(" "))
        }
    };
    sync_hydrated(view! {
        <div class="field">
            <label for=id>{label}</label>
            {new.then(|| view! { <p id=hint_id class="hint">{hint()}</p> })}
            <div class="with-button">
                <input
                    id=id
                    name=id
                    type=move || if shown.get() { "text" } else { "password" }
                    required
                    autocomplete=autocomplete
                    autocapitalize="none"
                    spellcheck="false"
                    enterkeyhint="go"
                    aria-invalid=aria_invalid(is_invalid)
                    aria-describedby=described_by
                    node_ref=node_ref
                />
                <ShowPassword id=id shown=shown />
            </div>
            {new.then(|| view! { <Suggest field=node_ref shown=shown /> })}
        </div>
    })
}

/// The show/hide toggle. Hidden before hydration, when it would do nothing.
#[component]
fn ShowPassword(id: &'static str, shown: RwSignal<bool>) -> impl IntoView {
    let hydrated = hydrated();
    view! {
        <button
            class="quiet"
            type="button"
            hidden=move || !hydrated.get()
            aria-controls=id
            on:click=move |_| shown.update(|shown| *shown = !*shown)
        >
            {move || if shown.get() { lang().password_field_hide() } else { lang().password_field_show() }}
            <span class="unseen">{lang().password_field_password()}</span>
        </button>
        <span class="unseen" aria-live="polite">
            {move || shown.get().then(|| lang().password_field_visible())}
        </span>
    }
}

#[component]
fn Suggest(field: NodeRef<html::Input>, shown: RwSignal<bool>) -> impl IntoView {
    let hydrated = hydrated();
    let failed = RwSignal::new(None::<String>);
    let suggest = move |_| {
        spawn_local(async move {
            match suggest_passphrase().await {
                Ok(suggestion) => {
                    if let Some(field) = field.try_get_untracked().flatten() {
                        field.set_value(&suggestion.passphrase);
                        shown.set(true);
                    }
                    failed.set(None);
                }
                Err(problem) => failed.set(Some(problem.detail)),
            }
        });
    };
    view! {
        <button class="quiet" type="button" hidden=move || !hydrated.get() on:click=suggest>
            {lang().password_field_suggest()}
        </button>
        {move || failed.get().map(|detail| view! { <p class="problem" role="alert">{detail}</p> })}
    }
}

/// `false` on the server and in the first client render, `true` afterwards.
fn hydrated() -> RwSignal<bool> {
    let hydrated = RwSignal::new(false);
    Effect::new(move |_| hydrated.set(true));
    hydrated
}

/// The address of the account, for password managers: it says which of their entries the password
/// of this form belongs to.
#[component]
pub fn Username() -> impl IntoView {
    let state = auth_state();
    let email = move || state.with(|state| state.user().map(|user| user.email.clone()));
    view! { <input type="email" name="username" autocomplete="username" readonly hidden value=email /> }
}
