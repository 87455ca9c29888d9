//! The action buttons, each with what to watch for, and one switch for each defence that can be weakened.

use leptos::prelude::*;

use super::super::state::{ActionFailure, LabState};
use crate::lab::model::actions::{self, ActionButton, ActionGroup, ButtonEffect};
use crate::lab::model::event::{Action, Defence, SandboxSettings};
use crate::lab::model::labels;

/// The group that is open at first on wide screens. The browser keeps one open at a time (`details name`).
const OPEN: &str = "Signing in and out";

#[component]
pub fn Actions(state: LabState) -> impl IntoView {
    let wide = window().match_media("(min-width: 1100px)").ok().flatten().is_some_and(|query| query.matches());
    let group = move |group: ActionGroup| {
        let open = wide && group.name == OPEN;
        view! {
            <details class="group" name="actions" open=open>
                <summary>
                    <h3>{group.name}</h3>
                </summary>
                <ul>
                    {group.buttons.into_iter().map(|button| view! { <ActionItem state=state button=button /> }).collect_view()}
                </ul>
            </details>
        }
    };
    view! {
        <section class="panel actions-panel" aria-labelledby="actions-title">
            <h2 id="actions-title">"What you can do"</h2>
            <p class="hint" hidden=move || !state.is_replaying()>
                "You are looking at a recorded log, so nothing can be done to it."
            </p>
            {actions::groups().into_iter().map(group).collect_view()}
            <details class="group" name="actions">
                <summary>
                    <h3>"Defences"</h3>
                </summary>
                <p class="hint">"Each can be weakened in this sandbox, and nowhere else: then repeat an attack."</p>
                <ul>{Defence::ALL.map(|defence| view! { <DefenceSwitch state=state defence=defence /> }).collect_view()}</ul>
            </details>
        </section>
    }
}

#[component]
fn ActionItem(state: LabState, button: ActionButton) -> impl IntoView {
    let (name, watch_for) = (button.name, button.watch_for);
    let id = id_of(name);
    let effect = button.effect.clone();
    let pressed = move || state.settings().and_then(|settings| is_set(&effect, &settings)).map(|on| on.to_string());
    let busy = move || state.busy.get() == Some(name);
    let waits = move || {
        (state.is_replaying() || state.busy.with(|busy| busy.is_some_and(|other| other != name))).then_some("true")
    };
    view! {
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
            <FailureMessage state=state of=name />
        </li>
    }
}

/// The error beside its button.
#[component]
fn FailureMessage(state: LabState, of: &'static str) -> impl IntoView {
    move || {
        let ActionFailure { of: which, why } = state.failure.get()?;
        (which == of).then(|| view! { <p class="problem" role="alert">{why}</p> })
    }
}

#[component]
fn DefenceSwitch(state: LabState, defence: Defence) -> impl IntoView {
    let (name, meaning) = (actions::weakened_label(defence), labels::weak_form(defence));
    let id = id_of(name);
    let weak = move || state.settings().is_some_and(|settings| settings.weak.contains(&defence));
    let turn = move |_| {
        let action = Action::Weaken { defence, weak: !untrack(weak) };
        state.press(ActionButton { name, watch_for: meaning, effect: ButtonEffect::Run(action), needs_tab2: false });
    };
    view! {
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
            <FailureMessage state=state of=name />
        </li>
    }
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
