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
use crate::lab::words::{filled, t};
use crate::protocol::code::Code;

#[component]
pub fn ThiefPanel(watch: Watch) -> impl IntoView {
    let snapshot = snapshot(watch);
    panel(watch, ("thief", "lab-thief", t("The thief", "Der Dieb")), move || snapshot.with(shown))
}

fn shown(snapshot: &Snapshot) -> String {
    let thief = &snapshot.thief;
    if !thief.took_part() {
        return classed("p", "none", t("Nobody has stolen anything yet.", "Noch hat niemand etwas gestohlen."));
    }
    let row = |salt| {
        fingerprint::chip(
            FingerprintKind::Other(t("a copied row, with its salt", "eine kopierte Zeile mit ihrem Salz")),
            salt,
        )
    };
    let access = thief.access.as_ref().map(fingerprint::access);
    let refresh = thief.refresh.as_ref().map(fingerprint::refresh);
    let row = thief.row.as_ref().map(|copied| row(&copied.salt));
    let has: String = [access, refresh, row].into_iter().flatten().map(|one| tag("li", "", &one)).collect();
    let steps: String = thief.steps.iter().map(step_item).collect();
    [
        tag("h3", "", t("Has", "Hat")),
        classed("ul", "chips", &has),
        tag("h3", "", t("Did", "Tat")),
        classed("ol", "deeds", &steps),
    ]
    .concat()
}

fn step_item(step: &ThiefStep) -> String {
    let (seq, said, mark) = match step {
        ThiefStep::TookRefresh { seq, token } => (
            *seq,
            filled(
                t("Copied {} out of the cookie jar.", "Kopierte {} aus dem Cookie-Speicher."),
                &[&labels::refresh(token)],
            ),
            "",
        ),
        ThiefStep::TookAccess { seq, .. } => (
            *seq,
            t(
                "Copied the access token out of the tab's memory.",
                "Kopierte das Access-Token aus dem Speicher des Tabs.",
            )
            .to_owned(),
            "",
        ),
        ThiefStep::TookRow { seq } => (
            *seq,
            t(
                "Copied the row out of the database: without the server's secret no token can be made from it.",
                "Kopierte die Zeile aus der Datenbank: Ohne das Geheimnis des Servers wird daraus kein Token.",
            )
            .to_owned(),
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
        None => (t("no answer yet.", "noch keine Antwort.").to_owned(), ""),
        Some((status @ ..400, _)) => (
            filled(t("{}, so it works for the thief.", "{}, also klappt es für den Dieb."), &[&status.to_string()]),
            "bad",
        ),
        Some((status, Some(code))) => (failed(&[&*status.to_string(), " ", code.as_str()].concat()), "good"),
        Some((status, None)) => (failed(&status.to_string()), "good"),
    }
}

fn failed(answer: &str) -> String {
    filled(t("{}, so it does not work.", "{}, also klappt es nicht."), &[answer])
}
