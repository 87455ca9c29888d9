//! The stage: the browser with the app inside, its memory and its cookie jar, the server, and between them what travels now. The
//! same places as in the picture of the start page. The sequence diagram is the other view of the same moment.

use leptos::prelude::*;
use wasm_split_helpers::wasm_split;

use super::super::diagram::{SequenceDiagram, SequenceDiagramProps, escape};
use super::super::markup::tag;
use super::super::panels::snapshot;
use super::super::state::LabState;
use super::frames::frames;
use super::html::{button, html, toggle};
use super::part::part;
use crate::lab::model::event::{Lifeline, RefreshSeen};
use crate::lab::model::snapshot::Snapshot;
use crate::lab::model::stage::{Coin, Line, Passage, Stage};
use crate::lab::words::t;
use crate::ui::support::lazy_page::LazyPart;
use crate::ui::support::sync_hydrated::client_only;

pub fn stage(state: LabState) -> AnyView {
    // An empty map: nothing has been chosen.
    let first = Memo::new(move |_| state.course.chosen.with(Option::is_none) && !state.free.get());
    let choice = Memo::new(move |_| match (first.get(), state.sequence.get()) {
        (true, _) => String::new(),
        (false, on) => {
            [toggle("map", !on, t("Map", "Karte")), toggle("sequence", on, t("Sequence", "Ablauf"))].concat()
        }
    });
    let first_view = Memo::new(move |_| if first.get() { first_view(state) } else { String::new() });
    client_only(view! {
        <section class="stage" class:first=first aria-label=t("Stage", "Bühne")>
            {html(state, "picture", choice, |state, on| state.sequence.set(on == "sequence"))}
            <div class="map" class:diagram-shown=state.sequence>
                <div class="zone browser"></div>
                <h2 class="zone-name browser">{t("Your browser", "Dein Browser")}</h2>
                {frames(state)}
                {move || match state.sequence.get() {
                    true => part(state, sequence()),
                    false => places(state),
                }}
            </div>
            {html(state, "first-view", first_view, |state, on| match on {
                "free" => state.free.set(true),
                _ => state.watch_first(),
            })}
        </section>
    })
}

#[wasm_split(lab_tools, fallible)]
fn sequence() -> LazyPart<LabState> {
    Ok(|state| client_only(SequenceDiagram(SequenceDiagramProps { watch: state.watch })))
}

fn first_view(state: LabState) -> String {
    let waits = state.busy.with(Option::is_some) || state.course.scenes.with(Vec::is_empty);
    let watch = t("Watch a silent refresh (20 seconds)", "Ein stilles Erneuern ansehen (20 Sekunden)");
    let explore = t("or explore yourself", "oder selbst ausprobieren");
    let waits = if waits { " aria-disabled=\"true\"" } else { "" };
    [button("watch", "primary", waits, watch), button("free", "quiet", "", explore)].concat()
}

/// The places, and the lines between them.
fn places(state: LabState) -> AnyView {
    let snapshot = snapshot(state.watch);
    let stage = Memo::new(move |_| {
        let (upto, cause) = (state.watch.upto(), state.watch.cause());
        state.watch.events.with(|events| Stage::of(events.get(..upto).unwrap_or(events), cause))
    });
    let text = Memo::new(move |_| stage.with(|stage| snapshot.with(|now| drawn(stage, now))));
    html(state, "places", text, |_, _| {})
}

fn drawn(stage: &Stage, now: &Snapshot) -> String {
    let nothing = || t("empty", "leer").to_owned();
    let access = now.tab.access.as_ref().map(|held| coin(Coin::Access, &held.token.fingerprint.words));
    let refresh = now.jar.refresh.as_ref().map(refresh_coin);
    let asked = if stage.now == Some(Line::SignIn) { " asked" } else { "" };
    let mut text = tag("div", " class=\"zone server\"", "");
    text += &tag("h2", " class=\"zone-name server\"", "Server");
    text += &place(" memory", t("Page's memory", "Speicher der Seite"), &access.unwrap_or_else(nothing));
    text += &place(&[" jar", asked].concat(), t("Cookie jar", "Cookie-Speicher"), &refresh.unwrap_or_else(nothing));
    text += &place(" data", t("Notes", "Notizen"), "<code>/api/notes</code>");
    let row = ["<code>/api/auth</code>", &row_words(now).unwrap_or_default()].concat();
    text += &place(" sign-in", t("Sign-in", "Anmeldung"), &row);
    text += &wire(" data", stage.data.as_ref(), stage.now == Some(Line::Data));
    text += &wire(" sign-in", stage.sign_in.as_ref(), stage.now == Some(Line::SignIn));
    if let Some(who) = stage.outsider {
        text += &place(" outside", outsider_name(who), &if who == Lifeline::Thief { loot(now) } else { String::new() });
        text += &wire(" others", stage.others.as_ref(), stage.now == Some(Line::Others));
    }
    text
}

