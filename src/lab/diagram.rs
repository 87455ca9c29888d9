//! The log as a sequence diagram. Not every event is an arrow: what an arrow or its answer says already is left to the list of
//! events, so that a sign-in fits a screen. One list of steps feeds the picture, its twin in words and the exported file, which
//! therefore cannot differ.

mod draw;
mod view;

pub use draw::{Layout, Room, escape, svg};
pub use view::{SequenceDiagram, SequenceDiagramProps};

use std::collections::HashSet;

use super::event::{CookieSet, Event, Lifeline, Request, Response, Ruling, Seen, SessionRow, Verdict, What};
use super::exchange::is_browser;
use super::words;
use crate::api::error::Code;

/// One thing that is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    pub seq: u64,
    pub shape: Shape,
    pub tone: Tone,
    pub label: String,
    /// A second, smaller line.
    pub detail: String,
    /// The same as a sentence.
    pub words: String,
    /// It waited on its way.
    pub held: bool,
    /// It never arrived.
    pub lost: bool,
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
    /// From edge to edge: it concerns everybody.
    Across,
}

/// What it is about. The label always says it as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Plain,
    Access,
    Refresh,
    Bad,
    Thief,
}

impl Step {
    fn new(event: &Event, shape: Shape, tone: Tone, label: impl Into<String>) -> Self {
        Self {
            seq: event.seq,
            shape,
            tone,
            label: label.into(),
            detail: String::new(),
            words: words::event(event),
            held: false,
            lost: false,
        }
    }

    fn detail(self, detail: impl Into<String>) -> Self {
        Self { detail: detail.into(), ..self }
    }

    fn words(self, words: impl Into<String>) -> Self {
        Self { words: words.into(), ..self }
    }

    fn touches(&self, who: Lifeline) -> bool {
        match self.shape {
            Shape::Ask { from, to } | Shape::Answer { from, to } => from == who || to == who,
            Shape::Note { at } => at == who,
            Shape::Across => false,
        }
    }
}

/// Those that take part, from left to right.
pub fn lanes(steps: &[Step]) -> Vec<Lifeline> {
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
    let always = |who| matches!(who, Lifeline::You | Lifeline::Tab | Lifeline::Server);
    ORDER.into_iter().filter(|who| always(*who) || steps.iter().any(|step| step.touches(*who))).collect()
}

pub fn steps(events: &[Event]) -> Vec<Step> {
    let of = |wanted: fn(&What) -> bool| -> HashSet<u64> {
        events.iter().filter(|event| wanted(&event.what)).filter_map(|event| event.exchange).collect()
    };
    let lost = of(|what| matches!(what, What::Lost { .. }));
    let held = of(|what| matches!(what, What::Held { .. }));
    let waiting = of(|what| matches!(what, What::Held { micros: 0, .. }));
    let answered = of(|what| matches!(what, What::Response(_)));
    let mut steps = Vec::new();
    for event in events {
        let is = |set: &HashSet<u64>| event.exchange.is_some_and(|exchange| set.contains(&exchange));
        match &event.what {
            What::Request(request) => steps.push(Step { held: is(&held), ..asked(event, request) }),
            What::Response(response) => answer(&mut steps, event, response, is(&lost)),
            What::Lost { .. } if is(&answered) => {}
            // The end of a wait that is drawn already.
            What::Held { micros: 1.., .. } if is(&waiting) => {}
            _ => steps.extend(other(event)),
        }
    }
    steps
}

fn asked(event: &Event, request: &Request) -> Step {
    let shape = Shape::Ask { from: request.from, to: Lifeline::Server };
    let (tone, detail) = match (&request.refresh, &request.bearer) {
        (Some(seen), _) => (Tone::Refresh, format!("{} · {}", words::refresh(seen), seen.chip.words)),
        (None, Some(token)) => (Tone::Access, format!("access token · {}", token.chip.words)),
        (None, None) => (Tone::Plain, String::new()),
    };
    let tone = if request.from == Lifeline::Thief { Tone::Thief } else { tone };
    Step::new(event, shape, tone, format!("{} {}", request.method, request.path)).detail(detail)
}

