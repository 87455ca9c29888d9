//! A password field that supports pasting, password managers and long passphrases (OWASP, NIST SP
//! 800-63B): show and hide, and a suggested passphrase for a new password.

use leptos::{html, prelude::*, task::spawn_local};

use crate::api::auth::suggest_passphrase;
use crate::client::auth_state::auth_state;
use crate::lang::lang;
use crate::ui::components::icons::{Icon, icon};
use crate::ui::components::parts::{FieldError, FieldWords, explained_by};
use crate::ui::support::browser;
use crate::ui::support::page_settings::password_min;
use crate::ui::support::sync_hydrated::{client_only, sync_hydrated};

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
    /// What is wrong with the value.
    words: FieldWords,
) -> impl IntoView {
    let hint_id = [id, "-hint"].concat();
    let hint = || lang().login_hint(&password_min());
    let described_by = {
        let hint_id = new.then(|| hint_id.clone());
        move || {
            let ids: Vec<_> = explained_by(id, words).into_iter().chain(hint_id.clone()).collect();
            (!ids.is_empty()).then(|| ids.join(" "))
        }
    };
    sync_hydrated(view! {
        <div class="field">
            <label for=id>{label}</label>
            {new.then(|| view! { <p id=hint_id class="hint">{hint()}</p> })}
            <FieldError id=id words=words />
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
                    aria-invalid=move || words.with(Option::is_some).then_some("true")
                    aria-describedby=described_by
                    node_ref=node_ref
                />
                <ShowPassword id=id shown=shown />
            </div>
            {new.then(|| view! { <Suggest id=id field=node_ref shown=shown /> })}
        </div>
    })
}

/// The show/hide toggle: an eye inside the field. Hidden before hydration, when it would do
/// nothing. A toggle button keeps its name and says whether it is pressed (ARIA).
#[component]
fn ShowPassword(id: &'static str, shown: RwSignal<bool>) -> impl IntoView {
    let hydrated = hydrated();
    view! {
        <button
            class="eye icon"
            type="button"
            hidden=move || !hydrated.get()
            aria-controls=id
            aria-label=lang().password_field_show()
            aria-pressed=move || if shown.get() { "true" } else { "false" }
            on:click=move |_| shown.update(|shown| *shown = !*shown)
            inner_html=move || icon(if shown.get() { "eye-off" } else { "eye" })
        ></button>
        <span class="unseen" aria-live="polite">
            {move || shown.get().then(|| lang().password_field_visible())}
        </span>
    }
}

/// Fills the field with a passphrase, and shows it where it can be read as a whole, copied and
/// written down: a field cuts off what is longer than itself.
#[component]
fn Suggest(id: &'static str, field: NodeRef<html::Input>, shown: RwSignal<bool>) -> impl IntoView {
    let hydrated = hydrated();
    let failed = RwSignal::new(None::<String>);
    let phrase = RwSignal::new(None::<String>);
    let copied = RwSignal::new(false);
    let suggest = move |_| {
        spawn_local(async move {
            match suggest_passphrase().await {
                Ok(suggestion) => {
                    if let Some(field) = field.try_get_untracked().flatten() {
                        field.set_value(&suggestion.passphrase);
                        shown.set(true);
                    }
                    copied.try_set(false);
                    phrase.try_set(Some(suggestion.passphrase.clone()));
                    failed.try_set(None);
                }
                Err(problem) => drop(failed.try_set(Some(problem.detail))),
            }
        });
    };
    view! {
        <button class="quiet" type="button" hidden=move || !hydrated.get() on:click=suggest>
            {lang().password_field_suggest()}
        </button>
        {move || failed.get().map(|detail| view! { <p class="problem" role="alert">{detail}</p> })}
        {move || {
            let words = phrase.get()?;
            let copy = {
                let words = words.clone();
                move |_| browser::copy(&words, copied)
            };
            Some(client_only(view! {
                <div class="suggestion">
                    <output for=id aria-label=lang().password_field_suggested()>{words}</output>
                    <button type="button" on:click=copy>
                        <Icon name="copy" />
                        <span aria-live="polite">
                            {move || if copied.get() { lang().password_field_copied() } else { lang().password_field_copy() }}
                        </span>
                    </button>
                    <p class="hint">{lang().password_field_keep()}</p>
                </div>
            }))
        }}
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
