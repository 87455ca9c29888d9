//! Free play: every lever, each with what to watch for, and one switch for each defence that can be weakened. Searchable.

use leptos::prelude::*;

use super::super::diagram::escape;
use super::super::markup::{classed, tag};
use super::super::state::{ActionFailure, LabState};
use super::super::words::t;
use super::html::{button, html};
use crate::lab::model::actions::{self, ActionButton, ButtonEffect};
use crate::lab::model::event::{Action, Defence, SandboxSettings};
use crate::lab::model::labels;
use crate::ui::support::sync_hydrated::client_only;

pub fn levers(state: LabState) -> AnyView {
    let sought = RwSignal::new(String::new());
    let found = move || {
        let sought = sought.get().to_lowercase();
        match sought.trim() {
            "" => groups(state),
            sought => matching(state, sought.to_owned()),
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

/// A lever: a button of the page's table, or the switch of a defence.
enum Lever {
    Button(ActionButton),
    Defence(Defence),
}

impl Lever {
    const fn words(&self) -> (&'static str, &'static str) {
        match self {
            Lever::Button(button) => (button.name, button.watch_for),
            Lever::Defence(defence) => (actions::weakened_label(*defence), labels::weak_form(*defence)),
        }
    }
}

fn defences() -> impl Iterator<Item = Lever> {
    Defence::ALL.into_iter().map(Lever::Defence)
}

fn group(state: LabState, name: &'static str, levers: fn(&str) -> Vec<Lever>) -> AnyView {
    let text = Memo::new(move |_| list(state, &levers(name)));
    client_only(view! {
        <details class="group" name="actions">
            <summary>
                <h3>{name}</h3>
            </summary>
            {html(state, "levers", text, press)}
        </details>
    })
}

/// The browser keeps one group open at a time (`details name`).
fn groups(state: LabState) -> AnyView {
    let of = |name: &str| {
        let group = actions::groups().into_iter().find(|group| group.name == name);
        group.into_iter().flat_map(|group| group.buttons).map(Lever::Button).collect()
    };
    let mut all: Vec<AnyView> = actions::groups().iter().map(|one| group(state, one.name, of)).collect();
    all.push(group(state, t("Defences", "Abwehren"), |_| defences().collect()));
    client_only(all)
}

fn matching(state: LabState, sought: String) -> AnyView {
    let text = Memo::new(move |_| {
        let fits = |lever: &Lever| {
            let (name, words) = lever.words();
            [name, words].iter().any(|text| text.to_lowercase().contains(&sought))
        };
        let buttons = actions::groups().into_iter().flat_map(|group| group.buttons).map(Lever::Button);
        let found: Vec<Lever> = buttons.chain(defences()).filter(fits).collect();
        match found.is_empty() {
            true => classed("p", "hint", t("No lever fits.", "Kein Hebel passt.")),
            false => list(state, &found),
        }
    });
    html(state, "levers", text, press)
}

/// Each lever with what to watch for, and its error beside it.
fn list(state: LabState, levers: &[Lever]) -> String {
    let (busy, settings, failure) = (state.busy.get(), state.settings(), state.failure.get());
    let waits = state.is_replaying();
    let line = |lever: &Lever| {
        let (name, words) = lever.words();
        let id = id_of(name);
        let mut attributes = [" aria-describedby=\"", &id, "\""].concat();
        let set = |attributes: &mut String, name: &str, value: bool| {
            *attributes += &[name, if value { "=\"true\"" } else { "=\"false\"" }].concat();
        };
        match (lever, &settings) {
            (Lever::Defence(defence), settings) => {
                attributes += " role=\"switch\"";
                let weak = settings.as_ref().is_some_and(|settings| settings.weak.contains(defence));
                set(&mut attributes, " aria-checked", weak);
            }
            (Lever::Button(button), Some(settings)) => {
                if let Some(on) = is_set(&button.effect, settings) {
                    set(&mut attributes, " aria-pressed", on);
                }
            }
            _ => {}
        }
        if busy == Some(name) {
            attributes += " aria-busy=\"true\"";
        } else if waits || busy.is_some() {
            attributes += " aria-disabled=\"true\"";
        }
        let class = if matches!(lever, Lever::Defence(_)) { "switch" } else { "" };
        let hint = tag("p", &[" class=\"hint\" id=\"", &*id, "\""].concat(), words);
        let failed = failure
            .as_ref()
            .filter(|failure| failure.of == name)
            .map(|ActionFailure { why, .. }| tag("p", " class=\"problem\" role=\"alert\"", &escape(why)));
        tag("li", "", &[button(name, class, &attributes, name), hint, failed.unwrap_or_default()].concat())
    };
    tag("ul", "", &levers.iter().map(line).collect::<String>())
}

fn press(state: LabState, name: &str) {
    if let Some(button) = actions::find(name) {
        return state.press(button);
    }
    let Some(defence) = Defence::ALL.into_iter().find(|one| actions::weakened_label(*one) == name) else { return };
    let weak = untrack(|| state.settings()).is_some_and(|settings| settings.weak.contains(&defence));
    state.press(ActionButton {
        name: actions::weakened_label(defence),
        watch_for: labels::weak_form(defence),
        effect: ButtonEffect::Run(Action::Weaken { defence, weak: !weak }),
        needs_tab2: false,
    });
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
