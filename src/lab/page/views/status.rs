//! The status line: every mode in which the page is not simply live, with the way out of it.

use leptos::prelude::*;

use super::super::state::LabState;
use super::super::words::t;
use crate::lab::model::event::Network;
use crate::ui::support::sync_hydrated::client_only;

#[component]
pub fn StatusLine(state: LabState) -> impl IntoView {
    client_only(view! {
        <div class="status-line">
            {move || sandbox(state)}
            {move || looking_back(state)}
            {move || waiting(state)}
            {move || weakened(state)}
            {move || network(state)}
        </div>
    })
}

fn item(
    class: &'static str,
    words: impl IntoView + 'static,
    button: Option<(&'static str, fn(LabState))>,
    state: LabState,
) -> AnyView {
    let button = button.map(|(name, press)| {
        client_only(view! {
            <button type="button" class="small" on:click=move |_| press(state)>
                {name}
            </button>
        })
    });
    client_only(view! {
        <p class=class role="status">
            <span>{words}</span>
            {button}
        </p>
    })
}

/// Why there is no sandbox, or why this page does not follow it.
fn sandbox(state: LabState) -> Option<AnyView> {
    if let Some(why) = state.closed.get() {
        return Some(client_only(view! {
            <p class="mode bad" role="alert">
                <span>{why}</span>
                <a href="/lab">{t("Open a new sandbox", "Neuen Sandkasten öffnen")}</a>
            </p>
        }));
    }
    if let Some(why) = state.waiting.get() {
        return Some(item("mode", why, None, state));
    }
    if state.opened.with(Option::is_none) {
        return Some(item(
            "mode",
            t("Opening a sandbox for you…", "Ein Sandkasten für dich wird geöffnet…"),
            None,
            state,
        ));
    }
    state.stopped.get().then(|| {
        let words = t(
            "Newer pages of this browser show the lab, so this one has stopped.",
            "Neuere Seiten dieses Browsers zeigen das Labor, darum steht diese still.",
        );
        item("mode", words, Some((t("Go on here", "Hier weitermachen"), LabState::follow_again)), state)
    })
}

fn looking_back(state: LabState) -> Option<AnyView> {
    if state.is_replaying() {
        let words = t(
            "You are looking at a saved log. Nothing is sent.",
            "Du siehst ein gespeichertes Protokoll. Nichts wird gesendet.",
        );
        let back = t("Back to the live sandbox", "Zurück zum laufenden Sandkasten");
        return Some(item("mode", words, Some((back, LabState::back_to_live)), state));
    }
    state.watch.chosen.get()?;
    let (upto, length) = (state.watch.upto(), state.watch.events.with(Vec::len));
    let words = match crate::lang::lang() {
        crate::lang::Lang::En => format!("You look back at event {upto} of {length}. Nothing is sent."),
        crate::lang::Lang::De => format!("Du siehst zurück auf Ereignis {upto} von {length}. Nichts wird gesendet."),
    };
    let live = |state: LabState| state.watch.chosen.set(None);
    Some(item("mode", words, Some((t("Back to live", "Zurück zu live"), live)), state))
}

fn waiting(state: LabState) -> Option<AnyView> {
    if !state.settings()?.stepping {
        return None;
    }
    state.watch.events.track();
    let step = (t("Let one request through", "Eine Anfrage durchlassen"), LabState::step_request as fn(LabState));
    Some(match state.waiting_requests() {
        0 => item(
            "mode",
            t("Step by step: each request will wait for you.", "Schritt für Schritt: Jede Anfrage wartet auf dich."),
            None,
            state,
        ),
        1 => item("mode", t("A request waits.", "Eine Anfrage wartet."), Some(step), state),
        _ => item("mode", t("Requests wait.", "Anfragen warten."), Some(step), state),
    })
}

fn weakened(state: LabState) -> Option<AnyView> {
    let weak = state.settings()?.weak;
    let words = match weak.len() {
        0 => return None,
        1 => t("A defence is off.", "Eine Abwehr ist aus.").to_owned(),
        count => format!("{count} {}", t("defences are off.", "Abwehren sind aus.")),
    };
    Some(item("mode bad", words, Some((t("Restore", "Wiederherstellen"), LabState::restore)), state))
}

fn network(state: LabState) -> Option<AnyView> {
    let words = match state.settings()?.network {
        Network::Up => return None,
        Network::Offline => t("The browser is offline.", "Der Browser ist offline."),
        Network::Unavailable => t("Every answer is 503.", "Jede Antwort ist 503."),
        Network::TooMany => t("Every answer is 429.", "Jede Antwort ist 429."),
    };
    Some(item("mode bad", words, Some((t("Restore", "Wiederherstellen"), LabState::restore)), state))
}
