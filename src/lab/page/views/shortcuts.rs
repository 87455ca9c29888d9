//! Keyboard shortcuts for presenters. They work only while the focus is inside the lab and not in a text field, and they can be
//! turned off (WCAG 2.1.4).

use leptos::{ev::KeyboardEvent, html, prelude::*};
use wasm_bindgen::JsCast as _;

use super::super::state::LabState;

const ALL: [(&str, &str); 6] = [
    ("→", "next event"),
    ("←", "previous event"),
    ("End", "follow live"),
    ("p", "stop at this moment, and follow again"),
    ("s", "step by step: let one request through"),
    ("?", "show this list"),
];

#[derive(Clone, Copy)]
pub struct Shortcuts {
    state: LabState,
    on: RwSignal<bool>,
    help: NodeRef<html::Details>,
}

impl Shortcuts {
    pub fn new(state: LabState) -> Self {
        Self { state, on: RwSignal::new(true), help: NodeRef::new() }
    }

    pub fn pressed(self, event: &KeyboardEvent) {
        if !self.on.get_untracked() || event.ctrl_key() || event.alt_key() || event.meta_key() || is_for_typing(event) {
            return;
        }
        match event.key().as_str() {
            "ArrowRight" => self.state.step(true),
            "ArrowLeft" => self.state.step(false),
            "End" => self.state.watch.chosen.set(None),
            "p" => self.state.pause(),
            "s" => self.state.step_request(),
            "?" => self.show_help(),
            _ => return,
        }
        event.prevent_default();
    }

    fn show_help(self) {
        if let Some(help) = self.help.get_untracked() {
            help.set_open(true);
            if let Ok(Some(summary)) = help.query_selector("summary") {
                summary.dyn_ref::<web_sys::HtmlElement>().map(web_sys::HtmlElement::focus);
            }
        }
    }
}

fn is_for_typing(event: &KeyboardEvent) -> bool {
    event
        .target()
        .and_then(|target| target.dyn_into::<web_sys::Element>().ok())
        .is_some_and(|element| element.closest("input, textarea, select, iframe").ok().flatten().is_some())
}

#[component]
pub fn ShortcutHelp(shortcuts: Shortcuts) -> impl IntoView {
    let line = |(key, words): (&'static str, &'static str)| {
        view! {
            <dt>
                <kbd>{key}</kbd>
            </dt>
            <dd>{words}</dd>
        }
    };
    view! {
        <details class="keys" node_ref=shortcuts.help>
            <summary>"Keyboard shortcuts"</summary>
            <label class="choice">
                <input
                    type="checkbox"
                    prop:checked=shortcuts.on
                    on:change=move |event| shortcuts.on.set(event_target_checked(&event))
                />
                "Shortcuts on"
            </label>
            <dl>{ALL.map(line).collect_view()}</dl>
        </details>
    }
}
