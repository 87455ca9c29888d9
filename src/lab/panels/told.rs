//! The last refresh, told in a few sentences: what a newcomer needs before anything else on the page makes sense.

use leptos::prelude::*;

use crate::lab::{telling::last_refresh, watch::Watch, words};
use crate::ui::at_once::in_browser;

#[component]
pub fn LastRefresh(watch: Watch) -> impl IntoView {
    let told = Memo::new(move |_| {
        let upto = watch.upto();
        watch.events.with(|events| {
            let past = events.get(..upto).unwrap_or(events);
            let telling = last_refresh(past)?;
            let began = past.iter().find(|event| event.seq == telling.from).map(|event| words::clock(event.at));
            Some((telling, began))
        })
    });
    let shown = move || match told.get() {
        None => in_browser(view! { <p class="none">"None yet: sign in, then let the access token expire."</p> }),
        Some((telling, _)) => {
            let from = telling.from;
            let class = if telling.well { "told well" } else { "told ill" };
            let line = |sentence: String| in_browser(view! { <li>{sentence}</li> });
            in_browser(view! {
                <ol class=class>{telling.sentences.into_iter().map(line).collect::<Vec<_>>()}</ol>
                <button type="button" class="small" on:click=move |_| watch.chosen.set(Some(from))>
                    "Look at where it began"
                </button>
            })
        }
    };
    in_browser(view! {
        <section class="panel last" aria-labelledby="lab-last">
            <h2 id="lab-last">
                "The last refresh"
                {move || told.get().and_then(|(_, began)| Some([", at ", &began?].concat()))}
            </h2>
            {shown}
        </section>
    })
}
