//! The strokes of a picture: who sends what to whom, derived from the events of a real run. They hold nothing that differs from run to
//! run (no time, no id, no fingerprint), so a recorded picture can be compared with what happens today.

use serde::{Deserialize, Serialize};

use crate::lab::model::event::{
    AccessSeen, Action, CookieSet, Fingerprint, Lifeline, LogEvent, LogEventKind, RecordedRequest, RecordedResponse,
    Ruling, TabEvent,
};
use crate::lab::model::exchange::is_browser;
use crate::lab::model::snapshot::REFRESH_COOKIE;

/// More equal strokes than this are drawn as one.
const EQUAL_MAX: usize = 3;

/// A stroke from one participant to another, or a note where both are the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Stroke {
    pub from: Lifeline,
    pub to: Lifeline,
    pub what: What,
    /// The token that goes along.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Token>,
    #[serde(default = "once", skip_serializing_if = "is_once")]
    pub times: usize,
}

const fn once() -> usize {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
const fn is_once(times: &usize) -> bool {
    *times == 1
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    Ask {
        method: String,
        path: String,
    },
    /// The browser adds a cookie to a request.
    Adds,
    /// The browser keeps a cookie back.
    KeepsBack,
    Answer {
        status: u16,
    },
    Lost,
    /// A cookie for the cookie jar of whoever gets it.
    Sets,
    TakesBack,
    Copies,
    CopiesRow,
    // Notes.
    Rule {
        ruling: Ruled,
        number: u32,
    },
    Ends,
    Later {
        seconds: u64,
    },
    Restart,
    NextKey,
    ForgetsKeys,
    Typed,
    ScriptStopped,
    ScriptRan {
        read: usize,
        places: usize,
    },
}

/// A decision of the rotation rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ruled {
    Rotate,
    Again,
    Instead,
    Reuse,
    Refuse,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Token {
    /// An access token; `new` if it was made in the same step.
    Access {
        new: bool,
    },
    Refresh {
        number: u32,
    },
    Forged,
}

/// The strokes of the events from the index `begin` on. Those before tell which tokens there were.
pub fn strokes(events: &[LogEvent], begin: usize) -> Vec<Stroke> {
    let mut drawing = Drawing { old: issued(&events[..begin]), new: Vec::new(), strokes: Vec::new() };
    for event in &events[begin..] {
        drawing.draw(&event.kind);
    }
    folded(drawing.strokes)
}

/// The fingerprints of the access tokens that were given out.
fn issued(events: &[LogEvent]) -> Vec<&Fingerprint> {
    events
        .iter()
        .filter_map(|event| match &event.kind {
            LogEventKind::Response(response) => response.access.as_ref().map(|token| &token.fingerprint),
            _ => None,
        })
        .collect()
}

/// Equal strokes as one, at the place of the first, where there are many.
fn folded(strokes: Vec<Stroke>) -> Vec<Stroke> {
    let mut out: Vec<Stroke> = Vec::new();
    for stroke in &strokes {
        let times = strokes.iter().filter(|other| *other == stroke).count();
        if times <= EQUAL_MAX {
            out.push(stroke.clone());
        } else if out.iter().all(|told| Stroke { times: 1, ..told.clone() } != *stroke) {
            out.push(Stroke { times, ..stroke.clone() });
        }
    }
    out
}

struct Drawing<'e> {
    old: Vec<&'e Fingerprint>,
    new: Vec<&'e Fingerprint>,
    strokes: Vec<Stroke>,
}

impl<'e> Drawing<'e> {
    fn push(&mut self, from: Lifeline, to: Lifeline, what: What, token: Option<Token>) {
        self.strokes.push(Stroke { from, to, what, token, times: 1 });
    }

    fn note(&mut self, at: Lifeline, what: What) {
        self.push(at, at, what, None);
    }

    fn access(&self, token: &AccessSeen) -> Token {
        match &token.fingerprint {
            fingerprint if self.new.contains(&fingerprint) => Token::Access { new: true },
            fingerprint if self.old.contains(&fingerprint) => Token::Access { new: false },
            _ => Token::Forged,
        }
    }

