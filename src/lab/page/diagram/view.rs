//! The diagram on the page, with its text alternative (WCAG 1.1.1). The drawing serves sight and pointer; the list beside it says
//! the same in words and is always in the page, for screen readers, and for the keyboard once it is shown. It begins at the cause:
//! the action or the scene's step of the chosen moment. What was before is one button away.

use leptos::{html, prelude::*, wasm_bindgen::JsCast as _, web_sys};

use super::draw::{HEAD, Layout, Placed, escape};
use crate::lab::model::steps::{DiagramStep, folded, lanes, steps};
use crate::lab::model::watch::Watch;
use crate::lab::words::t;
use crate::ui::support::sync_hydrated::client_only;

/// The number of steps shown at most.
const SHOWN: usize = 120;
/// Pixels, until the place was measured.
const WIDTH: u32 = 600;

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
    /// `cause` is the `seq` with which the drawing begins.
    fn of(all: &[DiagramStep], chosen: Option<u64>, cause: u64, width: u32) -> Self {
        let current = match chosen {
            Some(chosen) => all.iter().rev().find(|step| step.seq <= chosen),
            None => all.last(),
        };
        let begin = all.partition_point(|step| step.seq < cause);
        let end = all.len().min(begin + SHOWN);
        let steps = all.get(begin..end).unwrap_or_default();
        let layout = Layout::of(lanes(steps), steps, width);
        Self { layout, earlier: begin, later: all.len() - end, current: current.map(|step| step.seq), chosen }
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
    let (whole, as_text) = (RwSignal::new(false), RwSignal::new(false));
    let width = RwSignal::new(WIDTH);
    let node = NodeRef::<html::Div>::new();
    let visible = Memo::new(move |_| {
        let all = watch.events.with(|events| folded(&steps(events)));
        let cause = if whole.get() { 0 } else { watch.cause() };
        VisibleSteps::of(&all, watch.chosen.get(), cause, width.get())
    });
    measure(node, width);
    show_chosen(node, visible);
    let picture = move || visible.with(picture);
    let earlier = Memo::new(move |_| visible.with(|visible| visible.earlier));
    client_only(view! {
        <section class="panel sequence" aria-labelledby="lab-sequence">
            <div class="panel-head">
                <h2 id="lab-sequence">{t("What happens", "Was geschieht")}</h2>
                <button type="button" class="small" aria-pressed=move || whole.get().to_string()
                    hidden=move || earlier.get() == 0 && !whole.get() on:click=move |_| whole.update(|on| *on = !*on)>
                    {t("From the beginning", "Von Anfang an")}
                </button>
                <button type="button" class="small" aria-pressed=move || as_text.get().to_string()
                    on:click=move |_| as_text.update(|on| *on = !*on)>
                    {t("As text", "Als Text")}
                </button>
            </div>
            <div class="scroll" class:hidden-picture=move || as_text.get() aria-hidden="true" node_ref=node
                on:click=move |event| if let Some(seq) = pressed(&event) { watch.chosen.set(Some(seq)) }
                inner_html=picture>
            </div>
            {text_alternative(watch, visible, as_text)}
            {move || later(watch, visible.with(|visible| visible.later))}
        </section>
    })
}

/// Updates `width` when the place of the drawing gets another size.
fn measure(node: NodeRef<html::Div>, width: RwSignal<u32>) {
    let look = move || {
        let wide = node.get().map_or(0, |element| element.client_width());
        // A hidden element measures zero.
        if let Some(wide) = u32::try_from(wide).ok().filter(|wide| *wide > 0 && *wide != width.get_untracked()) {
            width.set(wide);
        }
    };
    // In an effect, because the server has no window.
    Effect::new(move |_| {
        look();
        request_animation_frame(move || untrack(look));
        let listener = window_event_listener_untyped("resize", move |_| untrack(look));
        on_cleanup(move || listener.remove());
    });
}

/// Scrolls a chosen moment into view, and a new story to its cause.
fn show_chosen(node: NodeRef<html::Div>, visible: Memo<VisibleSteps>) {
    let place = Memo::new(move |_| visible.with(|visible| (visible.depth(), visible.earlier)));
    Effect::new(move |_| {
        let (depth, _) = place.get();
        let Some(element) = node.get() else { return };
        let height = element.client_height();
        let depth = depth.map_or(0, |depth| i32::try_from(depth).unwrap_or(0));
        let top = element.scroll_top();
        if depth == 0 || depth < top + 20 || depth + 80 > top + height {
            element.set_scroll_top((depth - height / 2).max(0));
        }
    });
}

fn later(watch: Watch, count: usize) -> Option<AnyView> {
    (count > 0).then(|| {
        client_only(view! {
            <button type="button" class="small wide" on:click=move |_| watch.chosen.set(None)>
                {format!("{} ({count})", t("Later steps", "Spätere Schritte"))}
            </button>
        })
    })
}

/// The names are an SVG of their own, so that they stay in place while the rest scrolls (sticky header).
fn picture(visible: &VisibleSteps) -> String {
    let layout = &visible.layout;
    let (width, height, head) = (layout.width, layout.height, HEAD);
    let names = layout.head();
    let body = layout.body(visible.current, visible.chosen);
    format!(
        r#"<svg class="names" viewBox="0 0 {width} {head}" width="{width}" height="{head}">{names}</svg><svg class="steps" viewBox="0 0 {width} {height}" width="{width}" height="{height}">{body}</svg>"#
    )
}

fn text_alternative(watch: Watch, visible: Memo<VisibleSteps>, as_text: RwSignal<bool>) -> AnyView {
    let items = move || {
        let on = as_text.get();
        visible.with(|visible| {
            let item = |placed: &Placed| item(&placed.step, visible.current == Some(placed.step.seq), on);
            visible.layout.placed.iter().map(item).collect::<String>()
        })
    };
    client_only(view! {
        <ol class="twin" class:unseen=move || !as_text.get()
            aria-label=t("What happens, in words", "Was geschieht, in Worten") inner_html=items
            on:click=move |event| if let Some(seq) = pressed(&event) { watch.chosen.set(Some(seq)) }>
        </ol>
    })
}

/// Not in the tab order while the list is hidden, where the focus would be invisible.
fn item(step: &DiagramStep, current: bool, as_text: bool) -> String {
    format!(
        r#"<li value="{0}"><button type="button" class="line" data-seq="{0}" tabindex="{1}"{2}>{3}</button></li>"#,
        step.seq,
        if as_text { "0" } else { "-1" },
        if current { " aria-current=\"step\"" } else { "" },
        escape(&step.counted(&step.words))
    )
}
