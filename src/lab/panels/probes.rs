//! What an injected script achieves with each way of keeping a token. The row for HttpOnly answers the question readers ask most:
//! it cannot be read, but it can be used, which is why the policy that keeps the script out matters as much.

use leptos::prelude::*;

use super::story;
use crate::lab::event::Probe;
use crate::lab::{watch::Watch, words};
use crate::ui::at_once::in_browser;

#[component]
pub fn ProbeTable(watch: Watch) -> impl IntoView {
    let story = story(watch);
    let tables = move || {
        story.with(|story| {
            let titles = ["Without the page's policy: the script runs", "With the page's policy"];
            let shown: Vec<AnyView> = story
                .probes
                .iter()
                .zip(titles)
                .filter_map(|(results, title)| results.as_ref().map(|results| table(title, results)))
                .collect();
            if shown.is_empty() {
                return vec![in_browser(view! { <p class="none">"No script was injected yet."</p> })];
            }
            shown
        })
    };
    in_browser(view! {
        <section class="panel probes" aria-labelledby="lab-probes">
            <h2 id="lab-probes">"An injected script"</h2>
            {tables}
        </section>
    })
}

/// Good is what the script could not do.
fn cell(yes: bool, good: bool) -> AnyView {
    let class = if good { "good" } else { "bad" };
    in_browser(view! { <td class=class>{if yes { "yes" } else { "no" }}</td> })
}

fn table(title: &'static str, results: &[Probe]) -> AnyView {
    let line = |probe: &Probe| {
        in_browser(view! {
            <tr>
                <th scope="row">{words::sentence(words::storage(probe.storage))}</th>
                {cell(probe.read, !probe.read)}
                {cell(probe.used, !probe.used)}
                <td>{if probe.survives { "yes" } else { "no" }}</td>
            </tr>
        })
    };
    in_browser(view! {
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
