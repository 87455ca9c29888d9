//! A password field that supports pasting, password managers and long passphrases (OWASP, NIST SP
//! 800-63B): show and hide, and a suggested passphrase for a new password.

use leptos::{html, prelude::*, task::spawn_local};

use crate::client::auth_state::auth_state;
use crate::lang::lang;
use crate::ui::components::icons::icon;
use crate::ui::components::parts::{FieldError, FieldWords};
use crate::ui::components::suggestion::{Suggested, suggestion};
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
    /// What is wrong with the value.
    words: FieldWords,
) -> impl IntoView {
    let hint_id = [id, "-hint"].concat();
    let hint = || lang().login_hint(&password_min());
    let described_by = {
        let hint_id = new.then(|| hint_id.clone());
        move || {
            let ids: Vec<_> = words.explained_by(id).into_iter().chain(hint_id.clone()).collect();
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
                    aria-invalid=move || words.invalid()
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
            // The style shows the one that fits.
            inner_html=[icon("eye"), icon("eye-off")].concat()
        ></button>
        <span class="unseen" aria-live="polite">
            {move || shown.get().then(|| lang().password_field_visible())}
        </span>
    }
}

/// The button that suggests a passphrase. What it does is downloaded when it is pressed first.
#[component]
fn Suggest(id: &'static str, field: NodeRef<html::Input>, shown: RwSignal<bool>) -> impl IntoView {
    let hydrated = hydrated();
    let suggested = RwSignal::new(None::<fn(Suggested) -> AnyView>);
    let again = RwSignal::new(0);
    let suggest = move |_| {
        again.update(|again| *again += 1);
        if suggested.get_untracked().is_none() {
            spawn_local(async move { _ = suggested.try_set(suggestion().await.ok()) });
        }
    };
    view! {
        <button class="quiet" type="button" hidden=move || !hydrated.get() on:click=suggest>
            {lang().password_field_suggest()}
        </button>
        {move || suggested.get().map(|build| build(Suggested { id, field, shown, again }))}
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
