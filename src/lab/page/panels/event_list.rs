//! The list of all events in words. Choosing one shows the recorded state of its moment (time travel); it never sends a request.

use leptos::prelude::*;

use super::super::auto_scroll::AutoScroll;
use crate::lab::model::{labels, watch::Watch};
use crate::lab::words::t;
use crate::ui::support::sync_hydrated::client_only;

#[component]
pub fn EventList(watch: Watch) -> impl IntoView {
    let auto_scroll = AutoScroll::new(move || watch.chosen.get().map(|_| 0), move || watch.events.with(Vec::len));
    let current = Memo::new(move |_| current(watch));
    // A new log counts from one again, but `elapsed` then differs.
    let keys =
        move || watch.events.with(|events| events.iter().map(|event| (event.seq, event.elapsed)).collect::<Vec<_>>());
    client_only(view! {
        <section class="panel events" aria-labelledby="lab-events">
            <h2 id="lab-events">{t("Every event", "Jedes Ereignis")}</h2>
            <div class="scroll" tabindex="0" role="region" aria-labelledby="lab-events" node_ref=auto_scroll.node
                on:scroll=move |_| auto_scroll.scrolled()>
                <ol class="log">
                    <For each=keys key=|key| *key children=move |(seq, _)| line(watch, current, seq) />
                </ol>
            </div>
        </section>
    })
}

/// The last event included at the chosen moment.
fn current(watch: Watch) -> Option<u64> {
    let upto = watch.upto();
    watch.events.with(|events| events.get(upto.checked_sub(1)?).map(|event| event.seq))
}

fn line(watch: Watch, current: Memo<Option<u64>>, seq: u64) -> AnyView {
    let line = watch.events.with_untracked(|events| {
        let index = events.partition_point(|event| event.seq < seq);
        events.get(index).map(|event| {
            (labels::elapsed(event.elapsed), labels::lifeline(labels::whose(&event.kind)), labels::event(event))
        })
    });
    let (when, participant, said) = line.unwrap_or_default();
    let is_later = move || watch.chosen.get().is_some_and(|chosen| seq > chosen);
    client_only(view! {
        <li value=seq.to_string() class:later=is_later>
            <button type="button" class="line" aria-current=move || (current.get() == Some(seq)).then_some("step")
                on:click=move |_| watch.chosen.set(Some(seq))>
                <span class="when">{when}</span>
                <span class="who">{participant}</span>
                <span class="words">{said}</span>
            </button>
        </li>
    })
}
