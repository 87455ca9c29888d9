//! The list of all events in words, with the slider that chooses a moment (time travel), also by keyboard. Choosing a moment shows
//! recorded state; it never sends a request.

use leptos::{html, prelude::*};

use super::super::auto_scroll::AutoScroll;
use crate::lab::model::{labels, watch::Watch};
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
            <h2 id="lab-events">"Every event"</h2>
            {moment(watch)}
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

/// One event forward or back; past the end it follows the newest event again.
fn go(watch: Watch, forward: bool) {
    let upto = untrack(move || watch.upto());
    let target = watch.events.with_untracked(|events| {
        let index = if forward { upto } else { upto.saturating_sub(2) };
        events.get(index).filter(|_| !forward || index + 1 < events.len()).map(|event| event.seq)
    });
    watch.chosen.set(target);
}

fn moment(watch: Watch) -> AnyView {
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
        format!("Event {upto} of {}: {}", length.get(), event.unwrap_or_default())
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
            <label for="lab-moment">"Moment"</label>
            <input type="range" id="lab-moment" min="1" node_ref=range aria-valuetext=said on:input=slide />
            <div class="steps-by">
                <button type="button" class="small" disabled=move || { watch.upto() < 2 }
                    on:click=move |_| go(watch, false)>
                    "Previous"
                </button>
                <button type="button" class="small" disabled=move || following.get() on:click=move |_| go(watch, true)>
                    "Next"
                </button>
                <button type="button" class="small" aria-pressed=move || following.get().to_string()
                    on:click=move |_| watch.chosen.set(None)>
                    "Live"
                </button>
                <span class="where">
                    {move || format!("{} of {}", watch.upto(), length.get())}
                </span>
            </div>
        </div>
    })
}
