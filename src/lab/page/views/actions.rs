//! Free play: every lever, each with what to watch for, and one switch for each defence that can be weakened. Searchable.

use leptos::prelude::*;

use super::super::acting::numbered;
use super::super::diagram::escape;
use super::super::markup::{classed, tag};
use super::super::state::{ActionFailure, LabState, Pressed};
use super::html::{button, html};
use crate::lab::model::event::{Action, SandboxSettings};
use crate::lab::model::lever::{Lever, LeverEffect};
use crate::lab::words::t;
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

/// The browser keeps one group open at a time (`details name`).
fn groups(state: LabState) -> AnyView {
    let mut first = 0;
    let groups = state.levers.get().into_iter().map(|group| {
        let numbers = first..first + group.levers.len();
        first = numbers.end;
        let text = Memo::new(move |_| list(state, |number, _| numbers.contains(&number)));
        client_only(view! {
            <details class="group" name="actions">
                <summary>
                    <h3>{group.name}</h3>
                </summary>
                {html(state, "levers", text, press)}
            </details>
        })
    });
    client_only(groups.collect::<Vec<AnyView>>())
}

fn matching(state: LabState, sought: String) -> AnyView {
    let text = Memo::new(move |_| {
        let fits =
            |lever: &Lever| [&lever.name, &lever.watch_for].iter().any(|text| text.to_lowercase().contains(&sought));
        match state.levers.with(|groups| numbered(groups).any(fits)) {
            false => classed("p", "hint", t("No lever fits.", "Kein Hebel passt.")),
            true => list(state, |_, lever| fits(lever)),
        }
    });
    html(state, "levers", text, press)
}

/// Each of these levers with what to watch for, and its error beside it.
fn list(state: LabState, is_shown: impl Fn(usize, &Lever) -> bool) -> String {
    let (busy, settings, failure) = (state.busy.get(), state.settings(), state.failure.get());
    let waits = state.is_replaying();
    let line = |(number, lever): (usize, &Lever)| {
        let (on, id) = (number.to_string(), ["lever-", &number.to_string()].concat());
        let mut attributes = [" aria-describedby=\"", &id, "\""].concat();
        let mark = settings.as_ref().and_then(|settings| mark(&lever.effect, settings));
        let mut class = "";
        if let Some((name, value)) = mark {
            if name == "checked" {
                class = "switch";
                attributes += " role=\"switch\"";
            }
            attributes += &[" aria-", name, if value { "=\"true\"" } else { "=\"false\"" }].concat();
        }
        let pressed = Pressed::Lever(number);
        if busy == Some(pressed) {
            attributes += " aria-busy=\"true\"";
        } else if waits || busy.is_some() {
            attributes += " aria-disabled=\"true\"";
        }
        let hint = tag("p", &[" class=\"hint\" id=\"", &*id, "\""].concat(), &escape(&lever.watch_for));
        let failed = failure
            .as_ref()
            .filter(|failure| failure.of == pressed)
            .map(|ActionFailure { why, .. }| tag("p", " class=\"problem\" role=\"alert\"", &escape(why)));
        tag(
            "li",
            "",
            &[button(&on, class, &attributes, &escape(&lever.name)), hint, failed.unwrap_or_default()].concat(),
        )
    };
    let shown = |(number, lever): &(usize, &Lever)| is_shown(*number, lever);
    tag("ul", "", &state.levers.with(|groups| numbered(groups).enumerate().filter(shown).map(line).collect::<String>()))
}

fn press(state: LabState, number: &str) {
    if let Ok(number) = number.parse() {
        state.press(number);
    }
}

/// How a lever says whether its setting is in effect: the name of the state (ARIA), and its value. `None` for one that sets nothing.
fn mark(effect: &LeverEffect, settings: &SandboxSettings) -> Option<(&'static str, bool)> {
    let LeverEffect::Run(action) = effect else { return None };
    match action {
        Action::Weaken { defence, .. } => Some(("checked", settings.weak.contains(defence))),
        Action::Network { state } => Some(("pressed", settings.network == *state)),
        Action::NextRefresh { fault } => Some(("pressed", settings.next_refresh == Some(*fault))),
        _ => None,
    }
}
