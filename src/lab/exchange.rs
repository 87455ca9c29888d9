//! A request and what became of it, gathered from the log. The log is in the order of time, and two tabs at once mix their
//! events in it; people think in requests with their answers, so every panel, export and telling starts from here.

use super::event::{Chip, Event, HeldBy, Lifeline, Request, Response, Ruling, Verdict, What};
use crate::api::error::RevokeReason;

/// All that one request caused, as far as the log goes.
#[derive(Clone, Debug)]
pub struct Exchange<'a> {
    pub id: u64,
    /// Of the request.
    pub seq: u64,
    pub request: &'a Request,
    pub response: Option<&'a Response>,
    /// Of the answer, or of the last that is known.
    pub last_seq: u64,
    /// The answer never reached who asked.
    pub lost: bool,
    pub held: Vec<(HeldBy, u64)>,
    pub password: Option<bool>,
    pub verdict: Option<Verdict>,
    pub ruling: Option<Decided>,
    /// A compare-and-swap came too late, so the rule was asked again.
    pub overtaken: bool,
    pub ended: Option<RevokeReason>,
}

/// The rule's last word in an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decided {
    pub ruling: Ruling,
    pub presented: u32,
    pub newest: u32,
}

impl<'a> Exchange<'a> {
    fn new(event: &Event, id: u64, request: &'a Request) -> Self {
        Self {
            id,
            seq: event.seq,
            request,
            response: None,
            last_seq: event.seq,
            lost: false,
            held: Vec::new(),
            password: None,
            verdict: None,
            ruling: None,
            overtaken: false,
            ended: None,
        }
    }

    fn hear(&mut self, event: &'a Event) {
        match &event.what {
            What::Response(response) => self.response = Some(response),
            What::Lost { .. } => self.lost = true,
            What::Held { why, micros } => self.held.push((*why, *micros)),
            What::PasswordChecked { right } => self.password = Some(*right),
            What::AccessChecked { verdict } => self.verdict = Some(*verdict),
            What::Decided { ruling, presented, newest, .. } => {
                self.ruling = Some(Decided { ruling: *ruling, presented: *presented, newest: *newest });
            }
            What::Swapped { won: false } => self.overtaken = true,
            What::SessionEnded { reason, .. } => self.ended = Some(*reason),
            _ => return,
        }
        self.last_seq = event.seq;
    }

    /// Whether a refresh token is meant to turn in it.
    pub fn turns(&self) -> bool {
        is_refresh(&self.request.path)
    }

    pub fn status(&self) -> Option<u16> {
        self.response.map(|response| response.status)
    }

    /// What who asked got of it.
    pub fn arrived(&self) -> Option<&'a Response> {
        self.response.filter(|_| !self.lost)
    }

    /// The refresh token that came along, and the one that went back.
    pub fn presented(&self) -> Option<&'a Chip> {
        self.request.refresh.as_ref().map(|seen| &seen.chip)
    }

    pub fn issued(&self) -> Option<(&'a Chip, Option<u32>)> {
        let cookies = &self.response?.cookies;
        cookies.iter().find_map(|cookie| cookie.refresh.as_ref()).map(|seen| (&seen.chip, seen.generation))
    }
}

pub fn is_refresh(path: &str) -> bool {
    matches!(path, "/api/auth/refresh" | "/api/auth/reauthenticate")
}

/// In the order in which the requests arrived.
pub fn exchanges(events: &[Event]) -> Vec<Exchange<'_>> {
    let mut all: Vec<Exchange<'_>> = Vec::new();
    for event in events {
        let Some(id) = event.exchange else { continue };
        if let What::Request(request) = &event.what {
            all.push(Exchange::new(event, id, request));
        } else if let Some(exchange) = all.iter_mut().rev().find(|exchange| exchange.id == id) {
            exchange.hear(event);
        }
    }
    all
}

/// The exchange that the newest of these events is about: its own, or the last before it.
pub fn latest(events: &[Event]) -> Option<u64> {
    events.iter().rev().find_map(|event| event.exchange)
}

/// Whether it is the browser of the lab, with its one cookie jar, as opposed to a thief or another device.
pub fn is_browser(who: Lifeline) -> bool {
    matches!(who, Lifeline::You | Lifeline::Tab | Lifeline::Tab2 | Lifeline::OtherSite)
}
