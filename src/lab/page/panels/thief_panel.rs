//! The attacker's view: what the thief copied, what it tried, and with what result. It stands beside the victim's panels, so that an
//! attack is visible from both sides at the same moment.

use leptos::prelude::*;

use super::super::diagram::escape;
use super::super::markup::{classed, moment, tag};
use super::context::snapshot;
use super::fingerprint::{self, FingerprintKind};
use super::text::panel;
use crate::lab::model::snapshot::{Snapshot, ThiefStep};
use crate::lab::model::{labels, watch::Watch};
use crate::protocol::code::Code;

#[component]
pub fn ThiefPanel(watch: Watch) -> impl IntoView {
    let snapshot = snapshot(watch);
    panel(watch, ("thief", "lab-thief", "The thief"), move || snapshot.with(shown))
}

fn shown(snapshot: &Snapshot) -> String {
    let thief = &snapshot.thief;
    if !thief.took_part() {
        return classed("p", "none", "Nobody has stolen anything yet.");
    }
    let row = |salt| fingerprint::chip(FingerprintKind::Other("a copied row, with its salt"), salt);
    let access = thief.access.as_ref().map(fingerprint::access);
    let refresh = thief.refresh.as_ref().map(fingerprint::refresh);
    let row = thief.row.as_ref().map(|copied| row(&copied.salt));
    let has: String = [access, refresh, row].into_iter().flatten().map(|one| tag("li", "", &one)).collect();
    let steps: String = thief.steps.iter().map(step_item).collect();
    [tag("h3", "", "Has"), classed("ul", "chips", &has), tag("h3", "", "Did"), classed("ol", "deeds", &steps)].concat()
}

fn step_item(step: &ThiefStep) -> String {
    let (seq, said, mark) = match step {
        ThiefStep::TookRefresh { seq, token } => {
            (*seq, ["Copied ", &*labels::refresh(token), " out of the cookie jar."].concat(), "")
        }
        ThiefStep::TookAccess { seq, .. } => (*seq, "Copied the access token out of the tab's memory.".to_owned(), ""),
        ThiefStep::TookRow { seq } => (
            *seq,
            "Copied the row out of the database: without the server's secret no token can be made from it.".to_owned(),
            "",
        ),
        ThiefStep::Asked { seq, method, path, answer, .. } => {
            let (said, mark) = result_text(*answer);
            (*seq, [method, " ", path, ": ", &*said].concat(), mark)
        }
    };
    tag("li", "", &[moment(seq), classed("span", mark, &escape(&said))].concat())
}

fn result_text(answer: Option<(u16, Option<Code>)>) -> (String, &'static str) {
    match answer {
        None => ("no answer yet.".to_owned(), ""),
        Some((status @ ..400, _)) => (format!("{status}, so it works for the thief."), "bad"),
        Some((status, Some(code))) => (format!("{status} {code}, so it does not work."), "good"),
        Some((status, None)) => (format!("{status}, so it does not work."), "good"),
    }
}
