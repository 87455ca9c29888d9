//! The steps of the sequence diagram (UML: lifelines, messages, notes), derived from the log. Events that only repeat what an arrow
//! already shows become no step, so a sign-in fits a screen. One list of steps feeds the drawing, its text alternative and the
//! exports, which therefore cannot differ.

use std::collections::HashSet;

use super::event::{
    AccessSeen, CookieSet, Lifeline, LogEvent, LogEventKind, RecordedRequest, RecordedResponse, RefreshSeen, Ruling,
    SessionRow, TabEvent, Verdict,
};
use super::exchange::is_browser;
use super::labels;
use crate::lab::words::{filled, t};
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
        (Some(seen), _) => (Tone::Refresh, refresh(seen)),
        (None, Some(token)) => (Tone::Access, access(token)),
        (None, None) => (Tone::Plain, String::new()),
    };
    if in_jar {
        let shape = Shape::Ask { from: request.from, to: Lifeline::CookieJar };
        let words = filled(
            t("{} asks, without a refresh token.", "{} fragt, ohne ein Refresh-Token."),
            &[&labels::sentence(labels::the(request.from))],
        );
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
    let detail = response.access.as_ref().map_or_else(String::new, access);
    let step = DiagramStep::new(event, shape, tone, label).detail(detail);
    if lost {
        let words = [&*step.words, t(" It never arrives.", " Sie kommt nie an.")].concat();
        steps.push(DiagramStep { lost: true, ..step }.words(words).detail(t("lost on its way", "unterwegs verloren")));
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
        let cleared = DiagramStep::new(event, shape, tone, t("Set-Cookie: nothing", "Set-Cookie: nichts"));
        return (cookie.name == super::snapshot::REFRESH_COOKIE).then(|| {
            cleared.words(t(
                "The refresh cookie is taken out of the cookie jar.",
                "Das Refresh-Cookie wird aus dem Cookie-Speicher genommen.",
            ))
        });
    }
    let seen = cookie.refresh.as_ref()?;
    let words = filled(
        t("{} now has {} ({}).", "{} hat nun {} ({})."),
        &[&labels::sentence(labels::the(to)), &labels::refresh(seen), &seen.fingerprint.words],
    );
    let detail = refresh(seen);
    Some(DiagramStep::new(event, shape, tone, "Set-Cookie").detail(detail).words(words))
}

/// The smaller line of a step that carries an access token.
fn access(token: &AccessSeen) -> String {
    [t("access token · ", "Access-Token · "), &token.fingerprint.words].concat()
}

fn refresh(seen: &RefreshSeen) -> String {
    [&labels::refresh(seen), " · ", &*seen.fingerprint.words].concat()
}

