//! Keyboard shortcuts for presenters. They work only while the focus is inside the lab and not in a text field, and they can be
//! turned off (WCAG 2.1.4). In the presenter view, where nothing else is on the page, they work wherever the focus is: a clicker
//! sends PageDown and PageUp.

use leptos::{ev::KeyboardEvent, html, prelude::*};
use wasm_bindgen::JsCast as _;

use super::super::markup::tag;
use super::super::state::LabState;
use crate::lab::words::t;
use crate::ui::support::sync_hydrated::client_only;

#[derive(Clone, Copy)]
pub struct Shortcuts {
    state: LabState,
    presenter: bool,
    on: RwSignal<bool>,
    /// The presenter's screen is blank.
    pub blank: RwSignal<bool>,
    help: NodeRef<html::Details>,
}

impl Shortcuts {
    pub fn new(state: LabState, presenter: bool) -> Self {
        Self { state, presenter, on: RwSignal::new(true), blank: RwSignal::new(false), help: NodeRef::new() }
    }

    pub fn pressed(self, event: &KeyboardEvent) {
        if !self.on.get_untracked() || event.ctrl_key() || event.alt_key() || event.meta_key() || is_for_typing(event) {
            return;
        }
        match event.key().as_str() {
            " " if self.presenter && !is_on_button(event) => self.forwards(),
            "PageDown" | "ArrowRight" if self.presenter => self.forwards(),
            "PageUp" | "ArrowLeft" if self.presenter => self.backwards(),
            "b" | "B" | "." if self.presenter => self.blank.update(|blank| *blank = !*blank),
            "ArrowRight" => self.state.step(true),
            "ArrowLeft" => self.state.step(false),
            "End" => self.state.watch.chosen.set(None),
            "p" => self.state.pause(),
            "s" => self.state.step_request(),
            "?" => self.show_help(),
            key => match key.parse::<usize>() {
                Ok(number @ 1..) => self.show_scene(number),
                _ => return,
            },
        }
        event.prevent_default();
    }

    /// To the next sentence of the story after a look back, else the main button.
    fn forwards(self) {
        let Some(chosen) = self.state.watch.chosen.get_untracked() else { return self.state.advance() };
        let watch = self.state.watch;
        // The story of now, not of the moment that is shown.
        watch.chosen.set(None);
        let story = untrack(move || watch.story());
        let next = story.iter().map(|sentence| sentence.seq).find(|seq| *seq > chosen);
        let last = story.last().map(|sentence| sentence.seq);
        watch.chosen.set(next.filter(|next| Some(*next) != last));
    }

    /// To the sentence before.
    fn backwards(self) {
        let watch = self.state.watch;
        let chosen = watch.chosen.get_untracked();
        watch.chosen.set(None);
        let seqs: Vec<u64> = untrack(move || watch.story()).iter().map(|sentence| sentence.seq).collect();
        let now = chosen.or_else(|| seqs.last().copied());
        let before = now.and_then(|now| seqs.iter().rev().copied().find(|seq| *seq < now));
        watch.chosen.set(before.or(chosen));
    }

    /// The scene with that number on the rail.
    fn show_scene(self, number: usize) {
        let course = self.state.course;
        if number <= course.scenes.with_untracked(Vec::len) && self.state.busy.with_untracked(Option::is_none) {
            self.state.free.set(false);
            self.state.choose(number - 1);
        }
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

fn is_on(event: &KeyboardEvent, selector: &str) -> bool {
    event
        .target()
        .and_then(|target| target.dyn_into::<web_sys::Element>().ok())
        .is_some_and(|element| element.closest(selector).ok().flatten().is_some())
}

fn is_for_typing(event: &KeyboardEvent) -> bool {
    is_on(event, "input, textarea, select, iframe")
}

fn is_on_button(event: &KeyboardEvent) -> bool {
    is_on(event, "button, a, summary")
}

pub fn help(shortcuts: Shortcuts) -> AnyView {
    let all: &[(&str, &str)] = match shortcuts.presenter {
        true => &[
            ("→ PageDown", t("next step", "nächster Schritt")),
            ("← PageUp", t("sentence before", "Satz davor")),
            ("1 – 9", t("scene", "Szene")),
            ("b", t("blank", "dunkel")),
            ("s", t("let one request through", "eine Anfrage durchlassen")),
        ],
        false => &[
            ("→", t("next event", "nächstes Ereignis")),
            ("←", t("previous event", "voriges Ereignis")),
            ("End", t("follow live", "live folgen")),
            ("p", t("stop, and follow again", "anhalten und wieder folgen")),
            ("s", t("let one request through", "eine Anfrage durchlassen")),
            ("1 – 9", t("scene", "Szene")),
            ("?", t("show this list", "diese Liste zeigen")),
        ],
    };
    let line = |(key, words): &(&str, &str)| [tag("dt", "", &tag("kbd", "", key)), tag("dd", "", words)].concat();
    let lines: String = all.iter().map(line).collect();
    client_only(view! {
        <details class="keys" node_ref=shortcuts.help>
            <summary>{t("Keys", "Tasten")}</summary>
            <div class="keys-list">
                <label class="choice">
                    <input
                        type="checkbox"
                        prop:checked=shortcuts.on
                        on:change=move |event| shortcuts.on.set(event_target_checked(&event))
                    />
                    {t("Shortcuts on", "Kürzel an")}
                </label>
                <dl inner_html=lines></dl>
            </div>
        </details>
    })
}
