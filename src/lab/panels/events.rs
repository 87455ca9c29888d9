//! Every event in words, and the slider through them: the one place where a moment is chosen by keyboard. Moving through the log
//! shows what was; it never sends anything again.

use leptos::{html, prelude::*};

use super::follow::Follow;
use crate::lab::{watch::Watch, words};
use crate::ui::at_once::in_browser;

#[component]
pub fn EventList(watch: Watch) -> impl IntoView {
    let follow = Follow::new(move || watch.chosen.get().map(|_| 0), move || watch.events.with(Vec::len));
    let current = Memo::new(move |_| current(watch));
    // A new log may count from one again, but never at the same time.
    let keys =
        move || watch.events.with(|events| events.iter().map(|event| (event.seq, event.elapsed)).collect::<Vec<_>>());
    in_browser(view! {
        <section class="panel events" aria-labelledby="lab-events">
            <h2 id="lab-events">"Every event"</h2>
            {moment(watch)}
            <div class="scroll" tabindex="0" role="region" aria-labelledby="lab-events" node_ref=follow.node
                on:scroll=move |_| follow.scrolled()>
                <ol class="log">
                    <For each=keys key=|key| *key children=move |(seq, _)| line(watch, current, seq) />
                </ol>
            </div>
        </section>
    })
}

/// The last event that counts.
fn current(watch: Watch) -> Option<u64> {
    let upto = watch.upto();
    watch.events.with(|events| events.get(upto.checked_sub(1)?).map(|event| event.seq))
}

fn line(watch: Watch, current: Memo<Option<u64>>, seq: u64) -> AnyView {
    let told = watch.events.with_untracked(|events| {
        let index = events.partition_point(|event| event.seq < seq);
        events.get(index).map(|event| {
            (words::elapsed(event.elapsed), words::lifeline(words::whose(&event.what)), words::event(event))
        })
    });
    let (when, who, said) = told.unwrap_or_default();
    let is_later = move || watch.chosen.get().is_some_and(|chosen| seq > chosen);
    in_browser(view! {
        <li value=seq.to_string() class:later=is_later>
            <button type="button" class="line" aria-current=move || (current.get() == Some(seq)).then_some("step")
                on:click=move |_| watch.chosen.set(Some(seq))>
                <span class="when">{when}</span>
                <span class="who">{who}</span>
                <span class="words">{said}</span>
            </button>
        </li>
    })
}

/// One event on or back; past the end it follows the newest again.
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
        let event = watch.events.with(|events| events.get(upto.checked_sub(1)?).map(words::event));
        format!("Event {upto} of {}: {}", length.get(), event.unwrap_or_default())
    };
    let range = NodeRef::<html::Input>::new();
    // In this order, or the browser cuts the value to the old end.
    Effect::new(move |_| {
        if let Some(range) = range.get() {
            range.set_max(&length.get().max(1).to_string());
            range.set_value(&watch.upto().to_string());
        }
    });
    let following = Memo::new(move |_| watch.chosen.get().is_none());
    in_browser(view! {
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
