//! The steps of the sequence diagram (UML: lifelines, messages, notes), derived from the log. Events that only repeat what an arrow
//! already shows become no step, so a sign-in fits a screen. One list of steps feeds the drawing, its text alternative and the
//! exports, which therefore cannot differ.

use std::collections::HashSet;

use super::event::{
    CookieSet, Lifeline, LogEvent, LogEventKind, RecordedRequest, RecordedResponse, Ruling, SessionRow, TabEvent,
    Verdict,
};
use super::exchange::is_browser;
use super::labels;
use crate::protocol::code::Code;

/// One message or note of the diagram.
#[derive(Clone, Debug, PartialEq)]
pub struct DiagramStep {
    pub seq: u64,
    pub shape: Shape,
    pub tone: Tone,
    pub label: String,
    /// A second, smaller line.
    pub detail: String,
    /// The text alternative: the step as a sentence.
    pub words: String,
    /// It was held back on its way.
    pub held: bool,
    /// It never arrived.
    pub lost: bool,
    /// How many equal steps of one action it stands for.
    pub times: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Ask {
        from: Lifeline,
        to: Lifeline,
    },
    Answer {
        from: Lifeline,
        to: Lifeline,
    },
    Note {
        at: Lifeline,
    },
    /// A note across all lifelines.
    Across,
}

/// The subject, for styling. The label always states it as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Plain,
    Access,
    Refresh,
    Bad,
    Thief,
}

impl DiagramStep {
    fn new(event: &LogEvent, shape: Shape, tone: Tone, label: impl Into<String>) -> Self {
        Self {
            seq: event.seq,
            shape,
            tone,
            label: label.into(),
            detail: String::new(),
            words: labels::event(event),
            held: false,
            lost: false,
            times: 1,
        }
    }

    /// A text of the step, with the number of equal steps that it stands for.
    pub fn counted(&self, text: &str) -> String {
        if self.times == 1 { text.to_owned() } else { format!("{} × {text}", self.times) }
    }

    /// Whether the step is an action of the visitor.
    const fn is_action(&self) -> bool {
        matches!(self.shape, Shape::Ask { from: Lifeline::You, .. })
    }

    fn is_like(&self, other: &Self) -> bool {
        (self.shape, self.tone, self.held, self.lost) == (other.shape, other.tone, other.held, other.lost)
            && (&self.label, &self.detail) == (&other.label, &other.detail)
    }

    fn detail(self, detail: impl Into<String>) -> Self {
        Self { detail: detail.into(), ..self }
    }

    fn words(self, words: impl Into<String>) -> Self {
        Self { words: words.into(), ..self }
    }

    fn touches(&self, lifeline: Lifeline) -> bool {
        match self.shape {
            Shape::Ask { from, to } | Shape::Answer { from, to } => from == lifeline || to == lifeline,
            Shape::Note { at } => at == lifeline,
            Shape::Across => false,
        }
    }
}

/// The lifelines that take part, from left to right.
pub fn lanes(steps: &[DiagramStep]) -> Vec<Lifeline> {
    const ORDER: [Lifeline; 9] = [
        Lifeline::You,
        Lifeline::Tab,
        Lifeline::Tab2,
        Lifeline::CookieJar,
        Lifeline::Server,
        Lifeline::Database,
        Lifeline::Thief,
        Lifeline::OtherDevice,
        Lifeline::OtherSite,
    ];
    let always = |lifeline| matches!(lifeline, Lifeline::You | Lifeline::Tab | Lifeline::Server);
    ORDER.into_iter().filter(|lifeline| always(*lifeline) || steps.iter().any(|step| step.touches(*lifeline))).collect()
}

pub fn steps(events: &[LogEvent]) -> Vec<DiagramStep> {
    let of = |wanted: fn(&LogEventKind) -> bool| -> HashSet<u64> {
        events.iter().filter(|event| wanted(&event.kind)).filter_map(|event| event.exchange).collect()
    };
    let lost = of(|what| matches!(what, LogEventKind::Lost { .. }));
    let held = of(|what| matches!(what, LogEventKind::Held { .. }));
    let waiting = of(|what| matches!(what, LogEventKind::Held { micros: 0, .. }));
    let answered = of(|what| matches!(what, LogEventKind::Response(_)));
    let mut steps = Vec::new();
    for event in events {
        let is = |set: &HashSet<u64>| event.exchange.is_some_and(|exchange| set.contains(&exchange));
        match &event.kind {
            LogEventKind::Request(request) => asked(&mut steps, event, request, is(&held)),
            LogEventKind::Response(response) => answer(&mut steps, event, response, is(&lost)),
            LogEventKind::Lost { .. } if is(&answered) => {}
            // The end of a hold that is drawn already.
            LogEventKind::Held { micros: 1.., .. } if is(&waiting) => {}
            _ => steps.extend(other(event)),
        }
    }
    steps
}

