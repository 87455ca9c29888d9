//! The frames (iframes): the app itself, once or twice, and attackers' pages. They are real pages in a real browser; the lab only
//! observes them from outside.

use leptos::prelude::*;

use super::super::state::LabState;
use crate::lab::words::t;
use crate::ui::support::sync_hydrated::client_only;

/// A frame: its name, its title, and its address. One that is listed again stays as it is.
type Shown = (&'static str, &'static str, String, u32);

pub fn frames(state: LabState) -> AnyView {
    // Before anything runs there is a form for a password that nobody has.
    let veiled = Memo::new(move |_| !state.free.get() && !state.course.prepared.get());
    let frame = move |(name, title, address, _): Shown| {
        client_only(view! {
            <div class="frame" class:visited=name.is_empty() class:veiled=veiled inert=veiled>
                <h3>{title}</h3>
                <button type="button" class="small" hidden=!name.is_empty() on:click=move |_| state.visit.set(None)>
                    {t("Close", "Schließen")}
                </button>
                <iframe name=name title=title src=address></iframe>
            </div>
        })
    };
    client_only(view! {
        <div class="frames">
            <For each=move || shown(state) key=Shown::clone children=frame />
        </div>
    })
}

/// An attacker's page stands beside the app until the next action closes it.
fn shown(state: LabState) -> Vec<Shown> {
    let mount = state.opened.with(|opened| opened.as_ref().map(|opened| opened.mount.clone()));
    let Some(mount) = mount else { return Vec::new() };
    let tab = ("tab", "Tab 1", [&mount, "/notes"].concat(), 0);
    let tab2 = state.tab2.get().then(|| ("tab2", "Tab 2", [&mount, "/notes?tab=2"].concat(), 0));
    let visit = state.visit.get().map(|visit| ("", visit.title, visit.address, visit.number));
    [tab].into_iter().chain(tab2).chain(visit).collect()
}
