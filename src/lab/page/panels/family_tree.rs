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
use crate::lab::words::{filled, t};

/// The newest generations are shown; older ones are only counted.
const SHOWN: usize = 12;

#[component]
pub fn FamilyTree(watch: Watch) -> impl IntoView {
    let snapshot = snapshot(watch);
    panel(
        watch,
        ("family", "lab-family", t("The family of refresh tokens", "Die Familie der Refresh-Token")),
        move || {
            snapshot.with(|snapshot| match snapshot.families.as_slice() {
                [] => classed(
                    "p",
                    "none",
                    t("No session yet, so no refresh token.", "Noch keine Sitzung, also kein Refresh-Token."),
                ),
                families => families.iter().rev().map(|family| shown(snapshot, family)).collect(),
            })
        },
    )
}

fn shown(snapshot: &Snapshot, family: &TokenFamily) -> String {
    let earlier = family.generations.len().saturating_sub(SHOWN);
    let earlier_words = match earlier {
        0 => String::new(),
        _ => classed(
            "p",
            "hint",
            &filled(
                t("{} before these.", "{} vor diesen."),
                &[&labels::counted(earlier, t("older token", "älteres Token"), t("older tokens", "ältere Token"))],
            ),
        ),
    };
    let ended = match family.ended {
        Some((_, reason)) => classed(
            "p",
            "status bad",
            &filled(t("✗ This session is over: {}.", "✗ Diese Sitzung ist zu Ende: {}."), &[labels::reason(reason)]),
        ),
        None => classed("p", "status good", t("✓ This session lives.", "✓ Diese Sitzung lebt.")),
    };
    let id: String = family.session.chars().take(6).collect();
    let title = tag("h3", "", &[t("Session ", "Sitzung "), &*escape(&id), "…"].concat());
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
        (None, _) => t("made at sign-in", "bei der Anmeldung entstanden").to_owned(),
        (Some(parent), false) => filled(t("made for {}", "entstanden für {}"), &[&parent.to_string()]),
        (Some(parent), true) => filled(
            t(
                "made for {} once more: here the family branches",
                "noch einmal für {} entstanden: Hier verzweigt sich die Familie",
            ),
            &[&parent.to_string()],
        ),
    };
    let holders = snapshot.holders(&one.fingerprint);
    let names: Vec<&str> = holders.iter().map(|holder| labels::the(*holder)).collect();
    let has = match names.len() {
        0 => String::new(),
        count => {
            let verb =
                if count == 1 { t(" has it now", " hat es jetzt") } else { t(" have it now", " haben es jetzt") };
            let class = if holders.contains(&Lifeline::Thief) { "has thief" } else { "has" };
            classed("span", class, &[&*labels::sentence(&names.join(t(" and ", " und "))), verb].concat())
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
        let said = tag(
            "strong",
            "",
            one.ruling.map_or_else(|| t("not decided yet", "noch nicht entschieden"), labels::ruling_name),
        );
        classed(
            "li",
            class,
            &[&*moment(one.seq), t("presented by ", "gezeigt, von: "), labels::the(one.by), ": ", &said].concat(),
        )
    };
    match presented {
        [] => String::new(),
        presented => classed("ul", "uses", &presented.iter().map(line).collect::<String>()),
    }
}
