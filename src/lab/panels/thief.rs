//! The thief's side: what was copied, what was tried with it and what that was worth. It stands beside the victim's panels so that
//! an attack is seen from both ends at the same moment.

use leptos::prelude::*;

use super::{chip, story};
use crate::api::error::Code;
use crate::lab::story::{Deed, Story};
use crate::lab::{watch::Watch, words};
use crate::ui::at_once::in_browser;

#[component]
pub fn ThiefPanel(watch: Watch) -> impl IntoView {
    let story = story(watch);
    in_browser(view! {
        <section class="panel thief" aria-labelledby="lab-thief">
            <h2 id="lab-thief">"The thief"</h2>
            {move || story.with(|story| shown(watch, story))}
        </section>
    })
}

fn shown(watch: Watch, story: &Story) -> AnyView {
    let thief = &story.thief;
    if !thief.took_part() {
        return in_browser(view! { <p class="none">"Nobody has stolen anything yet."</p> });
    }
    let mut has: Vec<AnyView> = Vec::new();
    has.extend(thief.access.as_ref().map(chip::access));
    has.extend(thief.refresh.as_ref().map(chip::refresh));
    has.extend(thief.row.as_ref().map(|row| chip::view(chip::Kind::Other("a copied row, with its salt"), &row.salt)));
    let has: Vec<AnyView> = has.into_iter().map(|one| in_browser(view! { <li>{one}</li> })).collect();
    let deeds: Vec<AnyView> = thief.deeds.iter().map(|one| deed(watch, one)).collect();
    in_browser(view! {
        <h3>"Has"</h3>
        <ul class="chips">{has}</ul>
        <h3>"Did"</h3>
        <ol class="deeds">{deeds}</ol>
    })
}

fn deed(watch: Watch, deed: &Deed) -> AnyView {
    let (seq, said, mark) = match deed {
        Deed::TookRefresh { seq, token } => {
            (*seq, format!("Copied {} out of the cookie jar.", words::refresh(token)), "")
        }
        Deed::TookAccess { seq, .. } => (*seq, "Copied the access token out of the tab's memory.".to_owned(), ""),
        Deed::TookRow { seq } => (
            *seq,
            "Copied the row out of the database: without the server's secret no token can be made from it.".to_owned(),
            "",
        ),
        Deed::Asked { seq, method, path, answer, .. } => {
            let (said, mark) = came_of(*answer);
            (*seq, format!("{method} {path}: {said}"), mark)
        }
    };
    in_browser(view! {
        <li>
            <button type="button" class="small" on:click=move |_| watch.chosen.set(Some(seq))>{format!("event {seq}")}</button>
            <span class=mark>{said}</span>
        </li>
    })
}

fn came_of(answer: Option<(u16, Option<Code>)>) -> (String, &'static str) {
    match answer {
        None => ("no answer yet.".to_owned(), ""),
        Some((status @ ..400, _)) => (format!("{status}, so it works for the thief."), "bad"),
        Some((status, Some(code))) => (format!("{status} {code}, so it does not work."), "good"),
        Some((status, None)) => (format!("{status}, so it does not work."), "good"),
    }
}
