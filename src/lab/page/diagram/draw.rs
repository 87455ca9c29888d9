//! Layout of the sequence diagram and its SVG text. It renders text instead of a view: the drawing changes as a whole, the export is
//! the same text with its style inside, and a view for each line would need far more code in the browser. Everything that comes
//! from an event therefore passes through [`escape`] (output encoding).

use crate::lab::model::event::{Lifeline, LogEvent};
use crate::lab::model::labels;
use crate::lab::model::steps::{DiagramStep, Shape, Tone, lanes, steps};

pub const HEAD: u32 = 44;

/// The left margin in pixels, for the numbers and the mark.
const GUTTER: u32 = 34;
/// The width of a lane in pixels: in an exported file, and at least and at most on the page.
const CELL: u32 = 164;
const CELL_MIN: u32 = 46;
const CELL_MAX: u32 = 240;
/// Half the width of a name's box in pixels, where its lane has the room.
const HALF: u32 = 56;

/// The average width of a letter in pixels: of a label, and of the smaller line.
const LETTER: f32 = 6.9;
const SMALL_LETTER: f32 = 6.0;

/// The style of the exported file; the page has the same in its style sheet, in both themes.
const STYLE: &str = "text{font:13px system-ui,sans-serif;fill:#1d2230;text-anchor:middle;paint-order:stroke;stroke:#fffdf8;\
stroke-width:4px;stroke-linejoin:round}.sub,.no{font-size:11.5px;fill:#575b69}.no{text-anchor:end}.name{font-weight:600}\
.paper{fill:#fffdf8}.life{stroke:#ddd3c1}.head{fill:#f8f3e9;stroke:#8b8271}.way{fill:none;stroke:#1d2230;stroke-width:1.6}\
.tip{fill:#1d2230}.box{fill:#f8f3e9;stroke:#8b8271}.note text{stroke:none}.access .way,.access .box{stroke:#8a5200}\
.access .tip{fill:#8a5200}.access .box{fill:#fbe9c8}.refresh .way,.refresh .box{stroke:#0b625e}.refresh .tip{fill:#0b625e}\
.refresh .box{fill:#d3ece8}.bad .way,.bad .box,.thief .way,.thief .box,.thief .head{stroke:#a3261b}.bad .tip,.thief .tip{fill:#a3261b}\
.bad .box,.thief .box,.thief .head{fill:#fbe5df}.thief .way{stroke-dasharray:2 4}.held .way{stroke-dasharray:9 5}.way.open,.way.cross{stroke-dasharray:none}.hit{fill:none}\
.now .hit{fill:#f8f3e9}.now .way{stroke-width:3.5}.now .box{stroke-width:2.5}.here{fill:#1d2230}.later{opacity:.45}";

/// The steps with their positions, in pixels.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layout {
    pub lanes: Vec<Lifeline>,
    pub placed: Vec<Placed>,
    pub width: u32,
    pub height: u32,
    /// The width of a lane in pixels.
    cell: u32,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    pub step: DiagramStep,
    pub top: u32,
    pub tall: u32,
}

impl Layout {
    /// As wide as `width` pixels allow: the lanes share them.
    pub fn of(lanes: Vec<Lifeline>, steps: &[DiagramStep], width: u32) -> Self {
        let count = u32::try_from(lanes.len()).unwrap_or(1).max(1);
        let cell = (width.saturating_sub(GUTTER) / count).clamp(CELL_MIN, CELL_MAX);
        let mut top = 6;
        let placed = steps
            .iter()
            .map(|step| {
                let tall = match step.shape {
                    Shape::Note { .. } | Shape::Across => 36,
                    _ if step.detail.is_empty() => 38,
                    _ => 50,
                };
                let placed = Placed { step: step.clone(), top, tall };
                top += tall;
                placed
            })
            .collect();
        Self { lanes, placed, width: GUTTER + cell * count, height: top + 10, cell }
    }

    fn x(&self, lifeline: Lifeline) -> u32 {
        let lane = self.lanes.iter().position(|lane| *lane == lifeline).unwrap_or(0);
        GUTTER + self.cell / 2 + self.cell * u32::try_from(lane).unwrap_or(0)
    }

