//! A suggested passphrase: fills the field, and shows it where it can be read as a whole, copied and
//! written down, because a field cuts off what is longer than itself. Lazy-loaded when it is asked
//! for.

use leptos::{html, prelude::*, task::spawn_local};
use wasm_split_helpers::wasm_split;

use crate::api::auth::suggest_passphrase;
use crate::lang::lang;
use crate::ui::components::icons::Icon;
use crate::ui::support::browser;
use crate::ui::support::lazy_page::LazyPart;
use crate::ui::support::sync_hydrated::client_only;

/// The field to fill.
#[derive(Clone, Copy)]
pub struct Suggested {
    pub id: &'static str,
    pub field: NodeRef<html::Input>,
    /// Whether the field shows its password.
    pub shown: RwSignal<bool>,
    /// Changes when another one is asked for.
    pub again: RwSignal<u32>,
}

#[wasm_split(passphrase, fallible)]
pub fn suggestion() -> LazyPart<Suggested> {
    Ok(|of| Suggestion(SuggestionProps { of }).into_any())
}

#[component]
fn Suggestion(of: Suggested) -> impl IntoView {
    let failed = RwSignal::new(None::<String>);
    let phrase = RwSignal::new(None::<String>);
    let copied = RwSignal::new(false);
    Effect::new(move |_| {
        of.again.track();
        spawn_local(async move {
            match suggest_passphrase().await {
                Ok(suggestion) => {
                    if let Some(field) = of.field.try_get_untracked().flatten() {
                        field.set_value(&suggestion.passphrase);
                        of.shown.set(true);
                    }
                    copied.try_set(false);
                    phrase.try_set(Some(suggestion.passphrase.clone()));
                    failed.try_set(None);
                }
                Err(problem) => drop(failed.try_set(Some(problem.detail))),
            }
        });
    });
    client_only(view! {
        {move || failed.get().map(|detail| view! { <p class="problem" role="alert">{detail}</p> })}
        {move || Some(client_only(view! { <Shown id=of.id words=phrase.get()? copied=copied /> }))}
    })
}

#[component]
fn Shown(id: &'static str, words: String, copied: RwSignal<bool>) -> impl IntoView {
    let copy = {
        let words = words.clone();
        move |_| browser::copy(&words, copied)
    };
    client_only(view! {
        <div class="suggestion">
            <output for=id aria-label=lang().password_field_suggested()>
                {words}
            </output>
            <button type="button" on:click=copy>
                <Icon name="copy" />
                <span aria-live="polite">
                    {move || if copied.get() { lang().password_field_copied() } else { lang().password_field_copy() }}
                </span>
            </button>
            <p class="hint">{lang().password_field_keep()}</p>
        </div>
    })
}
