//! Results of the script injection (XSS), by token storage. The row for `HttpOnly` answers the most common question: a script cannot
//! read the token but can still use it, so the content policy that keeps scripts out matters as much.

use leptos::prelude::*;

use super::super::markup::{classed, tag};
use super::context::snapshot;
use super::text::panel;
use crate::lab::model::event::Probe;
use crate::lab::model::{labels, watch::Watch};
use crate::lab::words::t;

#[component]
pub fn ProbeTable(watch: Watch) -> impl IntoView {
    let snapshot = snapshot(watch);
    panel(watch, ("probes", "lab-probes", t("An injected script", "Ein eingeschleustes Skript")), move || {
        snapshot.with(|snapshot| {
            let titles = [
                t("Without the page's policy: the script runs", "Ohne die Richtlinie der Seite: Das Skript läuft"),
                t("With the page's policy", "Mit der Richtlinie der Seite"),
            ];
            let tables = snapshot.probes.iter().zip(titles);
            let shown: String =
                tables.filter_map(|(results, title)| results.as_ref().map(|results| table(title, results))).collect();
            if shown.is_empty() {
                classed("p", "none", t("No script was injected yet.", "Noch wurde kein Skript eingeschleust."))
            } else {
                shown
            }
        })
    })
}

fn word(yes: bool) -> &'static str {
    if yes { t("yes", "ja") } else { t("no", "nein") }
}

fn table(title: &'static str, results: &[Probe]) -> String {
    // Good is what the script could not do.
    let cell = |yes: bool| classed("td", if yes { "bad" } else { "good" }, word(yes));
    let line = |probe: &Probe| {
        let name = tag("th", " scope=\"row\"", &labels::sentence(labels::storage(probe.storage)));
        tag("tr", "", &[name, cell(probe.read), cell(probe.used), tag("td", "", word(probe.survives))].concat())
    };
    let names = [
        t("Token kept in", "Token liegt in"),
        t("script reads it", "Skript liest es"),
        t("script uses it", "Skript benutzt es"),
        t("outlives the tab", "überlebt den Tab"),
    ];
    let head: String = names.iter().map(|name| tag("th", " scope=\"col\"", name)).collect();
    let body: String = results.iter().map(line).collect();
    let parts = [tag("caption", "", title), tag("thead", "", &tag("tr", "", &head)), tag("tbody", "", &body)];
    tag("table", "", &parts.concat())
}
