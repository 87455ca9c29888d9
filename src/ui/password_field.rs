//! A password field that pasting, managers and long passphrases are welcome in. Its value can be looked at, is hidden again
//! when the form is sent, and for a new one a passphrase can be suggested.

use leptos::{html, prelude::*, task::spawn_local};

use super::{at_once::at_once, parts::invalid, settings::password_min};
use crate::api::auth::suggest_passphrase;
use crate::lang::lang;

#[component]
pub fn PasswordField(
    id: &'static str,
    label: &'static str,
    autocomplete: &'static str,
    node_ref: NodeRef<html::Input>,
    /// Hidden again when this changes to `false`.
    #[prop(optional)]
    shown: RwSignal<bool>,
    /// A new password: says what it must be, and offers a passphrase.
    #[prop(optional)]
    new: bool,
    /// The element that says what is wrong, while something is.
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
    at_once(view! {
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
                    aria-invalid=invalid(is_invalid)
                    aria-describedby=described_by
                    node_ref=node_ref
                />
                <ShowPassword id=id shown=shown />
            </div>
            {new.then(|| view! { <Suggest field=node_ref shown=shown /> })}
        </div>
    })
}

/// Hidden until the program is here, without which it would do nothing.
#[component]
fn ShowPassword(id: &'static str, shown: RwSignal<bool>) -> impl IntoView {
    let live = live();
    view! {
        <button
            class="quiet"
            type="button"
            hidden=move || !live.get()
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
    let live = live();
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
        <button class="quiet" type="button" hidden=move || !live.get() on:click=suggest>
            {lang().password_field_suggest()}
        </button>
        {move || failed.get().map(|detail| view! { <p class="problem" role="alert">{detail}</p> })}
    }
}

fn live() -> RwSignal<bool> {
    let live = RwSignal::new(false);
    Effect::new(move |_| live.set(true));
    live
}
