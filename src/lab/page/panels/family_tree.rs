//! A session's refresh tokens as a tree (the token family, RFC 9700 section 4.14), drawn like a version history: one line goes
//! straight on, and a token that was never presented before its sibling was issued stands beside it. The markup is a list, which
//! reads well aloud; the lines are style.

use leptos::prelude::*;

use super::super::diagram::escape;
use super::super::markup::{classed, moment, tag};
use super::context::snapshot;
use super::fingerprint::{self, FingerprintKind};
use super::text::panel;
use crate::lab::model::event::{Lifeline, Ruling};
use crate::lab::model::snapshot::{Generation, GenerationState, Presentation, Snapshot, TokenFamily};
use crate::lab::model::{labels, watch::Watch};

/// The newest generations are shown; older ones are only counted.
const SHOWN: usize = 12;

#[component]
pub fn FamilyTree(watch: Watch) -> impl IntoView {
    let snapshot = snapshot(watch);
    panel(watch, ("family", "lab-family", "The family of refresh tokens"), move || {
        snapshot.with(|snapshot| match snapshot.families.as_slice() {
            [] => classed("p", "none", "No session yet, so no refresh token."),
            families => families.iter().rev().map(|family| shown(snapshot, family)).collect(),
        })
    })
}

fn shown(snapshot: &Snapshot, family: &TokenFamily) -> String {
    let earlier = family.generations.len().saturating_sub(SHOWN);
    let earlier_words = match earlier {
        0 => String::new(),
        _ => classed("p", "hint", &[&*labels::counted(earlier, "older token"), " before these."].concat()),
    };
    let ended = match family.ended {
        Some((_, reason)) => {
            classed("p", "status bad", &["✗ This session is over: ", labels::reason(reason), "."].concat())
        }
        None => classed("p", "status good", "✓ This session lives."),
    };
    let id: String = family.session.chars().take(6).collect();
    let title = tag("h3", "", &["Session ", &*escape(&id), "…"].concat());
    let lines: String = family.generations.iter().skip(earlier).map(|one| generation(snapshot, one)).collect();
    [title, ended, earlier_words, classed("ol", "tree", &lines)].concat()
}

/// Whether the token stands beside the straight line: it was not presented in time.
fn is_aside(one: &Generation) -> bool {
    matches!(one.state, GenerationState::Tripwire | GenerationState::Reused)
}

fn generation(snapshot: &Snapshot, one: &Generation) -> String {
    let state = match one.state {
        GenerationState::Newest => "newest",
        GenerationState::InGrace => "grace",
        GenerationState::Superseded | GenerationState::Dead => "old",
        GenerationState::Tripwire => "tripwire",
        GenerationState::Reused => "reused",
    };
    let class = [state, if is_aside(one) { " aside" } else { "" }, if one.branches { " branch" } else { "" }].concat();
    let from = match (one.parent, one.branches) {
        (None, _) => "made at sign-in".to_owned(),
        (Some(parent), false) => format!("made for {parent}"),
        (Some(parent), true) => format!("made for {parent} once more: here the family branches"),
    };
    let holders = snapshot.holders(&one.fingerprint);
    let names: Vec<&str> = holders.iter().map(|holder| labels::the(*holder)).collect();
    let has = match names.len() {
        0 => String::new(),
        count => {
            let verb = if count == 1 { " has it now" } else { " have it now" };
            let class = if holders.contains(&Lifeline::Thief) { "has thief" } else { "has" };
            classed("span", class, &[&*labels::sentence(&names.join(" and ")), verb].concat())
        }
    };
    let chip = fingerprint::chip(FingerprintKind::Refresh(Some(one.number)), &one.fingerprint);
    let which = [&*chip, " ", &classed("strong", "state", labels::state(one.state))].concat();
    let from = [&*moment(one.seq), &from, ". ", &has].concat();
    let uses = uses(&one.presented);
    classed("li", &class, &[classed("p", "which", &which), classed("p", "from", &from), uses].concat())
}

fn uses(presented: &[Presentation]) -> String {
    let line = |one: &Presentation| {
        let class = if matches!(one.ruling, Some(Ruling::Reuse | Ruling::Ahead)) { "bad" } else { "" };
        let said = tag("strong", "", one.ruling.map_or("not decided yet", labels::ruling_name));
        classed("li", class, &[&*moment(one.seq), "presented by ", labels::the(one.by), ": ", &said].concat())
    };
    match presented {
        [] => String::new(),
        presented => classed("ul", "uses", &presented.iter().map(line).collect::<String>()),
    }
}
