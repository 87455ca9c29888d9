//! Results of the script injection (XSS), by token storage. The row for `HttpOnly` answers the most common question: a script cannot
//! read the token but can still use it, so the content policy that keeps scripts out matters as much.

use leptos::prelude::*;

use super::context::snapshot;
use crate::lab::model::event::Probe;
use crate::lab::model::{labels, watch::Watch};
use crate::ui::support::sync_hydrated::client_only;

#[component]
pub fn ProbeTable(watch: Watch) -> impl IntoView {
    let snapshot = snapshot(watch);
    let tables = move || {
        snapshot.with(|snapshot| {
            let titles = ["Without the page's policy: the script runs", "With the page's policy"];
            let shown: Vec<AnyView> = snapshot
                .probes
                .iter()
                .zip(titles)
                .filter_map(|(results, title)| results.as_ref().map(|results| table(title, results)))
                .collect();
            if shown.is_empty() {
                return vec![client_only(view! { <p class="none">"No script was injected yet."</p> })];
            }
            shown
        })
    };
    client_only(view! {
        <section class="panel probes" aria-labelledby="lab-probes">
            <h2 id="lab-probes">"An injected script"</h2>
            {tables}
        </section>
    })
}

/// `good` marks what the script could not do.
fn cell(yes: bool, good: bool) -> AnyView {
    let class = if good { "good" } else { "bad" };
    client_only(view! { <td class=class>{if yes { "yes" } else { "no" }}</td> })
}

fn table(title: &'static str, results: &[Probe]) -> AnyView {
    let line = |probe: &Probe| {
        client_only(view! {
            <tr>
                <th scope="row">{labels::sentence(labels::storage(probe.storage))}</th>
                {cell(probe.read, !probe.read)}
                {cell(probe.used, !probe.used)}
                <td>{if probe.survives { "yes" } else { "no" }}</td>
            </tr>
        })
    };
    client_only(view! {
        <table>
            <caption>{title}</caption>
            <thead>
                <tr>
                    <th scope="col">"Token kept in"</th>
                    <th scope="col">"script reads it"</th>
                    <th scope="col">"script uses it"</th>
                    <th scope="col">"outlives the tab"</th>
                </tr>
            </thead>
            <tbody>{results.iter().map(line).collect::<Vec<_>>()}</tbody>
        </table>
    })
}
