//! The summary bar on top: the last refresh, the result of the last action (a live region), and the next button of the tour.

use leptos::prelude::*;

use super::super::{panels::LastRefresh, state::LabState};
use crate::lab::model::{actions, tour};

#[component]
pub fn SummaryBar(state: LabState, presenter: bool) -> impl IntoView {
    let next = Memo::new(move |_| state.watch.events.with(|events| tour::next_step(events)));
    let press = move |_| {
        if let Some(button) = actions::find(next.get_untracked()) {
            state.press(button);
        }
    };
    view! {
        <section class="strip" aria-label="In short">
            <LastRefresh watch=state.watch />
            <div class="outcome">
                <h2>"What came of your last action"</h2>
                // The one live region of the page: a sentence when an action has ended.
                <p id="outcome" role="status" aria-live="polite">
                    {move || state.summary.get()}
                </p>
                <p class="hint" aria-hidden="true">
                    {move || match state.busy.get() {
                        Some(name) => [name, "…"].concat(),
                        None if state.summary.with(String::is_empty) => "You have not pressed anything yet.".to_owned(),
                        None => String::new(),
                    }}
                </p>
            </div>
            <div class="next">
                <button
                    type="button"
                    class="primary"
                    aria-disabled=move || state.busy.with(Option::is_some).then_some("true")
                    on:click=press
                >
                    {move || ["Next: ", &lower(next.get())].concat()}
                </button>
                <a href=if presenter { "/lab" } else { "/lab?view=presenter" }>
                    {if presenter { "All panels" } else { "For a projector" }}
                </a>
            </div>
        </section>
    }
}

fn lower(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}