fn place(class: &str, name: &str, inside: &str) -> String {
    tag("div", &[" class=\"place", class, "\""].concat(), &[tag("strong", "", name), inside.to_owned()].concat())
}

fn row_words(now: &Snapshot) -> Option<String> {
    let row = now.rows.iter().rev().find(|row| !row.gone)?;
    let words = match row.row.revoked {
        Some(_) => t("session over", "Sitzung beendet").to_owned(),
        None => [t("session: token ", "Sitzung: Token "), &row.row.generation.to_string()].concat(),
    };
    Some(tag("span", "", &words))
}

fn loot(now: &Snapshot) -> String {
    let access = now.thief.access.as_ref().map(|seen| coin(Coin::Access, &seen.fingerprint.words));
    let refresh = now.thief.refresh.as_ref().map(refresh_coin);
    access.into_iter().chain(refresh).collect()
}

fn outsider_name(who: Lifeline) -> &'static str {
    match who {
        Lifeline::OtherSite => t("Other site", "Andere Website"),
        Lifeline::OtherDevice => t("Other device", "Anderes Gerät"),
        _ => t("Thief", "Dieb"),
    }
}

fn refresh_coin(seen: &RefreshSeen) -> String {
    coin(Coin::Refresh(seen.generation), &seen.fingerprint.words)
}

/// A token where it is held: a coin, and its words.
fn coin(kind: Coin, words: &str) -> String {
    let name = match kind {
        Coin::Access => t("access token", "Access-Token"),
        Coin::Refresh(_) => t("refresh token", "Refresh-Token"),
    };
    let name = tag("span", " class=\"unseen\"", &[name, " "].concat());
    tag("span", " class=\"held\"", &[moving(&kind), name, escape(words)].concat())
}

/// The coin alone. A refresh token has its number on it.
fn moving(kind: &Coin) -> String {
    match kind {
        Coin::Access => tag("b", " class=\"coin access\"", ""),
        Coin::Refresh(number) => {
            tag("b", " class=\"coin refresh\"", &number.map(|number| number.to_string()).unwrap_or_default())
        }
    }
}

/// What travels along a line: the request with its token, and the answer with what it brings.
fn wire(line: &str, passage: Option<&Passage>, now: bool) -> String {
    let class = [" class=\"wire", line, if now { " now\"" } else { "\"" }].concat();
    let Some(passage) = passage else { return tag("div", &class, "") };
    let side = |class: &str, words: &str, coins: String| {
        let words = tag("span", " class=\"words\"", words);
        tag("span", class, &[words, tag("span", " class=\"track\"", &coins)].concat())
    };
    let ask = match passage.times {
        1 => escape(&passage.ask),
        times => [&*times.to_string(), " × ", &*escape(&passage.ask)].concat(),
    };
    let asks = side(" class=\"ask\"", &ask, passage.asks_with.iter().map(moving).collect());
    let brings = if passage.lost { String::new() } else { passage.answers_with.iter().map(moving).collect() };
    let (class_of_reply, words) = match (passage.lost, passage.status) {
        (true, _) => (" class=\"reply bad\"", t("✗ lost on its way", "✗ unterwegs verloren").to_owned()),
        (false, Some(status)) => {
            (if status >= 400 { " class=\"reply bad\"" } else { " class=\"reply\"" }, status.to_string())
        }
        (false, None) => (" class=\"reply none\"", "…".to_owned()),
    };
    tag("div", &class, &[asks, side(class_of_reply, &words, brings)].concat())
}
