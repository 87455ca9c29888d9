//! Free play: every lever, each with what to watch for, and one switch for each defence that can be weakened. Searchable.

use leptos::prelude::*;

use super::super::state::{ActionFailure, LabState};
use super::super::words::t;
use crate::lab::model::actions::{self, ActionButton, ActionGroup, ButtonEffect};
use crate::lab::model::event::{Action, Defence, SandboxSettings};
use crate::lab::model::labels;
use crate::ui::support::sync_hydrated::client_only;

#[component]
pub fn Actions(state: LabState) -> impl IntoView {
    let sought = RwSignal::new(String::new());
    let found = move || {
        let sought = sought.get().to_lowercase();
        match sought.trim() {
            "" => groups(state),
            sought => matches(state, sought),
        }
    };
    client_only(view! {
        <section class="actions-panel" aria-labelledby="actions-title">
            <h2 id="actions-title">{t("Free play", "Freies Spiel")}</h2>
            <label class="search">
                <span class="unseen">{t("Search the levers", "Hebel suchen")}</span>
                <input type="search" placeholder=t("Search", "Suchen") on:input=move |event| sought.set(event_target_value(&event)) />
            </label>
            <p class="hint" hidden=move || !state.is_replaying()>
                {t("This is a recorded log, so nothing can be done to it.", "Das ist ein Protokoll, daran lässt sich nichts ändern.")}
            </p>
            {found}
        </section>
    })
}

fn group(name: &'static str, hint: Option<&'static str>, items: Vec<AnyView>) -> AnyView {
    client_only(view! {
        <details class="group" name="actions">
            <summary>
                <h3>{name}</h3>
            </summary>
            {hint.map(|hint| client_only(view! { <p class="hint">{hint}</p> }))}
            <ul>{items}</ul>
        </details>
    })
}

/// The browser keeps one group open at a time (`details name`).
fn groups(state: LabState) -> AnyView {
    let levers = actions::groups().into_iter().map(|ActionGroup { name, buttons }| {
        group(name, None, buttons.into_iter().map(|button| item(state, button)).collect())
    });
    let hint = t(
        "Each can be weakened in this sandbox, and nowhere else: then repeat an attack.",
        "Jede lässt sich in diesem Sandkasten schwächen und nirgends sonst: Dann wiederhole einen Angriff.",
    );
    let defences = Defence::ALL.into_iter().map(|one| defence(state, one)).collect();
    let defences = group(t("Defences", "Abwehren"), Some(hint), defences);
    client_only(levers.chain([defences]).collect::<Vec<_>>())
}

fn matches(state: LabState, sought: &str) -> AnyView {
    let fits = |name: &str, words: &str| [name, words].iter().any(|text| text.to_lowercase().contains(sought));
    let levers = actions::groups().into_iter().flat_map(|group| group.buttons);
    let levers = levers.filter(|button| fits(button.name, button.watch_for)).map(|button| item(state, button));
    let defences = Defence::ALL.into_iter().filter(|one| fits(actions::weakened_label(*one), labels::weak_form(*one)));
    let items: Vec<AnyView> = levers.chain(defences.map(|one| defence(state, one))).collect();
    match items.is_empty() {
        true => client_only(view! { <p class="hint">{t("No lever fits.", "Kein Hebel passt.")}</p> }),
        false => client_only(view! { <div class="group"><ul>{items}</ul></div> }),
    }
}

fn item(state: LabState, button: ActionButton) -> AnyView {
    let (name, watch_for) = (button.name, button.watch_for);
    let id = id_of(name);
    let effect = button.effect.clone();
    let pressed = move || state.settings().and_then(|settings| is_set(&effect, &settings)).map(|on| on.to_string());
    let busy = move || state.busy.get() == Some(name);
    let waits = move || {
        (state.is_replaying() || state.busy.with(|busy| busy.is_some_and(|other| other != name))).then_some("true")
    };
    client_only(view! {
        <li>
            <button
                type="button"
                aria-describedby=id.clone()
                aria-pressed=pressed
                aria-busy=move || busy().then_some("true")
                aria-disabled=waits
                on:click=move |_| {
                    if let Some(button) = actions::find(name) {
                        state.press(button);
                    }
                }
            >
                {name}
            </button>
            <p id=id class="hint">
                {watch_for}
            </p>
            {failure(state, name)}
        </li>
    })
}

/// The error beside its button.
fn failure(state: LabState, of: &'static str) -> AnyView {
    client_only(move || {
        let ActionFailure { of: which, why } = state.failure.get()?;
        (which == of).then(|| client_only(view! { <p class="problem" role="alert">{why}</p> }))
    })
}

fn defence(state: LabState, defence: Defence) -> AnyView {
    let (name, meaning) = (actions::weakened_label(defence), labels::weak_form(defence));
    let id = id_of(name);
    let weak = move || state.settings().is_some_and(|settings| settings.weak.contains(&defence));
    let turn = move |_| {
        let action = Action::Weaken { defence, weak: !untrack(weak) };
        state.press(ActionButton { name, watch_for: meaning, effect: ButtonEffect::Run(action), needs_tab2: false });
    };
    client_only(view! {
        <li>
            <button
                type="button"
                role="switch"
                class="switch"
                aria-describedby=id.clone()
                aria-checked=move || weak().to_string()
                aria-busy=move || (state.busy.get() == Some(name)).then_some("true")
                aria-disabled=move || (state.is_replaying() || state.busy.with(Option::is_some)).then_some("true")
                on:click=turn
            >
                {name}
            </button>
            <p id=id class="hint">
                {meaning}
            </p>
            {failure(state, name)}
        </li>
    })
}

/// Whether the button's setting is in effect; `None` for a button that sets nothing.
fn is_set(effect: &ButtonEffect, settings: &SandboxSettings) -> Option<bool> {
    let ButtonEffect::Run(action) = effect else { return None };
    match action {
        Action::Network { state } => Some(settings.network == *state),
        Action::NextRefresh { fault } => Some(settings.next_refresh == Some(*fault)),
        _ => None,
    }
}

fn id_of(name: &str) -> String {
    let letters =
        name.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '-' });
    letters.collect()
}
