//! Tells what happened in a few sentences (natural-language generation by templates). Newcomers read it first and screen readers
//! announce it, so it leaves out details; the list of events has them all.
//!
//! A sentence is derived from causes in the log: which request was sent with which token, which refresh superseded that token, and
//! which call was sent again with the token that came of it ([`causes`]). It is never derived from what happens to stand next.

mod causes;
mod fact;
mod others;
mod refresh;
mod words;

pub use fact::{Fact, Mood};

use causes::Log;

use super::event::{Action, Lifeline, LogEvent, LogEventKind};
use super::exchange::Exchange;
use crate::lang::Lang;

/// What happened, in a few sentences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Story {
    /// The `seq` of the first and of the last event it covers.
    pub from: u64,
    pub to: u64,
    /// In the order in which the events happened.
    pub sentences: Vec<Sentence>,
}

/// A sentence, and the `seq` of the event that it tells of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    pub seq: u64,
    pub fact: Fact,
}

impl Sentence {
    pub fn words(&self, lang: Lang) -> String {
        self.fact.words(lang)
    }

    pub const fn mood(&self) -> Mood {
        self.fact.mood()
    }
}

impl Story {
    fn of(mut facts: Vec<(u64, Fact)>) -> Option<Self> {
        facts.sort_by_key(|(seq, _)| *seq);
        let mut sentences: Vec<Sentence> = Vec::new();
        for (seq, fact) in facts {
            if sentences.iter().all(|told| told.fact != fact) {
                sentences.push(Sentence { seq, fact });
            }
        }
        let (from, to) = (sentences.first()?.seq, sentences.last()?.seq);
        Some(Self { from, to, sentences })
    }

    pub fn words(&self, lang: Lang) -> Vec<String> {
        self.sentences.iter().map(|sentence| sentence.words(lang)).collect()
    }
}

/// What came of the last action that makes something happen, or of everything so far where there was none.
pub fn story(events: &[LogEvent]) -> Option<Story> {
    let begin = beginning(events);
    let action = events.get(begin).and_then(|event| match &event.kind {
        LogEventKind::Acted { action } => Some(action),
        _ => None,
    });
    let since = events.get(begin)?.seq;
    let log = Log::new(events);
    let mut facts: Vec<(u64, Fact)> = Vec::new();
    for event in &events[begin..] {
        facts.extend(others::of_event(&log, event, action).into_iter().map(|fact| (event.seq, fact)));
    }
    let alone = refresh::each_alone(&log, since, action);
    let told_as_one =
        |exchange: &&Exchange<'_>| alone.is_some() && exchange.is_refresh() && exchange.request.from == Lifeline::Tab;
    for exchange in log.all.iter().filter(|exchange| exchange.seq >= since && !told_as_one(exchange)) {
        if exchange.is_refresh() && exchange.request.from != Lifeline::OtherSite {
            facts.extend(refresh::facts(&log, exchange));
        } else {
            facts.extend(others::of_exchange(&log, exchange, action));
        }
    }
    facts.extend(refresh::not_yet_mended(&log, since).iter().filter_map(|calls| refresh::refused(&log, calls)));
    facts.extend(others::of_other_site(&log, since));
    facts.extend(alone.into_iter().flatten());
    if facts.is_empty() {
        facts.extend(others::routine(&log, since));
    }
    Story::of(facts)
}

/// What happened after the event `since`, action by action: a step of a scene may take several.
pub fn told(events: &[LogEvent], since: u64) -> Vec<Sentence> {
    let first = events.partition_point(|event| event.seq <= since);
    let begins = |event: &LogEvent| matches!(&event.kind, LogEventKind::Acted { action } if begins_a_story(action));
    let ends = (first..events.len()).filter(|index| begins(&events[*index])).chain([events.len()]);
    let mut told: Vec<Sentence> = Vec::new();
    for end in ends {
        for sentence in story(&events[..end]).into_iter().flat_map(|story| story.sentences) {
            if sentence.seq > since && told.iter().all(|other| other.fact != sentence.fact) {
                told.push(sentence);
            }
        }
    }
    told
}

/// The `seq` of the event with which the last story begins.
pub fn cause(events: &[LogEvent]) -> Option<u64> {
    events.get(beginning(events)).map(|event| event.seq)
}

/// The index of the event with which the last story begins: an action, the first request of another site's page, or what an injected
/// script found. The latter two are opened by no action.
fn beginning(events: &[LogEvent]) -> usize {
    let mut begin = 0;
    let mut visiting = None;
    for (index, event) in events.iter().enumerate() {
        match &event.kind {
            LogEventKind::Acted { action } if begins_a_story(action) => (begin, visiting) = (index, None),
            LogEventKind::Probed { .. } => (begin, visiting) = (index, None),
            LogEventKind::Request(request) if request.from == Lifeline::OtherSite => {
                let site = request.headers.iter().find(|line| line.name == "sec-fetch-site").map(|line| &line.value);
                if visiting != Some(site) {
                    (begin, visiting) = (index, Some(site));
                }
            }
            _ => {}
        }
    }
    begin
}

/// Whether the action makes something happen. Others only change how one watches, or prepare what comes later.
const fn begins_a_story(action: &Action) -> bool {
    !matches!(
        action,
        Action::ShortLifetimes { .. }
            | Action::NextRefresh { .. }
            | Action::Weaken { .. }
            | Action::Network { .. }
            | Action::ClientClock { .. }
            | Action::TypeNote
            | Action::SlowMotion { .. }
            | Action::Stepping { .. }
            | Action::Step
    )
}

#[cfg(test)]
mod tests;