fn answer(steps: &mut Vec<Step>, event: &Event, response: &Response, lost: bool) {
    let shape = Shape::Answer { from: Lifeline::Server, to: response.to };
    let bad = response.status >= 400;
    let tone = match &response.access {
        _ if response.to == Lifeline::Thief => Tone::Thief,
        _ if bad => Tone::Bad,
        Some(_) => Tone::Access,
        None => Tone::Plain,
    };
    let label = match response.code {
        Some(code) => format!("{} {}", response.status, short(code)),
        None => format!("{} {}", response.status, words::status(response.status)),
    };
    let detail =
        response.access.as_ref().map_or_else(String::new, |token| format!("access token · {}", token.chip.words));
    let step = Step::new(event, shape, tone, label).detail(detail);
    if lost {
        let words = format!("{} It never arrives.", step.words);
        steps.push(Step { lost: true, ..step }.words(words).detail("lost on its way"));
        return;
    }
    steps.push(step);
    // Whoever is no tab of this browser has a jar of its own.
    let to = if is_browser(response.to) { Lifeline::CookieJar } else { response.to };
    steps.extend(response.cookies.iter().filter_map(|cookie| kept(event, cookie, to)));
}

fn kept(event: &Event, cookie: &CookieSet, to: Lifeline) -> Option<Step> {
    let shape = Shape::Answer { from: Lifeline::Server, to };
    let tone = if to == Lifeline::Thief { Tone::Thief } else { Tone::Refresh };
    if cookie.cleared {
        let cleared = Step::new(event, shape, tone, "Set-Cookie: nothing");
        return (cookie.name == super::story::REFRESH_COOKIE)
            .then(|| cleared.words("The refresh cookie is taken out of the cookie jar."));
    }
    let seen = cookie.refresh.as_ref()?;
    let words = format!("{} now has {} ({}).", words::sentence(words::the(to)), words::refresh(seen), seen.chip.words);
    let detail = format!("{} · {}", words::refresh(seen), seen.chip.words);
    Some(Step::new(event, shape, tone, "Set-Cookie").detail(detail).words(words))
}

/// A refusal on an arrow: the code without what the picture shows anyway.
fn short(code: Code) -> &'static str {
    match code {
        Code::AccessTokenMissing => "no access token",
        Code::AccessTokenExpired => "access token expired",
        Code::AccessTokenInvalid => "access token not genuine",
        Code::SessionRevoked => "session is over",
        Code::RefreshTokenMissing => "no refresh token",
        Code::RefreshTokenInvalid => "refresh token not genuine",
        Code::RefreshTokenExpired => "session expired",
        Code::RefreshTokenReused => "refresh token reused",
        Code::InsufficientUserAuthentication => "password too long ago",
        Code::InvalidCredentials => "wrong e-mail or password",
        Code::ValidationFailed => "input does not fit",
        Code::EmailTaken => "e-mail taken",
        Code::NotFound => "not found",
        Code::CrossSiteRequest => "another site asked",
        Code::RateLimited => "too many attempts",
        Code::TemporarilyUnavailable => "not right now",
    }
}

