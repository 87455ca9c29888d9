//! The strip on top: whoever looks for ten seconds reads here what the last refresh was, what came of the last action, and
//! what to press next.

use leptos::prelude::*;

use super::super::room::Room;
use crate::lab::acts;
use crate::lab::panels::LastRefresh;

#[component]
pub fn Strip(room: Room, presenter: bool) -> impl IntoView {
    let next = Memo::new(move |_| room.watch.events.with(|events| acts::next(events)));
    let press = move |_| {
        if let Some(act) = acts::find(next.get_untracked()) {
            room.press(act);
        }
    };
    view! {
        <section class="strip" aria-label="In short">
            <LastRefresh watch=room.watch />
            <div class="outcome">
                <h2>"What came of your last action"</h2>
                // The one live region of the page: a sentence when an action has ended.
                <p id="outcome" role="status" aria-live="polite">
                    {move || room.outcome.get()}
                </p>
                <p class="hint" aria-hidden="true">
                    {move || match room.busy.get() {
                        Some(name) => [name, "…"].concat(),
                        None if room.outcome.with(String::is_empty) => "You have not pressed anything yet.".to_owned(),
                        None => String::new(),
                    }}
                </p>
            </div>
            <div class="next">
                <button
                    type="button"
                    class="primary"
                    aria-disabled=move || room.busy.with(Option::is_some).then_some("true")
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
