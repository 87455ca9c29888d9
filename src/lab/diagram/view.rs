//! The diagram on the page. The picture is for eyes and pointers; the list beside it says the same in words and is always in the
//! page, for screen readers, for keyboards once it is shown, and for whoever reads more easily than they look.

use leptos::{html, prelude::*, wasm_bindgen::JsCast as _, web_sys};

use super::{Layout, Room, Step, lanes, steps};
use crate::lab::{panels::follow::Follow, watch::Watch};
use crate::ui::at_once::in_browser;

/// So many steps at first, and so many more each time earlier ones are wanted.
const SHOWN: usize = 25;

/// The part of the log that is drawn.
#[derive(Clone, Default, PartialEq)]
struct Window {
    layout: Layout,
    earlier: usize,
    later: usize,
    current: Option<u64>,
    chosen: Option<u64>,
}

impl Window {
    fn of(all: &[Step], chosen: Option<u64>, shown: usize, room: Room) -> Self {
        let index = chosen.map(|chosen| all.partition_point(|step| step.seq <= chosen).saturating_sub(1));
        let newest = all.len().saturating_sub(shown);
        // A moment long ago brings its surroundings with it.
        let begin = index.map_or(newest, |index| index.saturating_sub(shown / 2).min(newest));
        let end = all.len().min(begin + shown);
        let steps = all.get(begin..end).unwrap_or_default();
        let current = index.map_or(all.last(), |index| all.get(index)).map(|step| step.seq);
        Self {
            layout: Layout::of(lanes(all), steps, room),
            earlier: begin,
            later: all.len().saturating_sub(end),
            current,
            chosen,
        }
    }

    /// How far down the current step is.
    fn depth(&self) -> Option<u32> {
        let chosen = self.chosen.and(self.current)?;
        self.layout.placed.iter().find(|placed| placed.step.seq == chosen).map(|placed| placed.top)
    }
}

/// The `seq` of the step that was pressed.
fn pressed(event: &web_sys::MouseEvent) -> Option<u64> {
    let element: web_sys::Element = event.target()?.dyn_into().ok()?;
    element.closest("[data-seq]").ok()??.get_attribute("data-seq")?.parse().ok()
}

#[component]
pub fn SequenceDiagram(watch: Watch) -> impl IntoView {
    let shown = RwSignal::new(SHOWN);
    let as_text = RwSignal::new(false);
    let room = RwSignal::new(Room::Wide);
    let window = Memo::new(move |_| {
        let all = watch.events.with(|events| steps(events));
        Window::of(&all, watch.chosen.get(), shown.get(), room.get())
    });
    let follow = Follow::new(move || window.with(Window::depth), move || watch.events.with(Vec::len));
    measure(follow.node, room);
    let picture = move || window.with(picture);
    in_browser(view! {
        <section class="panel sequence" aria-labelledby="lab-sequence">
            <div class="panel-head">
                <h2 id="lab-sequence">"What happens"</h2>
                <button type="button" class="small" aria-pressed=move || as_text.get().to_string()
                    on:click=move |_| as_text.update(|on| *on = !*on)>
                    "As text"
                </button>
            </div>
            {earlier(window, shown)}
            <div class="scroll" class:hidden-picture=move || as_text.get() aria-hidden="true" node_ref=follow.node
                on:scroll=move |_| follow.scrolled()
                on:click=move |event| if let Some(seq) = pressed(&event) { watch.chosen.set(Some(seq)) }
                inner_html=picture>
            </div>
            {twin(watch, window, as_text)}
            {move || later(watch, window.with(|window| window.later))}
        </section>
    })
}

/// Below so many pixels the lines stand closer, and below so many still closer.
const WIDE: i32 = 800;
const BETWEEN: i32 = 530;

/// Keeps `room` true while windows are resized and phones are turned.
fn measure(node: NodeRef<html::Div>, room: RwSignal<Room>) {
    let look = move || {
        let wide = node.get().map_or(0, |element| element.client_width());
        let found = match wide {
            WIDE.. => Room::Wide,
            BETWEEN.. => Room::Between,
            _ => Room::Narrow,
        };
        // Zero is what a hidden one measures.
        if wide > 0 && room.get_untracked() != found {
            room.set(found);
        }
    };
    // Within an effect, because there is no window on the server.
    Effect::new(move |_| {
        look();
        let listener = window_event_listener_untyped("resize", move |_| untrack(look));
        on_cleanup(move || listener.remove());
    });
}

fn earlier(window: Memo<Window>, shown: RwSignal<usize>) -> AnyView {
    let count = Memo::new(move |_| window.with(|window| window.earlier));
    in_browser(move || {
        (count.get() > 0).then(|| {
            in_browser(view! {
                <button type="button" class="small wide" on:click=move |_| shown.update(|shown| *shown += SHOWN)>
                    {move || format!("Earlier steps ({})", count.get())}
                </button>
            })
        })
    })
}

fn later(watch: Watch, count: usize) -> Option<AnyView> {
    (count > 0).then(|| {
        in_browser(view! {
            <button type="button" class="small wide" on:click=move |_| watch.chosen.set(None)>
                {format!("Back to live ({count} later steps)")}
            </button>
        })
    })
}

/// The names in a picture of their own, so that they stay while the rest scrolls.
fn picture(window: &Window) -> String {
    let layout = &window.layout;
    let (width, height, head) = (layout.width, layout.height, super::draw::HEAD);
    let room = if layout.is_narrow() { " narrow" } else { "" };
    let names = layout.head();
    let body = layout.body(window.current, window.chosen);
    format!(
        r#"<svg class="names{room}" viewBox="0 0 {width} {head}" width="{width}" height="{head}">{names}</svg><svg class="steps{room}" viewBox="0 0 {width} {height}" width="{width}" height="{height}">{body}</svg>"#
    )
}

fn twin(watch: Watch, window: Memo<Window>, as_text: RwSignal<bool>) -> AnyView {
    let list = NodeRef::<html::Ol>::new();
    let items = move || {
        window.with(|window| {
            let current = window.current;
            let item = |step: &Step| item(watch, step, current == Some(step.seq), as_text);
            window.layout.placed.iter().map(|placed| item(&placed.step)).collect::<Vec<_>>()
        })
    };
    in_browser(view! {
        <ol class="twin" class:unseen=move || !as_text.get() aria-label="What happens, in words" node_ref=list>
            {items}
        </ol>
    })
}

/// Out of the keyboard's way while nobody could see where the focus is.
fn item(watch: Watch, step: &Step, current: bool, as_text: RwSignal<bool>) -> AnyView {
    let seq = step.seq;
    let words = step.words.clone();
    in_browser(view! {
        <li value=seq.to_string()>
            <button type="button" class="line" aria-current=current.then_some("step")
                tabindex=move || if as_text.get() { "0" } else { "-1" }
                on:click=move |_| watch.chosen.set(Some(seq))>
                {words}
            </button>
        </li>
    })
}