fn other(event: &Event) -> Option<Step> {
    let note = |at, tone, label: String| Some(Step::new(event, Shape::Note { at }, tone, label));
    let across = |label: String| Some(Step::new(event, Shape::Across, Tone::Plain, label));
    let arrow = |from, to, tone, label: &str| Step::new(event, Shape::Ask { from, to }, tone, label);
    match &event.what {
        What::Acted { action } => {
            let (to, label) = words::ask_of(action);
            Some(arrow(Lifeline::You, to, Tone::Plain, label))
        }
        What::Lost { to } => {
            let shape = Shape::Answer { from: Lifeline::Server, to: *to };
            Some(Step { lost: true, ..Step::new(event, shape, Tone::Bad, "lost on its way") })
        }
        What::Held { why, .. } => note(Lifeline::Server, Tone::Plain, words::held_by(*why).to_owned()),
        What::PasswordChecked { right: true } => note(Lifeline::Server, Tone::Plain, "password is right".to_owned()),
        What::PasswordChecked { right: false } => note(Lifeline::Server, Tone::Bad, "password is wrong".to_owned()),
        What::AccessChecked { verdict } => {
            let tone = if *verdict == Verdict::Valid { Tone::Access } else { Tone::Bad };
            note(Lifeline::Server, tone, format!("access token: {}", words::verdict(*verdict)))
        }
        What::Decided { ruling, presented, newest, .. } => {
            let tone = if matches!(ruling, Ruling::Reuse | Ruling::Ahead) { Tone::Bad } else { Tone::Refresh };
            let label = format!("{presented} came, newest {newest}: {}", words::ruling_name(*ruling));
            note(Lifeline::Server, tone, label)
        }
        What::Swapped { won: false } => {
            note(Lifeline::Server, Tone::Plain, "another was faster: look again".to_owned())
        }
        What::SessionEnded { .. } => note(Lifeline::Server, Tone::Bad, "session is over".to_owned()),
        What::Row { row, changed } => {
            let step = arrow(Lifeline::Server, Lifeline::Database, Tone::Plain, &wrote(row, changed));
            Some(step.detail(columns(changed)))
        }
        What::RowGone { .. } => Some(arrow(Lifeline::Server, Lifeline::Database, Tone::Plain, "delete the row")),
        What::Restarted => across("the server starts again".to_owned()),
        What::ClockJumped { seconds } => across(format!("the clock jumps by {}", words::span(*seconds))),
        What::StoleRefresh { token } => {
            let step = arrow(Lifeline::CookieJar, Lifeline::Thief, Tone::Thief, "copies the refresh token");
            Some(step.detail(format!("{} · {}", words::refresh(token), token.chip.words)))
        }
        What::StoleAccess { token } => {
            let step = arrow(Lifeline::Tab, Lifeline::Thief, Tone::Thief, "copies the access token");
            Some(step.detail(format!("access token · {}", token.chip.words)))
        }
        What::StoleRow { .. } => Some(arrow(Lifeline::Database, Lifeline::Thief, Tone::Thief, "copies the row")),
        What::Seen { tab, seen } => saw(event, *tab, seen),
        What::Probed { .. } => note(Lifeline::Tab, Tone::Thief, "a script is injected".to_owned()),
        What::Opened { .. }
        | What::Swapped { won: true }
        | What::Keys { .. }
        | What::Settings { .. }
        | What::Request(_)
        | What::Response(_) => None,
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
    if changed.iter().any(|column| column == "id") { String::new() } else { words::counted(changed.len(), "column") }
}

fn saw(event: &Event, tab: Lifeline, seen: &Seen) -> Option<Step> {
    let note = |tone, label: String| Some(Step::new(event, Shape::Note { at: tab }, tone, label));
    match seen {
        Seen::AuthState { state } if state == "unknown" => None,
        Seen::AuthState { state } if state == "offline" => note(Tone::Bad, "offline".to_owned()),
        Seen::AuthState { state } => note(Tone::Plain, words::auth_state(state).to_owned()),
        Seen::TokenForgotten => note(Tone::Access, "forgets its token".to_owned()),
        Seen::JoinsRefresh => note(Tone::Plain, "waits for the refresh".to_owned()),
        Seen::Draft { characters } => note(Tone::Plain, format!("{characters} letters unsaved")),
        Seen::CouldNot { .. } => note(Tone::Bad, "could not".to_owned()),
        Seen::TokenHeld { .. } | Seen::Refused { .. } | Seen::RefreshBegins | Seen::Retries { .. } => None,
    }
}
