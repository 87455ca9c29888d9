//! The map of a moment: what passes between the browser, the server and others, derived from the log. One line for the calls of
//! the page, one for the sign-in and its cookie, and one for everybody else.

use super::event::{Lifeline, LogEvent, LogEventKind};
use super::exchange::{Exchange, exchanges, latest};

/// A line of the map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// From the page's memory to the data.
    Data,
    /// From the cookie jar to the sign-in.
    SignIn,
    /// From a thief, another site or another device to the server.
    Others,
}

impl Line {
    fn of(exchange: &Exchange<'_>) -> Option<Self> {
        let request = exchange.request;
        match request.from {
            Lifeline::Thief | Lifeline::OtherDevice | Lifeline::OtherSite => Some(Self::Others),
            _ if request.path.starts_with("/api/auth/") => Some(Self::SignIn),
            _ if request.path.starts_with("/api/") => Some(Self::Data),
            _ => None,
        }
    }
}

/// A token that travels along a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coin {
    Access,
    /// With its generation, if its tag is genuine.
    Refresh(Option<u32>),
}

/// The last request on a line, and its answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Passage {
    /// The request's.
    pub seq: u64,
    pub from: Lifeline,
    /// "GET /api/notes/list"
    pub ask: String,
    /// Equal requests of this moment, of which this is the last.
    pub times: usize,
    pub asks_with: Option<Coin>,
    pub status: Option<u16>,
    pub answers_with: Vec<Coin>,
    /// The answer never arrived.
    pub lost: bool,
}

impl Passage {
    fn of(exchange: &Exchange<'_>) -> Self {
        let request = exchange.request;
        let refresh = request.refresh.as_ref().map(|seen| Coin::Refresh(seen.generation));
        let answer = exchange.response;
        let access = answer.and_then(|answer| answer.access.as_ref()).map(|_| Coin::Access);
        let cookie = exchange.issued().map(|(_, number)| Coin::Refresh(number));
        Self {
            seq: exchange.seq,
            from: request.from,
            ask: [&request.method, " ", &request.path].concat(),
            times: 1,
            asks_with: refresh.or(request.bearer.as_ref().map(|_| Coin::Access)),
            status: exchange.status(),
            answers_with: access.into_iter().chain(cookie).collect(),
            lost: exchange.lost,
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stage {
    pub data: Option<Passage>,
    pub sign_in: Option<Passage>,
    pub others: Option<Passage>,
    /// The line of the newest request.
    pub now: Option<Line>,
    /// The participants outside of the browser in this log: a thief, another device, another site.
    pub outsider: Option<Lifeline>,
}

impl Stage {
    /// The map of the requests from the event `since` on.
    pub fn of(events: &[LogEvent], since: u64) -> Self {
        let begin = events.partition_point(|event| event.seq < since);
        let all = exchanges(&events[begin..]);
        let newest = latest(&events[begin..]);
        let mut stage = Self { outsider: outsider(events), ..Self::default() };
        for exchange in &all {
            let Some(line) = Line::of(exchange) else { continue };
            let mut passage = Passage::of(exchange);
            let place = match line {
                Line::Data => &mut stage.data,
                Line::SignIn => &mut stage.sign_in,
                Line::Others => &mut stage.others,
            };
            if let Some(before) = place
                && (before.from, &before.ask, before.status) == (passage.from, &passage.ask, passage.status)
            {
                passage.times += before.times;
            }
            *place = Some(passage);
            if newest == Some(exchange.id) || stage.now.is_none() {
                stage.now = Some(line);
            }
        }
        stage
    }
}

fn outsider(events: &[LogEvent]) -> Option<Lifeline> {
    events.iter().rev().find_map(|event| match &event.kind {
        LogEventKind::Request(request) => {
            [Lifeline::Thief, Lifeline::OtherDevice, Lifeline::OtherSite].into_iter().find(|one| *one == request.from)
        }
        LogEventKind::StoleRefresh { .. } | LogEventKind::StoleAccess { .. } | LogEventKind::StoleRow { .. } => {
            Some(Lifeline::Thief)
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::model::sample;

    #[test]
    fn a_refresh_goes_from_the_cookie_jar_and_the_call_from_the_page() {
        let log = sample::expired();
        let stage = Stage::of(log.since_action(), 0);
        let data = stage.data.unwrap();
        assert_eq!((data.asks_with, data.status), (Some(Coin::Access), Some(200)));
        let refresh = stage.sign_in.unwrap();
        assert_eq!(refresh.asks_with, Some(Coin::Refresh(Some(0))));
        assert_eq!(refresh.answers_with, [Coin::Access, Coin::Refresh(Some(1))]);
        assert_eq!((stage.now, stage.outsider), (Some(Line::Data), None));
    }

    #[test]
    fn equal_calls_are_counted_and_a_thief_stands_outside() {
        let fifty = sample::fifty();
        assert_eq!(Stage::of(fifty.since_action(), 0).data.unwrap().times, 50);
        let theft = Stage::of(&sample::theft().events, 0);
        assert_eq!(theft.outsider, Some(Lifeline::Thief));
        assert_eq!(theft.others.unwrap().from, Lifeline::Thief);
    }

    #[test]
    fn an_answer_that_was_lost_is_marked() {
        assert!(Stage::of(&sample::lost_answer().events, 0).sign_in.unwrap().lost);
    }
}
