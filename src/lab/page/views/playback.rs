//! Playback controls: slow motion and step mode. Both hold the real requests on the server, so an arrow that takes long in the
//! diagram really took long.

use leptos::prelude::*;

use super::super::state::{ActionFailure, LabState, STEPPING};
use super::shortcuts::{ShortcutHelp, Shortcuts};
use crate::lab::model::event::Action;

const SPEEDS: [(u32, &str); 3] = [(1, "Real speed"), (3, "3 times slower"), (10, "10 times slower")];

#[component]
pub fn Playback(state: LabState, shortcuts: Shortcuts) -> impl IntoView {
    let stepping = move || state.settings().is_some_and(|settings| settings.stepping);
    view! {
        <section class="panel driving" aria-labelledby="driving-title">
            <h2 id="driving-title">"How fast it goes"</h2>
            <Speed state=state />
            <div class="actions">
                <button
                    type="button"
                    role="switch"
                    class="switch"
                    aria-checked=move || stepping().to_string()
                    on:click=move |_| state.set_playback(Action::Stepping { on: !untrack(stepping) })
                >
                    "Step by step"
                </button>
                <button
                    type="button"
                    aria-disabled=move || (!stepping()).then_some("true")
                    on:click=move |_| state.step_request()
                >
                    "Let one request through"
                </button>
            </div>
            {move || {
                let ActionFailure { of, why } = state.failure.get()?;
                (of == STEPPING).then(|| view! { <p class="problem" role="alert">{why}</p> })
            }}
            <ShortcutHelp shortcuts=shortcuts />
        </section>
    }
}

#[component]
fn Speed(state: LabState) -> impl IntoView {
    let factor = Memo::new(move |_| state.settings().map_or(1, |settings| settings.slow_motion));
    let choice = move |(times, words): (u32, &'static str)| {
        view! {
            <label class="choice">
                <input
                    type="radio"
                    name="speed"
                    prop:checked=move || factor.get() == times
                    on:change=move |_| state.set_playback(Action::SlowMotion { factor: times })
                />
                {words}
            </label>
        }
    };
    view! {
        <fieldset class="speeds">
            <legend class="unseen">"Speed"</legend>
            {SPEEDS.map(choice).collect_view()}
        </fieldset>
    }
}