    /// The centre of a text, shifted so that the text stays within the drawing.
    fn within(&self, middle: u32, text: &str, letter: f32) -> u32 {
        let half = text_width(text, letter) / 2 + 3;
        let right = self.width.saturating_sub(half);
        middle.min(right).max(half + GUTTER - 10)
    }

    /// The names of the lifelines.
    pub fn head(&self) -> String {
        let mut out = String::new();
        let half = (self.cell / 2 - 2).min(HALF);
        for lifeline in &self.lanes {
            let (x, name) = (self.x(*lifeline), labels::lifeline(*lifeline));
            let (left, wide) = (x - half, half * 2);
            let role = if *lifeline == Lifeline::Thief { " thief" } else { "" };
            // A name that is wider than its box is pressed into it.
            let pressed = (text_width(name, LETTER + 0.6) + 6 > wide)
                .then(|| format!(r#" textLength="{}" lengthAdjust="spacingAndGlyphs""#, wide - 6));
            out += &format!(
                r#"<g class="lane{role}"><rect class="head" x="{left}" y="5" width="{wide}" height="30" rx="8"/><text class="name" x="{x}" y="25"{}>{name}</text></g>"#,
                pressed.unwrap_or_default()
            );
        }
        out
    }

    /// Everything below the names; steps after `chosen` are dimmed.
    pub fn body(&self, current: Option<u64>, chosen: Option<u64>) -> String {
        let mut out = String::new();
        for lifeline in &self.lanes {
            let x = self.x(*lifeline);
            out += &format!(r#"<path class="life" d="M{x} 0V{}"/>"#, self.height);
        }
        for (index, placed) in self.placed.iter().enumerate() {
            // The last one, where an event is more than one step.
            let next = self.placed.get(index + 1).map(|next| next.step.seq);
            let is_current = current == Some(placed.step.seq) && next != current;
            let later = chosen.is_some_and(|chosen| placed.step.seq > chosen);
            self.step(&mut out, placed, is_current, later);
        }
        out
    }

    fn step(&self, out: &mut String, placed: &Placed, current: bool, later: bool) {
        let Placed { step, top, tall } = placed;
        let tone = match step.tone {
            Tone::Plain => "plain",
            Tone::Access => "access",
            Tone::Refresh => "refresh",
            Tone::Bad => "bad",
            Tone::Thief => "thief",
        };
        let flag = |is: bool, name: &'static str| if is { name } else { "" };
        let kind = if matches!(step.shape, Shape::Note { .. } | Shape::Across) { "note" } else { "arrow" };
        *out += &format!(
            r#"<g class="step {kind} {tone}{}{}{}" data-seq="{}"><title>{}</title><rect class="hit" x="0" y="{top}" width="{}" height="{tall}"/>"#,
            flag(current, " now"),
            flag(later, " later"),
            flag(step.held, " held"),
            step.seq,
            escape(&step.counted(&step.words)),
            self.width
        );
        let middle = top + tall / 2;
        *out += &format!(r#"<text class="no" x="{}" y="{}">{}</text>"#, GUTTER - 12, middle + 4, step.seq);
        if current {
            *out += &format!(r#"<path class="here" d="M1 {}l8 6-8 6z"/>"#, middle - 6);
        }
        match step.shape {
            Shape::Ask { from, to } => self.arrow(out, placed, from, to, true),
            Shape::Answer { from, to } => self.arrow(out, placed, from, to, false),
            Shape::Note { at } => self.note(out, placed, self.x(at)),
            Shape::Across => self.across(out, placed),
        }
        *out += "</g>";
    }

    fn arrow(&self, out: &mut String, placed: &Placed, from: Lifeline, to: Lifeline, is_request: bool) {
        let Placed { step, top, .. } = placed;
        let (start, end) = (self.x(from), self.x(to));
        let y = top + 25;
        let (near, far, back) = if start < end { (start + 3, end - 3, -1) } else { (start - 3, end + 3, 1) };
        let middle = start.midpoint(end);
        if step.lost {
            // The line ends at the cross.
            let stop = middle.midpoint(end);
            *out += &format!(
                r#"<path class="way" d="M{near} {y}H{stop}"/><path class="way cross" d="M{0} {1}l12 12m0-12l-12 12"/>"#,
                stop - 6,
                y - 6
            );
        } else {
            *out += &format!(r#"<path class="way" d="M{near} {y}H{far}"/>"#);
            // A filled head for requests, an open head for responses (UML).
            *out += &if is_request {
                format!(r#"<path class="tip" d="M{far} {y}l{0} -5v10z"/>"#, back * 10)
            } else {
                format!(
                    r#"<path class="way open" d="M{0} {1}L{far} {y}l{2} 5"/>"#,
                    far.wrapping_add_signed(back * 9),
                    y - 5,
                    back * 9
                )
            };
        }
        self.text(out, "label", middle, y - 7, &step.counted(&step.label), LETTER);
        if !step.detail.is_empty() {
            self.text(out, "sub", middle, y + 15, &step.detail, SMALL_LETTER);
        }
    }

    fn text(&self, out: &mut String, class: &str, middle: u32, y: u32, text: &str, letter: f32) {
        let x = self.within(middle, text, letter);
        *out += &format!(r#"<text class="{class}" x="{x}" y="{y}">{}</text>"#, escape(text));
    }

    fn note(&self, out: &mut String, placed: &Placed, at: u32) {
        let Placed { step, top, .. } = placed;
        let label = step.counted(&step.label);
        let wide = text_width(&label, LETTER) + 20;
        let x = self.within(at, &label, LETTER + 0.8);
        let (left, y) = (x.saturating_sub(wide / 2), top + 4);
        *out += &format!(r#"<rect class="box" x="{left}" y="{y}" width="{wide}" height="27" rx="6"/>"#);
        self.text(out, "label", x, y + 18, &label, LETTER);
    }

    fn across(&self, out: &mut String, placed: &Placed) {
        let Placed { step, top, .. } = placed;
        let (y, wide) = (top + 4, self.width - GUTTER - 4);
        *out += &format!(r#"<rect class="box wide" x="{GUTTER}" y="{y}" width="{wide}" height="27" rx="6"/>"#);
        self.text(out, "label", GUTTER + wide / 2, y + 18, &step.label, LETTER);
    }
}

/// The estimated width of a text in pixels.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "an estimate")]
fn text_width(text: &str, letter: f32) -> u32 {
    (text.chars().count() as f32 * letter) as u32
}

/// Escapes text for SVG and HTML.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            '\'' => out += "&#39;",
            // XML does not allow control characters, not even escaped.
            _ if letter.is_control() => out.push(' '),
            _ => out.push(letter),
        }
    }
    out
}

/// The whole log as a standalone SVG file.
pub fn svg(events: &[LogEvent], chosen: Option<u64>) -> String {
    let steps = steps(events);
    let lanes = lanes(&steps);
    let width = GUTTER + CELL * u32::try_from(lanes.len()).unwrap_or(1);
    let layout = Layout::of(lanes, &steps, width);
    let current = chosen.and_then(|chosen| steps.iter().rev().find(|step| step.seq <= chosen)).map(|step| step.seq);
    let (width, height) = (layout.width, layout.height + HEAD);
    let sentences: Vec<String> = steps.iter().map(|step| format!("{}. {}", step.seq, escape(&step.words))).collect();
    [
        format!(r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" aria-labelledby="title desc">"#),
        "<title id=\"title\">What happened, as a sequence diagram</title>".to_owned(),
        format!(r#"<desc id="desc">{}</desc><style>{STYLE}</style>"#, sentences.join("\n")),
        format!(r#"<rect class="paper" width="{width}" height="{height}"/>{}"#, layout.head()),
        format!(r#"<g transform="translate(0 {HEAD})">{}</g></svg>"#, layout.body(current, None)),
        "\n".to_owned(),
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::lab::model::event::LogEventKind;
    use crate::lab::model::sample;
    use crate::lab::model::steps::folded;

    #[test]
    fn only_participants_have_a_lifeline() {
        assert_eq!(lanes(&[]), [Lifeline::You, Lifeline::Tab, Lifeline::Server]);
        let steps = steps(&sample::theft().events);
        use Lifeline::{CookieJar, Database, Server, Tab, Thief, You};
        assert_eq!(lanes(&steps), [You, Tab, CookieJar, Server, Database, Thief]);
    }

    #[test]
    fn each_step_is_drawn_once_and_in_order() {
        for log in sample::all() {
            let steps = steps(&log.events);
            let layout = Layout::of(lanes(&steps), &steps, 900);
            assert_eq!(layout.body(None, None).matches("<g class=\"step").count(), steps.len());
            assert!(layout.placed.windows(2).all(|pair| pair[0].top + pair[0].tall == pair[1].top));
            assert!(steps.windows(2).all(|pair| pair[0].seq <= pair[1].seq));
        }
    }

    #[test]
    fn every_lane_is_within_the_width_and_equal_calls_are_one_arrow() {
        let all = steps(&sample::theft().events);
        for width in [316, 460, 724, 1144] {
            let layout = Layout::of(lanes(&all), &all, width);
            assert!(layout.width <= width && layout.x(Lifeline::Thief) + layout.cell / 2 <= width, "{width}");
        }
        let log = sample::fifty();
        let all = folded(&steps(log.since_action()));
        let calls: Vec<_> =
            all.iter().filter(|step| step.label == "GET /api/notes/list").map(|step| step.times).collect();
        assert_eq!(calls, [50, 50], "the refused ones, and the same again");
        let layout = Layout::of(lanes(&all), &all, 700);
        assert_eq!(layout.body(None, None).matches(">50 × GET /api/notes/list<").count(), 2);
    }

    #[test]
    fn the_refresh_token_comes_from_the_cookie_jar() {
        let all = steps(sample::expired().since_action());
        let calls: Vec<_> = all.iter().filter(|step| step.label == "POST /api/auth/refresh").collect();
        use Lifeline::{CookieJar, Server, Tab};
        assert_eq!(calls[0].shape, Shape::Ask { from: Tab, to: CookieJar });
        assert_eq!((calls[0].tone, &*calls[0].detail), (Tone::Plain, ""));
        assert_eq!(calls[1].shape, Shape::Ask { from: CookieJar, to: Server });
        assert_eq!(calls[1].tone, Tone::Refresh);
    }

    #[test]
    fn the_current_step_is_marked_by_more_than_colour() {
        let log = sample::expired();
        let drawn = svg(&log.events, log.events.last().map(|event| event.seq));
        assert_eq!(drawn.matches(" now\" data-seq").count(), 1);
        assert_eq!(drawn.matches("class=\"here\"").count(), 1);
    }

    #[test]
    fn a_lost_response_ends_in_a_cross_and_sets_no_cookie() {
        let drawn = svg(&sample::lost_answer().events, None);
        assert_eq!(drawn.matches("way cross").count(), 1);
        assert!(drawn.contains("lost on its way"));
        // That of the sign-in before.
        assert_eq!(drawn.matches(">Set-Cookie<").count(), 1);
    }

    #[test]
    fn nothing_from_an_event_becomes_markup() {
        let mut log = sample::expired();
        for event in &mut log.events {
            if let LogEventKind::Request(request) = &mut event.kind {
                request.path = "/\"><script>alert('&')</script>\u{7}".to_owned();
            }
        }
        let drawn = svg(&log.events, None);
        assert!(!drawn.contains("<script"), "{drawn}");
        assert!(drawn.contains("&lt;script&gt;") && !drawn.contains('\u{7}'));
    }

    proptest! {
        #[test]
        fn any_sequence_of_events_can_be_drawn(events in sample::mixed()) {
            for length in 0..=events.len() {
                let events = &events[..length];
                let _ = svg(events, events.first().map(|event| event.seq));
            }
        }
    }
}