    fn draw(&mut self, kind: &'e LogEventKind) {
        let server = Lifeline::Server;
        match kind {
            LogEventKind::Request(request) => self.request(request),
            LogEventKind::Response(response) => self.response(response),
            LogEventKind::Lost { to } => self.push(server, *to, What::Lost, None),
            LogEventKind::Decided { ruling, presented, newest, .. } => {
                let (ruling, number) = match ruling {
                    Ruling::Rotate => (Ruled::Rotate, newest + 1),
                    Ruling::Replay => (Ruled::Again, *newest),
                    Ruling::ReKey => (Ruled::Instead, newest + 1),
                    Ruling::Reuse => (Ruled::Reuse, *presented),
                    Ruling::Ahead | Ruling::Unbound | Ruling::Ended => (Ruled::Refuse, *presented),
                };
                self.note(server, What::Rule { ruling, number });
            }
            LogEventKind::SessionEnded { .. } => self.note(server, What::Ends),
            // The seconds beyond the minutes are there to be past a limit.
            LogEventKind::ClockJumped { seconds } if *seconds >= 120 => {
                self.note(Lifeline::You, What::Later { seconds: seconds / 60 * 60 });
            }
            LogEventKind::ClockJumped { seconds } => self.note(Lifeline::You, What::Later { seconds: *seconds }),
            LogEventKind::Restarted => self.note(server, What::Restart),
            LogEventKind::Acted { action: Action::RotateKeys } => self.note(server, What::NextKey),
            LogEventKind::Acted { action: Action::RetireKeys } => self.note(server, What::ForgetsKeys),
            LogEventKind::StoleRefresh { token } => {
                let token = token.generation.map(|number| Token::Refresh { number });
                self.push(Lifeline::CookieJar, Lifeline::Thief, What::Copies, token);
            }
            LogEventKind::StoleAccess { token } => {
                let token = self.access(token);
                self.push(Lifeline::Tab, Lifeline::Thief, What::Copies, Some(token));
            }
            LogEventKind::StoleRow { .. } => self.push(Lifeline::Database, Lifeline::Thief, What::CopiesRow, None),
            LogEventKind::Seen { tab, seen: TabEvent::Draft { characters: 1.. } } => self.note(*tab, What::Typed),
            LogEventKind::Probed { content_policy: true, .. } => self.note(Lifeline::Tab, What::ScriptStopped),
            LogEventKind::Probed { content_policy: false, results } => {
                let read = results.iter().filter(|probe| probe.read).count();
                self.note(Lifeline::Tab, What::ScriptRan { read, places: results.len() });
            }
            _ => {}
        }
    }

    fn request(&mut self, request: &RecordedRequest) {
        let from = request.from;
        let ask = What::Ask { method: request.method.clone(), path: request.path.clone() };
        let refresh = request.refresh.as_ref().map(|seen| match seen.generation {
            Some(number) => Token::Refresh { number },
            None => Token::Forged,
        });
        let cookie = request.cookies.iter().find(|cookie| cookie.name == REFRESH_COOKIE);
        let kept_back = cookie
            .is_some_and(|cookie| !cookie.sent && cookie.why == crate::lab::model::event::CookieReason::OtherSite);
        match refresh {
            // The page asks without a token. It is the browser that adds the cookie.
            Some(token) if is_browser(from) => {
                self.push(from, Lifeline::CookieJar, ask, None);
                self.push(Lifeline::CookieJar, Lifeline::Server, What::Adds, Some(token));
            }
            Some(token) => self.push(from, Lifeline::Server, ask, Some(token)),
            None => {
                if kept_back {
                    self.note(Lifeline::CookieJar, What::KeepsBack);
                }
                let token = request.bearer.as_ref().map(|token| self.access(token));
                self.push(from, Lifeline::Server, ask, token);
            }
        }
    }

    fn response(&mut self, response: &'e RecordedResponse) {
        let to = response.to;
        if let Some(access) = &response.access {
            self.new.push(&access.fingerprint);
        }
        let token = response.access.is_some().then_some(Token::Access { new: true });
        self.push(Lifeline::Server, to, What::Answer { status: response.status }, token);
        let jar = if is_browser(to) { Lifeline::CookieJar } else { to };
        for cookie in response.cookies.iter().filter(|cookie| cookie.name == REFRESH_COOKIE) {
            match number(cookie) {
                Some(number) => self.push(Lifeline::Server, jar, What::Sets, Some(Token::Refresh { number })),
                None if cookie.cleared => self.push(Lifeline::Server, jar, What::TakesBack, None),
                None => {}
            }
        }
    }
}

fn number(cookie: &CookieSet) -> Option<u32> {
    cookie.refresh.as_ref()?.generation
}
