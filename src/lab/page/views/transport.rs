//! The bar below everything: the moment that is shown (time travel), the speed, and the one main button. Choosing a moment shows
//! recorded state; it never sends a request.

use leptos::prelude::*;

use super::super::course::Next;
use super::super::markup::tag;
use super::super::state::{ActionFailure, LabState, Pressed};
use super::html::{button, html, toggle};
use super::shortcuts::{Shortcuts, help};
use crate::lab::model::event::Action;
use crate::lab::model::{labels, watch::Watch};
use crate::lab::words::t;
use crate::ui::support::sync_hydrated::client_only;

pub fn transport(state: LabState, shortcuts: Shortcuts) -> AnyView {
    let failed = move || {
        let ActionFailure { of, why } = state.failure.get()?;
        (!matches!(of, Pressed::Lever(_))).then(|| client_only(view! { <p class="problem" role="alert">{why}</p> }))
    };
    client_only(view! {
        <section class="transport" aria-label=t("Timeline", "Zeitleiste")>
            <div class="moment">{slider(state.watch)} {steps(state)}</div>
            {speed(state)}
            {stepping(state)}
            {help(shortcuts)}
            {next_button(state)}
            {failed}
        </section>
    })
}

fn stepping(state: LabState) -> AnyView {
    let is_on = move || state.settings().is_some_and(|settings| settings.stepping);
    let text = Memo::new(move |_| {
        let checked =
            if is_on() { " role=\"switch\" aria-checked=\"true\"" } else { " role=\"switch\" aria-checked=\"false\"" };
        button("stepping", "switch small", checked, t("Step by step", "Schritt für Schritt"))
    });
    html(state, "stepping", text, |state, _| {
        let on = untrack(|| state.settings()).is_some_and(|settings| settings.stepping);
        state.set_playback(Action::Stepping { on: !on });
    })
}

/// The one main button: on a phone it stays at the lower edge.
fn next_button(state: LabState) -> AnyView {
    let words = move || {
        let next = state.course.next()?;
        Some(match next {
            Next::Run => t("Run", "Ablaufen lassen").to_owned(),
            Next::Step => t("Next step", "Nächster Schritt").to_owned(),
            Next::Scene(index) => {
                let title = state.course.scenes.with(|scenes| scenes.get(index).map(|scene| scene.title.clone()));
                [t("Next: ", "Weiter: "), &title.unwrap_or_default()].concat()
            }
        })
    };
    client_only(view! {
        <button type="button" id="next" class="primary" hidden=move || words().is_none() || state.free.get()
            aria-disabled=move || state.busy.with(Option::is_some).then_some("true")
            aria-busy=move || (state.busy.get() == Some(Pressed::Scene)).then_some("true")
            on:click=move |_| state.advance()>
            {words}
        </button>
    })
}

/// How slow real requests are made on the server, so an arrow that takes long really took long.
fn speed(state: LabState) -> AnyView {
    let factor = Memo::new(move |_| state.settings().map_or(1, |settings| settings.slow_motion));
    let options = move || {
        [
            (1, t("Real speed", "Echtes Tempo")),
            (3, t("3 times slower", "3-mal langsamer")),
            (10, t("10 times slower", "10-mal langsamer")),
        ]
        .map(|(times, words)| {
            let selected = if factor.get() == times { " selected" } else { "" };
            format!(r#"<option value="{times}"{selected}>{words}</option>"#)
        })
        .concat()
    };
    client_only(view! {
        <label class="speed">
            <span class="unseen">{t("Speed", "Tempo")}</span>
            <select inner_html=options on:change=move |event| {
                if let Ok(factor) = event_target_value(&event).parse() {
                    state.set_playback(Action::SlowMotion { factor });
                }
            }></select>
        </label>
    })
}

/// One event back or forth, where it is, and live.
fn steps(state: LabState) -> AnyView {
    let watch = state.watch;
    let text = Memo::new(move |_| {
        let (upto, length, live) = (watch.upto(), watch.events.with(Vec::len), watch.chosen.get().is_none());
        let named = |name: &str, off: bool| {
            [" aria-label=\"", name, if off { "\" aria-disabled=\"true\"" } else { "\"" }].concat()
        };
        [
            button("back", "small", &named(t("Previous event", "Voriges Ereignis"), upto < 2), "‹"),
            button("forth", "small", &named(t("Next event", "Nächstes Ereignis"), live), "›"),
            tag("span", " class=\"where\"", &[&*upto.to_string(), " / ", &*length.to_string()].concat()),
            toggle("live", live, "Live"),
        ]
        .concat()
    });
    html(state, "steps", text, |state, on| match on {
        "back" => state.step(false),
        "forth" => state.step(true),
        _ => state.watch.chosen.set(None),
    })
}

fn slider(watch: Watch) -> AnyView {
    let length = Memo::new(move |_| watch.events.with(Vec::len));
    let slide = move |event| {
        let index: usize = event_target_value(&event).parse().unwrap_or(0);
        let seq = watch.events.with_untracked(|events| {
            if index >= events.len() { None } else { events.get(index.saturating_sub(1)).map(|event| event.seq) }
        });
        watch.chosen.set(seq);
    };
    let said = move || {
        let upto = watch.upto();
        let event = watch.events.with(|events| events.get(upto.checked_sub(1)?).map(labels::event));
        format!("{} {upto} / {}: {}", t("Event", "Ereignis"), length.get(), event.unwrap_or_default())
    };
    let range = NodeRef::<leptos::html::Input>::new();
    // Maximum first, or the browser clamps the value to the old maximum.
    Effect::new(move |_| {
        if let Some(range) = range.get() {
            range.set_max(&length.get().max(1).to_string());
            range.set_value(&watch.upto().to_string());
        }
    });
    client_only(view! {
        <input type="range" id="lab-moment" min="1" node_ref=range aria-label=t("Moment", "Zeitpunkt")
            aria-valuetext=said on:input=slide />
    })
}
