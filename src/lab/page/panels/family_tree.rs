//! A session's refresh tokens as a tree (the token family, RFC 9700 section 4.14), drawn like a version history: one line goes
//! straight on, and a token that was never presented before its sibling was issued stands beside it. The markup is a list, which
//! reads well aloud; the lines are style.

use leptos::prelude::*;

use super::context::snapshot;
use super::fingerprint::{self, FingerprintKind};
use crate::lab::model::event::{Lifeline, Ruling};
use crate::lab::model::snapshot::{Generation, GenerationState, Presentation, Snapshot, TokenFamily};
use crate::lab::model::{labels, watch::Watch};
use crate::ui::support::sync_hydrated::client_only;

/// The newest generations are shown; older ones are only counted.
const SHOWN: usize = 12;

#[component]
pub fn FamilyTree(watch: Watch) -> impl IntoView {
    let snapshot = snapshot(watch);
    let families = move || {
        snapshot.with(|snapshot| {
            if snapshot.families.is_empty() {
                return vec![client_only(view! { <p class="none">"No session yet, so no refresh token."</p> })];
            }
            snapshot.families.iter().rev().map(|family| shown(watch, snapshot, family)).collect::<Vec<_>>()
        })
    };
    client_only(view! {
        <section class="panel family" aria-labelledby="lab-family">
            <h2 id="lab-family">"The family of refresh tokens"</h2>
            {families}
        </section>
    })
}

fn shown(watch: Watch, snapshot: &Snapshot, family: &TokenFamily) -> AnyView {
    let earlier = family.generations.len().saturating_sub(SHOWN);
    let earlier_words = (earlier > 0).then(|| {
        client_only(
            view! { <p class="hint">{format!("{} before these.", labels::counted(earlier, "older token"))}</p> },
        )
    });
    let ended = match family.ended {
        Some((_, reason)) => client_only(view! {
            <p class="status bad">{format!("✗ This session is over: {}.", labels::reason(reason))}</p>
        }),
        None => client_only(view! { <p class="status good">"✓ This session lives."</p> }),
    };
    let line = |one: &Generation| generation(watch, snapshot, one);
    let id: String = family.session.chars().take(6).collect();
    client_only(view! {
        <h3>{format!("Session {id}…")}</h3>
        {ended}
        {earlier_words}
        <ol class="tree">{family.generations.iter().skip(earlier).map(line).collect::<Vec<_>>()}</ol>
    })
}

/// Whether the token stands beside the straight line: it was not presented in time.
fn is_aside(one: &Generation) -> bool {
    matches!(one.state, GenerationState::Tripwire | GenerationState::Reused)
}

fn generation(watch: Watch, snapshot: &Snapshot, one: &Generation) -> AnyView {
    let state = match one.state {
        GenerationState::Newest => "newest",
        GenerationState::InGrace => "grace",
        GenerationState::Superseded | GenerationState::Dead => "old",
        GenerationState::Tripwire => "tripwire",
        GenerationState::Reused => "reused",
    };
    let class = [state, if is_aside(one) { " aside" } else { "" }, if one.branches { " branch" } else { "" }].concat();
    let seq = one.seq;
    let from = match (one.parent, one.branches) {
        (None, _) => "made at sign-in".to_owned(),
        (Some(parent), false) => format!("made for {parent}"),
        (Some(parent), true) => format!("made for {parent} once more: here the family branches"),
    };
    let holders = snapshot.holders(&one.fingerprint);
    let has = (!holders.is_empty()).then(|| {
        let names: Vec<&str> = holders.iter().map(|holder| labels::the(*holder)).collect();
        let verb = if holders.len() == 1 { "has it now" } else { "have it now" };
        let class = if holders.contains(&Lifeline::Thief) { "has thief" } else { "has" };
        client_only(view! { <span class=class>{format!("{} {verb}", labels::sentence(&names.join(" and ")))}</span> })
    });
    client_only(view! {
        <li class=class>
            <p class="which">
                {fingerprint::view(FingerprintKind::Refresh(Some(one.number)), &one.fingerprint)}
                " "
                <strong class="state">{labels::state(one.state)}</strong>
            </p>
            <p class="from">
                <button type="button" class="small" on:click=move |_| watch.chosen.set(Some(seq))>{format!("event {seq}")}</button>
                " "
                {from}
                ". "
                {has}
            </p>
            {uses(watch, &one.presented)}
        </li>
    })
}

fn uses(watch: Watch, presented: &[Presentation]) -> Option<AnyView> {
    let line = |one: &Presentation| {
        let seq = one.seq;
        let bad = matches!(one.ruling, Some(Ruling::Reuse | Ruling::Ahead));
        let said = one.ruling.map_or("not decided yet", labels::ruling_name);
        client_only(view! {
            <li class:bad=bad>
                <button type="button" class="small" on:click=move |_| watch.chosen.set(Some(seq))>{format!("event {seq}")}</button>
                {format!(" presented by {}: ", labels::the(one.by))}
                <strong>{said}</strong>
            </li>
        })
    };
    (!presented.is_empty())
        .then(|| client_only(view! { <ul class="uses">{presented.iter().map(line).collect::<Vec<_>>()}</ul> }))
}
