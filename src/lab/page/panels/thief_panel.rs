//! The attacker's view: what the thief copied, what it tried, and with what result. It stands beside the victim's panels, so that an
//! attack is visible from both sides at the same moment.

use leptos::prelude::*;

use super::context::snapshot;
use super::fingerprint::{self, FingerprintKind};
use crate::lab::model::snapshot::{Snapshot, ThiefStep};
use crate::lab::model::{labels, watch::Watch};
use crate::protocol::code::Code;
use crate::ui::support::sync_hydrated::client_only;

#[component]
pub fn ThiefPanel(watch: Watch) -> impl IntoView {
    let snapshot = snapshot(watch);
    client_only(view! {
        <section class="panel thief" aria-labelledby="lab-thief">
            <h2 id="lab-thief">"The thief"</h2>
            {move || snapshot.with(|snapshot| shown(watch, snapshot))}
        </section>
    })
}

fn shown(watch: Watch, snapshot: &Snapshot) -> AnyView {
    let thief = &snapshot.thief;
    if !thief.took_part() {
        return client_only(view! { <p class="none">"Nobody has stolen anything yet."</p> });
    }
    let mut has: Vec<AnyView> = Vec::new();
    has.extend(thief.access.as_ref().map(fingerprint::access));
    has.extend(thief.refresh.as_ref().map(fingerprint::refresh));
    has.extend(
        thief
            .row
            .as_ref()
            .map(|row| fingerprint::view(FingerprintKind::Other("a copied row, with its salt"), &row.salt)),
    );
    let has: Vec<AnyView> = has.into_iter().map(|one| client_only(view! { <li>{one}</li> })).collect();
    let steps: Vec<AnyView> = thief.steps.iter().map(|one| step_item(watch, one)).collect();
    client_only(view! {
        <h3>"Has"</h3>
        <ul class="chips">{has}</ul>
        <h3>"Did"</h3>
        <ol class="deeds">{steps}</ol>
    })
}

fn step_item(watch: Watch, step_item: &ThiefStep) -> AnyView {
    let (seq, said, mark) = match step_item {
        ThiefStep::TookRefresh { seq, token } => {
            (*seq, format!("Copied {} out of the cookie jar.", labels::refresh(token)), "")
        }
        ThiefStep::TookAccess { seq, .. } => (*seq, "Copied the access token out of the tab's memory.".to_owned(), ""),
        ThiefStep::TookRow { seq } => (
            *seq,
            "Copied the row out of the database: without the server's secret no token can be made from it.".to_owned(),
            "",
        ),
        ThiefStep::Asked { seq, method, path, answer, .. } => {
            let (said, mark) = result_text(*answer);
            (*seq, format!("{method} {path}: {said}"), mark)
        }
    };
    client_only(view! {
        <li>
            <button type="button" class="small" on:click=move |_| watch.chosen.set(Some(seq))>{format!("event {seq}")}</button>
            <span class=mark>{said}</span>
        </li>
    })
}

fn result_text(answer: Option<(u16, Option<Code>)>) -> (String, &'static str) {
    match answer {
        None => ("no answer yet.".to_owned(), ""),
        Some((status @ ..400, _)) => (format!("{status}, so it works for the thief."), "bad"),
        Some((status, Some(code))) => (format!("{status} {code}, so it does not work."), "good"),
        Some((status, None)) => (format!("{status}, so it does not work."), "good"),
    }
}
