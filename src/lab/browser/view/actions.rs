//! Every button of the lab, each with what to watch for, and one switch for each defence that can be weakened.

use leptos::prelude::*;

use super::super::room::{Room, Trouble};
use crate::lab::acts::{self, Act, Group, Press};
use crate::lab::event::{Action, Defence, Settings};
use crate::lab::words;

/// The group that stands open at first where there is room. One at a time is open, by the browser's own rule.
const OPEN: &str = "Signing in and out";

#[component]
pub fn Actions(room: Room) -> impl IntoView {
    let wide = window().match_media("(min-width: 1100px)").ok().flatten().is_some_and(|query| query.matches());
    let group = move |group: Group| {
        let open = wide && group.name == OPEN;
        view! {
            <details class="group" name="actions" open=open>
                <summary>
                    <h3>{group.name}</h3>
                </summary>
                <ul>
                    {group.acts.into_iter().map(|act| view! { <Button room=room act=act /> }).collect_view()}
                </ul>
            </details>
        }
    };
    view! {
        <section class="panel actions-panel" aria-labelledby="actions-title">
            <h2 id="actions-title">"What you can do"</h2>
            <p class="hint" hidden=move || !room.is_replaying()>
                "You are looking at a recorded log, so nothing can be done to it."
            </p>
            {acts::groups().into_iter().map(group).collect_view()}
            <details class="group" name="actions">
                <summary>
                    <h3>"Defences"</h3>
                </summary>
                <p class="hint">"Each can be weakened in this sandbox, and nowhere else: then repeat an attack."</p>
                <ul>{Defence::ALL.map(|defence| view! { <Switch room=room defence=defence /> }).collect_view()}</ul>
            </details>
        </section>
    }
}

#[component]
fn Button(room: Room, act: Act) -> impl IntoView {
    let (name, watch_for) = (act.name, act.watch_for);
    let id = id_of(name);
    let press = act.press.clone();
    let pressed = move || room.settings().and_then(|settings| is_set(&press, &settings)).map(|on| on.to_string());
    let busy = move || room.busy.get() == Some(name);
    let waits = move || {
        (room.is_replaying() || room.busy.with(|busy| busy.is_some_and(|other| other != name))).then_some("true")
    };
    view! {
        <li>
            <button
                type="button"
                aria-describedby=id.clone()
                aria-pressed=pressed
                aria-busy=move || busy().then_some("true")
                aria-disabled=waits
                on:click=move |_| {
                    if let Some(act) = acts::find(name) {
                        room.press(act);
                    }
                }
            >
                {name}
            </button>
            <p id=id class="hint">
                {watch_for}
            </p>
            <Why room=room of=name />
        </li>
    }
}

/// What went wrong, beside the button.
#[component]
fn Why(room: Room, of: &'static str) -> impl IntoView {
    move || {
        let Trouble { of: which, why } = room.trouble.get()?;
        (which == of).then(|| view! { <p class="problem" role="alert">{why}</p> })
    }
}

#[component]
fn Switch(room: Room, defence: Defence) -> impl IntoView {
    let (name, meaning) = (acts::weak(defence), words::weak_form(defence));
    let id = id_of(name);
    let weak = move || room.settings().is_some_and(|settings| settings.weak.contains(&defence));
    let turn = move |_| {
        let action = Action::Weaken { defence, weak: !untrack(weak) };
        room.press(Act { name, watch_for: meaning, press: Press::Do(action), needs_tab2: false });
    };
    view! {
        <li>
            <button
                type="button"
                role="switch"
                class="switch"
                aria-describedby=id.clone()
                aria-checked=move || weak().to_string()
                aria-busy=move || (room.busy.get() == Some(name)).then_some("true")
                aria-disabled=move || (room.is_replaying() || room.busy.with(Option::is_some)).then_some("true")
                on:click=turn
            >
                {name}
            </button>
            <p id=id class="hint">
                {meaning}
            </p>
            <Why room=room of=name />
        </li>
    }
}

/// Whether what a button sets is set; `None` for a button that sets nothing.
fn is_set(press: &Press, settings: &Settings) -> Option<bool> {
    let Press::Do(action) = press else { return None };
    match action {
        Action::Network { state } => Some(settings.network == *state),
        Action::NextRefresh { fault } => Some(settings.next_refresh == Some(*fault)),
        _ => None,
    }
}

fn id_of(name: &str) -> String {
    let letters =
        name.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '-' });
    letters.collect()
}
