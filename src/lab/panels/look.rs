//! Writes the panels of a sample story as a page, to look at them without a server. Not a test that can fail.

use leptos::prelude::*;

use super::*;
use crate::lab::diagram::SequenceDiagram;
use crate::lab::sample;

fn page(name: &str, events: Vec<crate::lab::event::Event>, chosen: Option<u64>) {
    let body = Owner::new().with(|| {
        let watch = Watch { events: RwSignal::new(events), chosen: RwSignal::new(chosen) };
        tell(watch);
        view! {
            <main class="look">
                <SequenceDiagram watch />
                <LastRefresh watch />
                <TokenCard watch />
                <EventList watch />
                <RequestInspector watch />
                <WhereThingsLive watch />
                <Family watch />
                <SessionRows watch />
                <SigningKeys watch />
                <ThiefPanel watch />
                <ProbeTable watch />
            </main>
        }
        .to_html()
    });
    let css = [include_str!("../../../style/main.css"), include_str!("../../../public/lab-panels.css")].concat();
    // Columns as the lab's page may have them.
    let look = ".look{display:grid;gap:1.25rem}@media(min-width:48rem){body{max-width:90rem}.look{grid-template-columns:\
                repeat(2,minmax(0,1fr));align-items:start}.look>:first-child{grid-column:1/-1}}";
    let html = format!(
        r#"<!DOCTYPE html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{name}</title><style>{css}{look}</style><body>{body}</body></html>"#
    );
    std::fs::write(std::env::temp_dir().join(format!("lab-{name}.html")), html).unwrap();
}

#[test]
#[ignore = "for looking at"]
fn look() {
    page("theft", sample::theft().events, None);
    page("expired", sample::probed().events, Some(21));
    page("race", sample::race().events, None);
    page("lost", sample::lost_answer().events, None);
    page("empty", Vec::new(), None);
}