/// Equal steps of one action as one step, with their number: fifty calls at once are one arrow.
pub fn folded(steps: &[DiagramStep]) -> Vec<DiagramStep> {
    let mut folded: Vec<DiagramStep> = Vec::new();
    let mut begin = 0;
    for step in steps {
        if step.is_action() {
            begin = folded.len();
        }
        match folded[begin..].iter_mut().find(|other| other.is_like(step)) {
            Some(other) => other.times += 1,
            None => folded.push(step.clone()),
        }
    }
    folded
}

/// A page has no refresh token: it asks without one, and the browser adds the cookie from its jar. So that is two arrows.
fn asked(steps: &mut Vec<DiagramStep>, event: &LogEvent, request: &RecordedRequest, held: bool) {
    let label = format!("{} {}", request.method, request.path);
    let in_jar = is_browser(request.from) && request.refresh.is_some();
    let (tone, detail) = match (&request.refresh, &request.bearer) {
        (Some(seen), _) => (Tone::Refresh, format!("{} · {}", labels::refresh(seen), seen.fingerprint.words)),
        (None, Some(token)) => (Tone::Access, format!("access token · {}", token.fingerprint.words)),
        (None, None) => (Tone::Plain, String::new()),
    };
    if in_jar {
        let shape = Shape::Ask { from: request.from, to: Lifeline::CookieJar };
        let words = format!("{} asks, without a refresh token.", labels::sentence(labels::the(request.from)));
        steps.push(DiagramStep::new(event, shape, Tone::Plain, label.clone()).words(words));
    }
    let from = if in_jar { Lifeline::CookieJar } else { request.from };
    let tone = if request.from == Lifeline::Thief { Tone::Thief } else { tone };
    let shape = Shape::Ask { from, to: Lifeline::Server };
    steps.push(DiagramStep { held, ..DiagramStep::new(event, shape, tone, label).detail(detail) });
}

fn answer(steps: &mut Vec<DiagramStep>, event: &LogEvent, response: &RecordedResponse, lost: bool) {
    let shape = Shape::Answer { from: Lifeline::Server, to: response.to };
    let bad = response.status >= 400;
    let tone = match &response.access {
        _ if response.to == Lifeline::Thief => Tone::Thief,
        _ if bad => Tone::Bad,
        Some(_) => Tone::Access,
        None => Tone::Plain,
    };
    let label = match response.code {
        Some(code) => format!("{} {}", response.status, code_label(code)),
        None => format!("{} {}", response.status, labels::status(response.status)),
    };
    let detail = response
        .access
        .as_ref()
        .map_or_else(String::new, |token| format!("access token · {}", token.fingerprint.words));
    let step = DiagramStep::new(event, shape, tone, label).detail(detail);
    if lost {
        let words = format!("{} It never arrives.", step.words);
        steps.push(DiagramStep { lost: true, ..step }.words(words).detail("lost on its way"));
        return;
    }
    steps.push(step);
    // Participants other than this browser's tabs have cookie jars of their own.
    let to = if is_browser(response.to) { Lifeline::CookieJar } else { response.to };
    steps.extend(response.cookies.iter().filter_map(|cookie| kept(event, cookie, to)));
}

fn kept(event: &LogEvent, cookie: &CookieSet, to: Lifeline) -> Option<DiagramStep> {
    let shape = Shape::Answer { from: Lifeline::Server, to };
    let tone = if to == Lifeline::Thief { Tone::Thief } else { Tone::Refresh };
    if cookie.cleared {
        let cleared = DiagramStep::new(event, shape, tone, "Set-Cookie: nothing");
        return (cookie.name == super::snapshot::REFRESH_COOKIE)
            .then(|| cleared.words("The refresh cookie is taken out of the cookie jar."));
    }
    let seen = cookie.refresh.as_ref()?;
    let words = format!(
        "{} now has {} ({}).",
        labels::sentence(labels::the(to)),
        labels::refresh(seen),
        seen.fingerprint.words
    );
    let detail = format!("{} · {}", labels::refresh(seen), seen.fingerprint.words);
    Some(DiagramStep::new(event, shape, tone, "Set-Cookie").detail(detail).words(words))
}

/// A refusal's label on an arrow: the code's name in words, where no shorter one says more.
fn code_label(code: Code) -> String {
    let label = match code {
        Code::AccessTokenMissing => "no access token",
        Code::AccessTokenInvalid => "access token not genuine",
        Code::SessionRevoked => "session is over",
        Code::RefreshTokenMissing => "no refresh token",
        Code::RefreshTokenInvalid => "refresh token not genuine",
        Code::RefreshTokenExpired => "session expired",
        Code::InsufficientUserAuthentication => "password too long ago",
        Code::InvalidCredentials => "wrong e-mail or password",
        Code::ValidationFailed => "input does not fit",
        Code::EmailTaken => "e-mail taken",
        Code::CrossSiteRequest => "another site asked",
        Code::RateLimited => "too many attempts",
        Code::TemporarilyUnavailable => "not right now",
        code => return code.as_str().replace('_', " "),
    };
    label.to_owned()
}

