//! The stage: the browser with the app inside, its memory and its cookie jar, the server, and between them what travels now. The
//! same places as in the picture of the start page. The sequence diagram is the other view of the same moment.

use leptos::prelude::*;

use super::super::diagram::SequenceDiagram;
use super::super::panels::snapshot;
use super::super::state::LabState;
use super::super::words::t;
use super::frames::{TabFrames, VisitedPage};
use crate::lab::model::event::Lifeline;
use crate::lab::model::snapshot::Snapshot;
use crate::lab::model::stage::{Coin, Line, Passage, Stage};
use crate::ui::support::sync_hydrated::client_only;

#[component]
pub fn StageView(state: LabState) -> impl IntoView {
    let sequence = RwSignal::new(false);
    // An empty map: nothing has been chosen.
    let first = Memo::new(move |_| state.course.chosen.with(Option::is_none) && !state.free.get());
    let choice = move |on: bool, name: &'static str| {
        client_only(view! {
            <button type="button" class="small" aria-pressed=move || (sequence.get() == on).to_string()
                on:click=move |_| sequence.set(on)>
                {name}
            </button>
        })
    };
    client_only(view! {
        <section class="stage" class:first=first aria-label=t("Stage", "Bühne")>
            <div class="picture" role="group" aria-label=t("Picture", "Bild") hidden=move || first.get()>
                {choice(false, t("Map", "Karte"))}
                {choice(true, t("Sequence", "Ablauf"))}
            </div>
            <div class="map" class:diagram-shown=sequence>
                <div class="zone browser" aria-hidden="true"></div>
                <div class="zone server" aria-hidden="true"></div>
                <h2 class="zone-name browser">{t("Your browser", "Dein Browser")}</h2>
                <div class="frames"><TabFrames state=state /><VisitedPage state=state /></div>
                {move || if sequence.get() {
                    client_only(view! { <SequenceDiagram watch=state.watch /> })
                } else {
                    places(state)
                }}
            </div>
            {move || first.get().then(|| first_view(state))}
        </section>
    })
}

fn first_view(state: LabState) -> AnyView {
    client_only(view! {
        <div class="first-view">
            <button type="button" class="primary" aria-disabled=move || (state.busy.with(Option::is_some)
                || state.course.scenes.with(Vec::is_empty)).then_some("true") on:click=move |_| state.watch_first()>
                {t("Watch a silent refresh (20 seconds)", "Ein stilles Erneuern ansehen (20 Sekunden)")}
            </button>
            <button type="button" class="quiet" on:click=move |_| state.free.set(true)>
                {t("or explore yourself", "oder selbst ausprobieren")}
            </button>
        </div>
    })
}

/// The places, and the lines between them.
fn places(state: LabState) -> AnyView {
    let snapshot = snapshot(state.watch);
    let stage = Memo::new(move |_| {
        let (upto, cause) = (state.watch.upto(), state.watch.cause());
        state.watch.events.with(|events| Stage::of(events.get(..upto).unwrap_or(events), cause))
    });
    let memory = move || snapshot.with(|now| now.tab.access.as_ref().map(|held| held.token.fingerprint.words.clone()));
    let jar = move || {
        snapshot.with(|now| now.jar.refresh.as_ref().map(|seen| (seen.generation, seen.fingerprint.words.clone())))
    };
    let sign_in_row = move || snapshot.with(row_words);
    let line = move |line: Line| {
        move || {
            stage.with(|stage| {
                let passage = match line {
                    Line::Data => &stage.data,
                    Line::SignIn => &stage.sign_in,
                    Line::Others => &stage.others,
                };
                wire(line, passage.as_ref(), stage.now == Some(line))
            })
        }
    };
    let outsider = move || {
        let who = stage.with(|stage| stage.outsider)?;
        Some(client_only(view! {
            <div class="place outside">
                <strong>{outsider_name(who)}</strong>
                <span>{move || snapshot.with(|now| has(now))}</span>
            </div>
            {line(Line::Others)}
        }))
    };
    client_only(view! {
        <h2 class="zone-name server">"Server"</h2>
        <div class="place memory">
            <strong>{t("Page's memory", "Speicher der Seite")}</strong>
            <span>{move || memory().map_or_else(|| client_only(nothing()), |words| coin(Coin::Access, words))}</span>
        </div>
        <div class="place jar" class:asked=move || stage.with(|stage| stage.now == Some(Line::SignIn))>
            <strong>{t("Cookie jar", "Cookie-Speicher")}</strong>
            <span>
                {move || jar().map_or_else(|| client_only(nothing()), |(number, words)| coin(Coin::Refresh(number), words))}
            </span>
        </div>
        <div class="place data">
            <strong>{t("Notes", "Notizen")}</strong>
            <code>"/api/notes"</code>
        </div>
        <div class="place sign-in">
            <strong>{t("Sign-in", "Anmeldung")}</strong>
            <code>"/api/auth"</code>
            <span>{sign_in_row}</span>
        </div>
        {line(Line::Data)}
        {line(Line::SignIn)}
        {outsider}
    })
}

