//! The bar below everything: the moment that is shown (time travel), the speed, and the one main button. Choosing a moment shows
//! recorded state; it never sends a request.

use leptos::{html, prelude::*};

use super::super::acting::STEPPING;
use super::super::course::{Next, SCENE};
use super::super::state::{ActionFailure, LabState};
use super::super::words::t;
use super::shortcuts::{ShortcutHelp, Shortcuts};
use crate::lab::model::event::Action;
use crate::lab::model::{labels, watch::Watch};
use crate::ui::support::sync_hydrated::client_only;

#[component]
pub fn Transport(state: LabState, shortcuts: Shortcuts) -> impl IntoView {
    let stepping = move || state.settings().is_some_and(|settings| settings.stepping);
    let failed = move || {
        let ActionFailure { of, why } = state.failure.get()?;
        (of == STEPPING || of == SCENE).then(|| client_only(view! { <p class="problem" role="alert">{why}</p> }))
    };
    client_only(view! {
        <section class="transport" aria-label=t("Timeline", "Zeitleiste")>
            {moment(state)}
            {speed(state)}
            <button
                type="button"
                role="switch"
                class="switch small"
                aria-checked=move || stepping().to_string()
                on:click=move |_| state.set_playback(Action::Stepping { on: !untrack(stepping) })
            >
                {t("Step by step", "Schritt für Schritt")}
            </button>
            <ShortcutHelp shortcuts=shortcuts />
            {next_button(state)}
            {failed}
        </section>
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
            aria-busy=move || (state.busy.get() == Some(SCENE)).then_some("true")
            on:click=move |_| state.advance()>
            {words}
        </button>
    })
}

/// How slow real requests are made on the server, so an arrow that takes long really took long.
fn speed(state: LabState) -> AnyView {
    let factor = Memo::new(move |_| state.settings().map_or(1, |settings| settings.slow_motion));
    let options = [
        (1, t("Real speed", "Echtes Tempo")),
        (3, t("3 times slower", "3-mal langsamer")),
        (10, t("10 times slower", "10-mal langsamer")),
    ];
    let option = move |(times, words): (u32, &'static str)| {
        client_only(view! {
            <option value=times.to_string() prop:selected=move || factor.get() == times>
                {words}
            </option>
        })
    };
    client_only(view! {
        <label class="speed">
            <span class="unseen">{t("Speed", "Tempo")}</span>
            <select on:change=move |event| {
                if let Ok(factor) = event_target_value(&event).parse() {
                    state.set_playback(Action::SlowMotion { factor });
                }
            }>{options.into_iter().map(option).collect::<Vec<_>>()}</select>
        </label>
    })
}

fn moment(state: LabState) -> AnyView {
    let watch: Watch = state.watch;
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
    let range = NodeRef::<html::Input>::new();
    // Maximum first, or the browser clamps the value to the old maximum.
    Effect::new(move |_| {
        if let Some(range) = range.get() {
            range.set_max(&length.get().max(1).to_string());
            range.set_value(&watch.upto().to_string());
        }
    });
    let following = Memo::new(move |_| watch.chosen.get().is_none());
    client_only(view! {
        <div class="moment">
            <button type="button" class="small" aria-label=t("Previous event", "Voriges Ereignis")
                disabled=move || { watch.upto() < 2 } on:click=move |_| state.step(false)>
                "‹"
            </button>
            <input type="range" id="lab-moment" min="1" node_ref=range aria-label=t("Moment", "Zeitpunkt")
                aria-valuetext=said on:input=slide />
            <button type="button" class="small" aria-label=t("Next event", "Nächstes Ereignis")
                disabled=move || following.get() on:click=move |_| state.step(true)>
                "›"
            </button>
            <span class="where">
                {move || format!("{} / {}", watch.upto(), length.get())}
            </span>
            <button type="button" class="small" aria-pressed=move || following.get().to_string()
                on:click=move |_| watch.chosen.set(None)>
                "Live"
            </button>
        </div>
    })
}