/// A refusal's label on an arrow: the code's name in words, where no shorter one says more.
fn code_label(code: Code) -> String {
    let label = match code {
        Code::AccessTokenMissing => t("no access token", "kein Access-Token"),
        Code::AccessTokenExpired => t("access token expired", "Access-Token abgelaufen"),
        Code::RefreshTokenReused => t("refresh token reused", "Refresh-Token wieder benutzt"),
        Code::AccessTokenInvalid => t("access token not genuine", "Access-Token nicht echt"),
        Code::SessionRevoked => t("session is over", "Sitzung ist zu Ende"),
        Code::RefreshTokenMissing => t("no refresh token", "kein Refresh-Token"),
        Code::RefreshTokenInvalid => t("refresh token not genuine", "Refresh-Token nicht echt"),
        Code::RefreshTokenExpired => t("session expired", "Sitzung abgelaufen"),
        Code::InsufficientUserAuthentication => t("password too long ago", "Passwort zu lange her"),
        Code::InvalidCredentials => t("wrong e-mail or password", "E-Mail oder Passwort falsch"),
        Code::ValidationFailed => t("input does not fit", "Eingabe passt nicht"),
        Code::EmailTaken => t("e-mail taken", "E-Mail vergeben"),
        Code::CrossSiteRequest => t("another site asked", "andere Site fragte"),
        Code::RateLimited => t("too many attempts", "zu viele Versuche"),
        Code::TemporarilyUnavailable => t("not right now", "gerade nicht"),
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
            Some(DiagramStep {
                lost: true,
                ..DiagramStep::new(event, shape, Tone::Bad, t("lost on its way", "unterwegs verloren"))
            })
        }
        LogEventKind::Held { why, .. } => note(Lifeline::Server, Tone::Plain, labels::held_by(*why).to_owned()),
        LogEventKind::PasswordChecked { right: true } => {
            note(Lifeline::Server, Tone::Plain, t("password is right", "Passwort ist richtig").to_owned())
        }
        LogEventKind::PasswordChecked { right: false } => {
            note(Lifeline::Server, Tone::Bad, t("password is wrong", "Passwort ist falsch").to_owned())
        }
        LogEventKind::AccessChecked { verdict } => {
            let tone = if *verdict == Verdict::Valid { Tone::Access } else { Tone::Bad };
            note(
                Lifeline::Server,
                tone,
                filled(t("access token: {}", "Access-Token: {}"), &[labels::verdict(*verdict)]),
            )
        }
        LogEventKind::Decided { ruling, presented, newest, .. } => {
            let tone = if matches!(ruling, Ruling::Reuse | Ruling::Ahead) { Tone::Bad } else { Tone::Refresh };
            let label = filled(
                t("{} came, newest {}: {}", "{} kam, neuestes {}: {}"),
                &[&presented.to_string(), &newest.to_string(), labels::ruling_name(*ruling)],
            );
            note(Lifeline::Server, tone, label)
        }
        LogEventKind::SessionEnded { .. } => {
            note(Lifeline::Server, Tone::Bad, t("session is over", "Sitzung ist zu Ende").to_owned())
        }
        LogEventKind::Row { row, changed } => {
            let step = arrow(Lifeline::Server, Lifeline::Database, Tone::Plain, &wrote(row, changed));
            Some(step.detail(columns(changed)))
        }
        LogEventKind::RowGone { .. } => {
            Some(arrow(Lifeline::Server, Lifeline::Database, Tone::Plain, t("delete the row", "Zeile löschen")))
        }
        LogEventKind::Restarted => across(t("the server starts again", "der Server startet neu").to_owned()),
        LogEventKind::ClockJumped { seconds } => {
            across(filled(t("the clock jumps by {}", "die Uhr springt vor, um {}"), &[&labels::duration(*seconds)]))
        }
        LogEventKind::StoleRefresh { token } => {
            let step = arrow(
                Lifeline::CookieJar,
                Lifeline::Thief,
                Tone::Thief,
                t("copies the refresh token", "kopiert Refresh-Token"),
            );
            Some(step.detail(refresh(token)))
        }
        LogEventKind::StoleAccess { token } => {
            let step = arrow(
                Lifeline::Tab,
                Lifeline::Thief,
                Tone::Thief,
                t("copies the access token", "kopiert Access-Token"),
            );
            Some(step.detail(access(token)))
        }
        LogEventKind::StoleRow { .. } => {
            Some(arrow(Lifeline::Database, Lifeline::Thief, Tone::Thief, t("copies the row", "kopiert die Zeile")))
        }
        LogEventKind::Seen { tab, seen } => tab_event(event, *tab, seen),
        LogEventKind::Probed { .. } => {
            note(Lifeline::Tab, Tone::Thief, t("a script is injected", "ein Skript wird eingeschleust").to_owned())
        }
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
        _ if changed.iter().any(|column| column == "id") => t("new session row", "neue Zeile der Sitzung").to_owned(),
        _ if row.revoked.is_some() => t("row: session ended", "Zeile: Sitzung beendet").to_owned(),
        _ => filled(t("row: generation {}", "Zeile: Generation {}"), &[&row.generation.to_string()]),
    }
}

fn columns(changed: &[String]) -> String {
    match changed.iter().any(|column| column == "id") {
        true => String::new(),
        false => labels::counted(changed.len(), t("column", "Spalte"), t("columns", "Spalten")),
    }
}

fn tab_event(event: &LogEvent, tab: Lifeline, seen: &TabEvent) -> Option<DiagramStep> {
    let note = |tone, label: String| Some(DiagramStep::new(event, Shape::Note { at: tab }, tone, label));
    match seen {
        TabEvent::AuthState { state } if state == "unknown" => None,
        TabEvent::AuthState { state } if state == "offline" => note(Tone::Bad, "offline".to_owned()),
        TabEvent::AuthState { state } => note(Tone::Plain, labels::auth_state(state).to_owned()),
        TabEvent::TokenForgotten => note(Tone::Access, t("forgets its token", "vergisst sein Token").to_owned()),
        TabEvent::JoinsRefresh => note(Tone::Plain, t("waits for the refresh", "wartet auf das Erneuern").to_owned()),
        TabEvent::Draft { characters } => {
            note(Tone::Plain, filled(t("{} letters unsaved", "{} Zeichen ungespeichert"), &[&characters.to_string()]))
        }
        TabEvent::CouldNot { .. } => note(Tone::Bad, t("could not", "ging nicht").to_owned()),
        TabEvent::TokenHeld { .. } | TabEvent::Refused { .. } | TabEvent::RefreshBegins | TabEvent::Retries { .. } => {
            None
        }
    }
}