fn nothing() -> &'static str {
    t("empty", "leer")
}

fn row_words(now: &Snapshot) -> Option<String> {
    let row = now.rows.iter().rev().find(|row| !row.gone)?;
    Some(match row.row.revoked {
        Some(_) => t("session over", "Sitzung beendet").to_owned(),
        None => format!("{} {}", t("session: token", "Sitzung: Token"), row.row.generation),
    })
}

fn has(now: &Snapshot) -> Vec<AnyView> {
    let thief = &now.thief;
    let access = thief.access.as_ref().map(|seen| coin(Coin::Access, seen.fingerprint.words.clone()));
    let refresh =
        thief.refresh.as_ref().map(|seen| coin(Coin::Refresh(seen.generation), seen.fingerprint.words.clone()));
    access.into_iter().chain(refresh).collect()
}

fn outsider_name(who: Lifeline) -> &'static str {
    match who {
        Lifeline::OtherSite => t("Other site", "Andere Website"),
        Lifeline::OtherDevice => t("Other device", "Anderes Gerät"),
        _ => t("Thief", "Dieb"),
    }
}

/// A token as a coin; a refresh token has its number on it.
fn coin(kind: Coin, words: String) -> AnyView {
    let (class, name, number) = match kind {
        Coin::Access => ("coin access", t("access token", "Access-Token"), String::new()),
        Coin::Refresh(number) => (
            "coin refresh",
            t("refresh token", "Refresh-Token"),
            number.map(|number| number.to_string()).unwrap_or_default(),
        ),
    };
    client_only(view! {
        <span class="held">
            <b class=class aria-hidden="true">{number.clone()}</b>
            <span class="unseen">{[name, " ", &number, " "].concat()}</span>
            {words}
        </span>
    })
}

/// What travels along a line: the request with its token, and the answer with what it brings.
fn wire(line: Line, passage: Option<&Passage>, now: bool) -> AnyView {
    let class = match line {
        Line::Data => "wire data",
        Line::SignIn => "wire sign-in",
        Line::Others => "wire others",
    };
    let Some(passage) = passage else {
        return client_only(view! { <div class=class aria-hidden="true"></div> });
    };
    let times = if passage.times > 1 { format!("{} × ", passage.times) } else { String::new() };
    let moving = |coin: &Coin| {
        let (class, number) = match coin {
            Coin::Access => ("coin access", None),
            Coin::Refresh(number) => ("coin refresh", *number),
        };
        client_only(view! { <b class=class aria-hidden="true">{number.map(|number| number.to_string())}</b> })
    };
    let asks_with = passage.asks_with.iter().map(moving).collect::<Vec<_>>();
    let brings = if passage.lost { Vec::new() } else { passage.answers_with.iter().map(moving).collect::<Vec<_>>() };
    let answer = match (passage.lost, passage.status) {
        (true, _) => ("reply bad", t("✗ lost on its way", "✗ unterwegs verloren").to_owned()),
        (false, Some(status)) => (if status >= 400 { "reply bad" } else { "reply" }, status.to_string()),
        (false, None) => ("reply none", "…".to_owned()),
    };
    client_only(view! {
        <div class=class class:now=now>
            <span class="ask">
                <span class="words">{[&times, &*passage.ask].concat()}</span>
                <span class="track">{asks_with}</span>
            </span>
            <span class=answer.0>
                <span class="words">{answer.1}</span>
                <span class="track">{brings}</span>
            </span>
        </div>
    })
}
