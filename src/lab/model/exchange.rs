//! Groups the log's events by exchange (request and response, correlated by number). The log is ordered by time and interleaves
//! concurrent requests; every panel, export and narration starts from the groups instead.

use super::event::{
    Fingerprint, HoldReason, Lifeline, LogEvent, LogEventKind, RecordedRequest, RecordedResponse, Ruling, Verdict,
};
use crate::clock::Timestamp;
use crate::protocol::session::RevokeReason;

/// A request and everything it caused, as far as the log goes.
#[derive(Clone, Debug)]
pub struct Exchange<'a> {
    pub id: u64,
    /// The request's.
    pub seq: u64,
    pub request: &'a RecordedRequest,
    pub response: Option<&'a RecordedResponse>,
    /// The response's, or that of the last event known.
    pub last_seq: u64,
    /// The response never reached the client.
    pub lost: bool,
    pub held: Vec<(HoldReason, u64)>,
    pub password: Option<bool>,
    pub verdict: Option<Verdict>,
    pub ruling: Option<LastRuling>,
    pub ended: Option<RevokeReason>,
}

/// The last decision of the rotation rule in an exchange. Decisions about one session are in the log in the order in which they
/// were made, however the requests arrived (`auth::report_order`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastRuling {
    /// The decision's.
    pub seq: u64,
    pub at: Timestamp,
    pub ruling: Ruling,
    pub presented: u32,
    pub newest: u32,
}

impl<'a> Exchange<'a> {
    fn new(event: &LogEvent, id: u64, request: &'a RecordedRequest) -> Self {
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
            ended: None,
        }
    }

    fn apply(&mut self, event: &'a LogEvent) {
        match &event.kind {
            LogEventKind::Response(response) => self.response = Some(response),
            LogEventKind::Lost { .. } => self.lost = true,
            LogEventKind::Held { why, micros } => self.held.push((*why, *micros)),
            LogEventKind::PasswordChecked { right } => self.password = Some(*right),
            LogEventKind::AccessChecked { verdict } => self.verdict = Some(*verdict),
            LogEventKind::Decided { ruling, presented, newest, .. } => {
                let (seq, at) = (event.seq, event.at);
                self.ruling = Some(LastRuling { seq, at, ruling: *ruling, presented: *presented, newest: *newest });
            }
            LogEventKind::SessionEnded { reason, .. } => self.ended = Some(*reason),
            _ => return,
        }
        self.last_seq = event.seq;
    }

    /// Whether the request rotates a refresh token.
    pub fn is_refresh(&self) -> bool {
        is_refresh_path(&self.request.path)
    }

    pub fn status(&self) -> Option<u16> {
        self.response.map(|response| response.status)
    }

    /// The response as the client received it; `None` if it was lost.
    pub fn arrived(&self) -> Option<&'a RecordedResponse> {
        self.response.filter(|_| !self.lost)
    }

    /// The refresh token that the request presents.
    pub fn presented(&self) -> Option<&'a Fingerprint> {
        self.request.refresh.as_ref().map(|seen| &seen.fingerprint)
    }

    /// The refresh token that the response issues, with its generation.
    pub fn issued(&self) -> Option<(&'a Fingerprint, Option<u32>)> {
        let cookies = &self.response?.cookies;
        cookies.iter().find_map(|cookie| cookie.refresh.as_ref()).map(|seen| (&seen.fingerprint, seen.generation))
    }
}

pub fn is_refresh_path(path: &str) -> bool {
    matches!(path, "/api/auth/refresh" | "/api/auth/reauthenticate")
}

/// All exchanges, in the order in which the requests arrived.
pub fn exchanges(events: &[LogEvent]) -> Vec<Exchange<'_>> {
    let mut all: Vec<Exchange<'_>> = Vec::new();
    for event in events {
        let Some(id) = event.exchange else { continue };
        if let LogEventKind::Request(request) = &event.kind {
            all.push(Exchange::new(event, id, request));
        } else if let Some(exchange) = all.iter_mut().rev().find(|exchange| exchange.id == id) {
            exchange.apply(event);
        }
    }
    all
}

/// The exchange of the newest event, or of the last event before it that has one.
pub fn latest(events: &[LogEvent]) -> Option<u64> {
    events.iter().rev().find_map(|event| event.exchange)
}

/// Whether the participant is the lab's browser with its one cookie jar, as opposed to a thief or another device.
pub fn is_browser(lifeline: Lifeline) -> bool {
    matches!(lifeline, Lifeline::You | Lifeline::Tab | Lifeline::Tab2 | Lifeline::OtherSite)
}
