//! The refresh tokens of a session as a family tree. It is drawn like the history of a program: one line goes straight on, and a
//! token that was never presented before its sibling was made stands beside it. Lists read well aloud; the lines are style.

use leptos::prelude::*;

use super::{chip, story};
use crate::lab::event::{Lifeline, Ruling};
use crate::lab::story::{self, Generation, Presented, State, Story};
use crate::lab::{watch::Watch, words};
use crate::ui::at_once::in_browser;

/// Newer ones explain what happens; older ones are counted.
const SHOWN: usize = 12;

#[component]
pub fn Family(watch: Watch) -> impl IntoView {
    let story = story(watch);
    let families = move || {
        story.with(|story| {
            if story.families.is_empty() {
                return vec![in_browser(view! { <p class="none">"No session yet, so no refresh token."</p> })];
            }
            story.families.iter().rev().map(|family| shown(watch, story, family)).collect::<Vec<_>>()
        })
    };
    in_browser(view! {
        <section class="panel family" aria-labelledby="lab-family">
            <h2 id="lab-family">"The family of refresh tokens"</h2>
            {families}
        </section>
    })
}

fn shown(watch: Watch, story: &Story, family: &story::Family) -> AnyView {
    let earlier = family.generations.len().saturating_sub(SHOWN);
    let earlier_words = (earlier > 0).then(|| {
        in_browser(view! { <p class="hint">{format!("{} before these.", words::counted(earlier, "older token"))}</p> })
    });
    let ended = match family.ended {
        Some((_, reason)) => in_browser(view! {
            <p class="status bad">{format!("✗ This session is over: {}.", words::reason(reason))}</p>
        }),
        None => in_browser(view! { <p class="status good">"✓ This session lives."</p> }),
    };
    let line = |one: &Generation| generation(watch, story, one);
    let id: String = family.session.chars().take(6).collect();
    in_browser(view! {
        <h3>{format!("Session {id}…")}</h3>
        {ended}
        {earlier_words}
        <ol class="tree">{family.generations.iter().skip(earlier).map(line).collect::<Vec<_>>()}</ol>
    })
}

/// Beside the straight line: nobody presented it in time.
fn is_aside(one: &Generation) -> bool {
    matches!(one.state, State::Tripwire | State::Reused)
}

fn generation(watch: Watch, story: &Story, one: &Generation) -> AnyView {
    let state = match one.state {
        State::Newest => "newest",
        State::InGrace => "grace",
        State::Superseded | State::Dead => "old",
        State::Tripwire => "tripwire",
        State::Reused => "reused",
    };
    let class = [state, if is_aside(one) { " aside" } else { "" }, if one.branches { " branch" } else { "" }].concat();
    let seq = one.seq;
    let from = match (one.parent, one.branches) {
        (None, _) => "made at sign-in".to_owned(),
        (Some(parent), false) => format!("made for {parent}"),
        (Some(parent), true) => format!("made for {parent} once more: here the family branches"),
    };
    let holders = story.holders(&one.chip);
    let has = (!holders.is_empty()).then(|| {
        let names: Vec<&str> = holders.iter().map(|who| words::the(*who)).collect();
        let verb = if holders.len() == 1 { "has it now" } else { "have it now" };
        let class = if holders.contains(&Lifeline::Thief) { "has thief" } else { "has" };
        in_browser(view! { <span class=class>{format!("{} {verb}", words::sentence(&names.join(" and ")))}</span> })
    });
    in_browser(view! {
        <li class=class>
            <p class="which">
                {chip::view(chip::Kind::Refresh(Some(one.number)), &one.chip)}
                " "
                <strong class="state">{words::state(one.state)}</strong>
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

fn uses(watch: Watch, presented: &[Presented]) -> Option<AnyView> {
    let line = |one: &Presented| {
        let seq = one.seq;
        let bad = matches!(one.ruling, Some(Ruling::Reuse | Ruling::Ahead));
        let said = one.ruling.map_or("not decided yet", words::ruling_name);
        in_browser(view! {
            <li class:bad=bad>
                <button type="button" class="small" on:click=move |_| watch.chosen.set(Some(seq))>{format!("event {seq}")}</button>
                {format!(" presented by {}: ", words::the(one.by))}
                <strong>{said}</strong>
            </li>
        })
    };
    (!presented.is_empty())
        .then(|| in_browser(view! { <ul class="uses">{presented.iter().map(line).collect::<Vec<_>>()}</ul> }))
}
