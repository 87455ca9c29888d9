//! How fast it goes, and which moment is looked at. Looking back sends nothing: the log is what was recorded. Slow motion and
//! step mode hold the real requests on the server, so an arrow that takes long did take long.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::super::room::{Room, Trouble};
use super::keys::Keys;
use crate::lab::event::Action;

const SPEEDS: [(u32, &str); 3] = [(1, "Real speed"), (3, "3 times slower"), (10, "10 times slower")];

#[component]
pub fn Driving(room: Room, keys: Keys) -> impl IntoView {
    let stepping = move || room.settings().is_some_and(|settings| settings.stepping);
    view! {
        <section class="panel driving" aria-labelledby="driving-title">
            <h2 id="driving-title">"How fast it goes"</h2>
            <Speed room=room />
            <div class="actions">
                <button
                    type="button"
                    role="switch"
                    class="switch"
                    aria-checked=move || stepping().to_string()
                    on:click=move |_| send(room, "Step by step", Action::Stepping { on: !untrack(stepping) })
                >
                    "Step by step"
                </button>
                <button
                    type="button"
                    aria-disabled=move || (!stepping()).then_some("true")
                    on:click=move |_| step(room)
                >
                    "Let one request through"
                </button>
            </div>
            {move || {
                let Trouble { of, why } = room.trouble.get()?;
                (of == "Step by step").then(|| view! { <p class="problem" role="alert">{why}</p> })
            }}
            <super::keys::Help keys=keys />
        </section>
    }
}

#[component]
fn Speed(room: Room) -> impl IntoView {
    let factor = Memo::new(move |_| room.settings().map_or(1, |settings| settings.slow_motion));
    let choice = move |(times, words): (u32, &'static str)| {
        view! {
            <label class="choice">
                <input
                    type="radio"
                    name="speed"
                    prop:checked=move || factor.get() == times
                    on:change=move |_| send(room, "Step by step", Action::SlowMotion { factor: times })
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

/// For step mode's own button and its key.
pub fn step(room: Room) {
    if untrack(|| room.settings()).is_some_and(|settings| settings.stepping) {
        send(room, "Step by step", Action::Step);
    }
}

/// What only changes how the visitor watches has no outcome to tell, and may come while another action is under way.
fn send(room: Room, of: &'static str, action: Action) {
    spawn_local(async move {
        if let Err(why) = room.act(action).await {
            room.trouble.set(Some(Trouble { of, why }));
        }
    });
}
