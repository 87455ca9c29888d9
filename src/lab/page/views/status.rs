//! The status line: every mode in which the page is not simply live, with the way out of it.

use leptos::prelude::*;

use super::super::diagram::escape;
use super::super::markup::tag;
use super::super::state::LabState;
use super::html::{button, html};
use crate::lab::model::event::Network;
use crate::lab::words::t;

pub fn status_line(state: LabState) -> AnyView {
    let text = Memo::new(move |_| {
        let modes = [sandbox(state), looking_back(state), waiting(state), weakened(state), network(state)];
        modes.into_iter().flatten().collect::<String>()
    });
    html(state, "status-line", text, |state, on| match on {
        "follow" => state.follow_again(),
        "saved" => state.back_to_live(),
        "live" => state.watch.chosen.set(None),
        "step" => state.step_request(),
        _ => state.restore(),
    })
}

fn mode(class: &str, words: &str, way_out: Option<(&str, &str)>) -> String {
    let way_out = way_out.map(|(on, name)| button(on, "small", "", name)).unwrap_or_default();
    tag("p", &[" class=\"mode", class, "\" role=\"status\""].concat(), &[&tag("span", "", words), &*way_out].concat())
}

/// Why there is no sandbox, or why this page does not follow it.
fn sandbox(state: LabState) -> Option<String> {
    if let Some(why) = state.closed.get() {
        let link = tag("a", " href=\"/lab\"", t("Open a new sandbox", "Neuen Sandkasten öffnen"));
        return Some(tag("p", " class=\"mode bad\" role=\"alert\"", &[&escape(&why), " ", &*link].concat()));
    }
    if let Some(why) = state.waiting.get() {
        return Some(mode("", &escape(&why), None));
    }
    if state.opened.with(Option::is_none) {
        return Some(mode("", t("Opening a sandbox for you…", "Ein Sandkasten für dich wird geöffnet…"), None));
    }
    state.stopped.get().then(|| {
        let words = t(
            "Newer pages of this browser show the lab, so this one has stopped.",
            "Neuere Seiten dieses Browsers zeigen das Labor, darum steht diese still.",
        );
        mode("", words, Some(("follow", t("Go on here", "Hier weitermachen"))))
    })
}

fn looking_back(state: LabState) -> Option<String> {
    if state.is_replaying() {
        let words = t(
            "You are looking at a saved log. Nothing is sent.",
            "Du siehst ein gespeichertes Protokoll. Nichts wird gesendet.",
        );
        return Some(mode(
            "",
            words,
            Some(("saved", t("Back to the live sandbox", "Zurück zum laufenden Sandkasten"))),
        ));
    }
    state.watch.chosen.get()?;
    let (upto, length) = (state.watch.upto().to_string(), state.watch.events.with(Vec::len).to_string());
    let words = [
        t("You look back at event ", "Du siehst zurück auf Ereignis "),
        &upto,
        t(" of ", " von "),
        &length,
        t(". Nothing is sent.", ". Nichts wird gesendet."),
    ]
    .concat();
    Some(mode("", &words, Some(("live", t("Back to live", "Zurück zu live")))))
}

fn waiting(state: LabState) -> Option<String> {
    if !state.settings()?.stepping {
        return None;
    }
    state.watch.events.track();
    let step = ("step", t("Let one request through", "Eine Anfrage durchlassen"));
    Some(match state.waiting_requests() {
        0 => mode("", t("Step by step: each request will wait.", "Schritt für Schritt: Jede Anfrage wartet."), None),
        1 => mode("", t("A request waits.", "Eine Anfrage wartet."), Some(step)),
        _ => mode("", t("Requests wait.", "Anfragen warten."), Some(step)),
    })
}

fn weakened(state: LabState) -> Option<String> {
    let words = match state.settings()?.weak.len() {
        0 => return None,
        1 => t("A defence is off.", "Eine Abwehr ist aus.").to_owned(),
        count => [&*count.to_string(), t(" defences are off.", " Abwehren sind aus.")].concat(),
    };
    Some(mode(" bad", &words, Some(("restore", t("Restore", "Wiederherstellen")))))
}

fn network(state: LabState) -> Option<String> {
    let words = match state.settings()?.network {
        Network::Up => return None,
        Network::Offline => t("The browser is offline.", "Der Browser ist offline."),
        Network::Unavailable => t("Every answer is 503.", "Jede Antwort ist 503."),
        Network::TooMany => t("Every answer is 429.", "Jede Antwort ist 429."),
    };
    Some(mode(" bad", words, Some(("restore", t("Restore", "Wiederherstellen")))))
}
