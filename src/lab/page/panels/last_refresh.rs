//! The last refresh, narrated in a few sentences: what a newcomer needs first.

use leptos::prelude::*;

use crate::lab::model::narration::{Sentence, last_refresh};
use crate::lab::model::{labels, watch::Watch};
use crate::lang::Lang;
use crate::ui::support::sync_hydrated::client_only;

#[component]
pub fn LastRefresh(watch: Watch) -> impl IntoView {
    let narrated = Memo::new(move |_| {
        let upto = watch.upto();
        watch.events.with(|events| {
            let past = events.get(..upto).unwrap_or(events);
            let narration = last_refresh(past)?;
            let began = past.iter().find(|event| event.seq == narration.from).map(|event| labels::clock(event.at));
            Some((narration, began))
        })
    });
    let shown = move || match narrated.get() {
        None => client_only(view! { <p class="none">"None yet: sign in, then let the access token expire."</p> }),
        Some((narration, _)) => {
            let from = narration.from;
            let class = if narration.ends_well() { "told well" } else { "told ill" };
            let line = |sentence: &Sentence| client_only(view! { <li>{sentence.words(Lang::En)}</li> });
            client_only(view! {
                <ol class=class>{narration.sentences.iter().map(line).collect::<Vec<_>>()}</ol>
                <button type="button" class="small" on:click=move |_| watch.chosen.set(Some(from))>
                    "Look at where it began"
                </button>
            })
        }
    };
    client_only(view! {
        <section class="panel last" aria-labelledby="lab-last">
            <h2 id="lab-last">
                "The last refresh"
                {move || narrated.get().and_then(|(_, began)| Some([", at ", &began?].concat()))}
            </h2>
            {shown}
        </section>
    })
}
