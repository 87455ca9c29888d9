//! The diagram on the page, with its text alternative (WCAG 1.1.1). The drawing serves sight and pointer; the list beside it says
//! the same in words and is always in the page, for screen readers, and for the keyboard once it is shown.

use leptos::{html, prelude::*, wasm_bindgen::JsCast as _, web_sys};

use super::super::auto_scroll::AutoScroll;
use super::draw::{HEAD, Layout, Spacing};
use crate::lab::model::steps::{DiagramStep, lanes, steps};
use crate::lab::model::watch::Watch;
use crate::ui::support::sync_hydrated::client_only;

/// The number of steps shown at first, and added each time earlier ones are requested.
const SHOWN: usize = 25;

/// The part of the log that is drawn.
#[derive(Clone, Default, PartialEq)]
struct VisibleSteps {
    layout: Layout,
    earlier: usize,
    later: usize,
    current: Option<u64>,
    chosen: Option<u64>,
}

impl VisibleSteps {
    fn of(all: &[DiagramStep], chosen: Option<u64>, shown: usize, spacing: Spacing) -> Self {
        let index = chosen.map(|chosen| all.partition_point(|step| step.seq <= chosen).saturating_sub(1));
        let newest = all.len().saturating_sub(shown);
        // A moment long ago is shown with the steps around it.
        let begin = index.map_or(newest, |index| index.saturating_sub(shown / 2).min(newest));
        let end = all.len().min(begin + shown);
        let steps = all.get(begin..end).unwrap_or_default();
        let current = index.map_or(all.last(), |index| all.get(index)).map(|step| step.seq);
        Self {
            layout: Layout::of(lanes(all), steps, spacing),
            earlier: begin,
            later: all.len().saturating_sub(end),
            current,
            chosen,
        }
    }

    /// The current step's offset in pixels.
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
    let spacing = RwSignal::new(Spacing::Wide);
    let visible = Memo::new(move |_| {
        let all = watch.events.with(|events| steps(events));
        VisibleSteps::of(&all, watch.chosen.get(), shown.get(), spacing.get())
    });
    let auto_scroll = AutoScroll::new(move || visible.with(VisibleSteps::depth), move || watch.events.with(Vec::len));
    measure(auto_scroll.node, spacing);
    let picture = move || visible.with(picture);
    client_only(view! {
        <section class="panel sequence" aria-labelledby="lab-sequence">
            <div class="panel-head">
                <h2 id="lab-sequence">"What happens"</h2>
                <button type="button" class="small" aria-pressed=move || as_text.get().to_string()
                    on:click=move |_| as_text.update(|on| *on = !*on)>
                    "As text"
                </button>
            </div>
            {earlier(visible, shown)}
            <div class="scroll" class:hidden-picture=move || as_text.get() aria-hidden="true" node_ref=auto_scroll.node
                on:scroll=move |_| auto_scroll.scrolled()
                on:click=move |event| if let Some(seq) = pressed(&event) { watch.chosen.set(Some(seq)) }
                inner_html=picture>
            </div>
            {text_alternative(watch, visible, as_text)}
            {move || later(watch, visible.with(|visible| visible.later))}
        </section>
    })
}

/// Breakpoints in pixels: below them the lifelines stand closer.
const WIDE: i32 = 800;
const BETWEEN: i32 = 530;

/// Updates `spacing` when the window is resized or the device rotated.
fn measure(node: NodeRef<html::Div>, spacing: RwSignal<Spacing>) {
    let look = move || {
        let wide = node.get().map_or(0, |element| element.client_width());
        let found = match wide {
            WIDE.. => Spacing::Wide,
            BETWEEN.. => Spacing::Between,
            _ => Spacing::Narrow,
        };
        // A hidden element measures zero.
        if wide > 0 && spacing.get_untracked() != found {
            spacing.set(found);
        }
    };
    // In an effect, because the server has no window.
    Effect::new(move |_| {
        look();
        let listener = window_event_listener_untyped("resize", move |_| untrack(look));
        on_cleanup(move || listener.remove());
    });
}

fn earlier(visible: Memo<VisibleSteps>, shown: RwSignal<usize>) -> AnyView {
    let count = Memo::new(move |_| visible.with(|visible| visible.earlier));
    client_only(move || {
        (count.get() > 0).then(|| {
            client_only(view! {
                <button type="button" class="small wide" on:click=move |_| shown.update(|shown| *shown += SHOWN)>
                    {move || format!("Earlier steps ({})", count.get())}
                </button>
            })
        })
    })
}

fn later(watch: Watch, count: usize) -> Option<AnyView> {
    (count > 0).then(|| {
        client_only(view! {
            <button type="button" class="small wide" on:click=move |_| watch.chosen.set(None)>
                {format!("Back to live ({count} later steps)")}
            </button>
        })
    })
}

/// The names are an SVG of their own, so that they stay in place while the rest scrolls (sticky header).
fn picture(visible: &VisibleSteps) -> String {
    let layout = &visible.layout;
    let (width, height, head) = (layout.width, layout.height, HEAD);
    let spacing = if layout.is_narrow() { " narrow" } else { "" };
    let names = layout.head();
    let body = layout.body(visible.current, visible.chosen);
    format!(
        r#"<svg class="names{spacing}" viewBox="0 0 {width} {head}" width="{width}" height="{head}">{names}</svg><svg class="steps{spacing}" viewBox="0 0 {width} {height}" width="{width}" height="{height}">{body}</svg>"#
    )
}

fn text_alternative(watch: Watch, visible: Memo<VisibleSteps>, as_text: RwSignal<bool>) -> AnyView {
    let list = NodeRef::<html::Ol>::new();
    let items = move || {
        visible.with(|visible| {
            let current = visible.current;
            let item = |step: &DiagramStep| item(watch, step, current == Some(step.seq), as_text);
            visible.layout.placed.iter().map(|placed| item(&placed.step)).collect::<Vec<_>>()
        })
    };
    client_only(view! {
        <ol class="twin" class:unseen=move || !as_text.get() aria-label="What happens, in words" node_ref=list>
            {items}
        </ol>
    })
}

/// Not in the tab order while the list is hidden, where the focus would be invisible.
fn item(watch: Watch, step: &DiagramStep, current: bool, as_text: RwSignal<bool>) -> AnyView {
    let seq = step.seq;
    let words = step.words.clone();
    client_only(view! {
        <li value=seq.to_string()>
            <button type="button" class="line" aria-current=current.then_some("step")
                tabindex=move || if as_text.get() { "0" } else { "-1" }
                on:click=move |_| watch.chosen.set(Some(seq))>
                {words}
            </button>
        </li>
    })
}