fn other(event: &LogEvent) -> Option<DiagramStep> {
    let note = |at, tone, label: String| Some(DiagramStep::new(event, Shape::Note { at }, tone, label));
    let across = |label: String| Some(DiagramStep::new(event, Shape::Across, Tone::Plain, label));
    let arrow = |from, to, tone, label: &str| DiagramStep::new(event, Shape::Ask { from, to }, tone, label);
    match &event.kind {
        LogEventKind::Acted { action } => {
            let (to, label) = labels::ask_of(action);
            Some(arrow(Lifeline::You, to, Tone::Plain, label))
        }
        LogEventKind::Lost { to } => {
            let shape = Shape::Answer { from: Lifeline::Server, to: *to };
            Some(DiagramStep { lost: true, ..DiagramStep::new(event, shape, Tone::Bad, "lost on its way") })
        }
        LogEventKind::Held { why, .. } => note(Lifeline::Server, Tone::Plain, labels::held_by(*why).to_owned()),
        LogEventKind::PasswordChecked { right: true } => {
            note(Lifeline::Server, Tone::Plain, "password is right".to_owned())
        }
        LogEventKind::PasswordChecked { right: false } => {
            note(Lifeline::Server, Tone::Bad, "password is wrong".to_owned())
        }
        LogEventKind::AccessChecked { verdict } => {
            let tone = if *verdict == Verdict::Valid { Tone::Access } else { Tone::Bad };
            note(Lifeline::Server, tone, format!("access token: {}", labels::verdict(*verdict)))
        }
        LogEventKind::Decided { ruling, presented, newest, .. } => {
            let tone = if matches!(ruling, Ruling::Reuse | Ruling::Ahead) { Tone::Bad } else { Tone::Refresh };
            let label = format!("{presented} came, newest {newest}: {}", labels::ruling_name(*ruling));
            note(Lifeline::Server, tone, label)
        }
        LogEventKind::SessionEnded { .. } => note(Lifeline::Server, Tone::Bad, "session is over".to_owned()),
        LogEventKind::Row { row, changed } => {
            let step = arrow(Lifeline::Server, Lifeline::Database, Tone::Plain, &wrote(row, changed));
            Some(step.detail(columns(changed)))
        }
        LogEventKind::RowGone { .. } => {
            Some(arrow(Lifeline::Server, Lifeline::Database, Tone::Plain, "delete the row"))
        }
        LogEventKind::Restarted => across("the server starts again".to_owned()),
        LogEventKind::ClockJumped { seconds } => across(format!("the clock jumps by {}", labels::duration(*seconds))),
        LogEventKind::StoleRefresh { token } => {
            let step = arrow(Lifeline::CookieJar, Lifeline::Thief, Tone::Thief, "copies the refresh token");
            Some(step.detail(format!("{} · {}", labels::refresh(token), token.fingerprint.words)))
        }
        LogEventKind::StoleAccess { token } => {
            let step = arrow(Lifeline::Tab, Lifeline::Thief, Tone::Thief, "copies the access token");
            Some(step.detail(format!("access token · {}", token.fingerprint.words)))
        }
        LogEventKind::StoleRow { .. } => {
            Some(arrow(Lifeline::Database, Lifeline::Thief, Tone::Thief, "copies the row"))
        }
        LogEventKind::Seen { tab, seen } => tab_event(event, *tab, seen),
        LogEventKind::Probed { .. } => note(Lifeline::Tab, Tone::Thief, "a script is injected".to_owned()),
        LogEventKind::Opened { .. }
        | LogEventKind::Rotated
        | LogEventKind::Keys { .. }
        | LogEventKind::Settings { .. }
        | LogEventKind::Request(_)
        | LogEventKind::Response(_) => None,
    }
}

fn wrote(row: &SessionRow, changed: &[String]) -> String {
    match changed {
        _ if changed.iter().any(|column| column == "id") => "new session row".to_owned(),
        _ if row.revoked.is_some() => "row: session ended".to_owned(),
        _ => format!("row: generation {}", row.generation),
    }
}

fn columns(changed: &[String]) -> String {
    if changed.iter().any(|column| column == "id") { String::new() } else { labels::counted(changed.len(), "column") }
}

fn tab_event(event: &LogEvent, tab: Lifeline, seen: &TabEvent) -> Option<DiagramStep> {
    let note = |tone, label: String| Some(DiagramStep::new(event, Shape::Note { at: tab }, tone, label));
    match seen {
        TabEvent::AuthState { state } if state == "unknown" => None,
        TabEvent::AuthState { state } if state == "offline" => note(Tone::Bad, "offline".to_owned()),
        TabEvent::AuthState { state } => note(Tone::Plain, labels::auth_state(state).to_owned()),
        TabEvent::TokenForgotten => note(Tone::Access, "forgets its token".to_owned()),
        TabEvent::JoinsRefresh => note(Tone::Plain, "waits for the refresh".to_owned()),
        TabEvent::Draft { characters } => note(Tone::Plain, format!("{characters} letters unsaved")),
        TabEvent::CouldNot { .. } => note(Tone::Bad, "could not".to_owned()),
        TabEvent::TokenHeld { .. } | TabEvent::Refused { .. } | TabEvent::RefreshBegins | TabEvent::Retries { .. } => {
            None
        }
    }
}
