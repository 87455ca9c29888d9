//! Which event caused which (causality): the calls whose refusal made a tab refresh, the calls that were sent again because of it,
//! and the refresh that superseded a token. Tokens are recognised by their fingerprints, never by what stands next in the log.

use crate::lab::model::event::{
    Defence, Fingerprint, Lifeline, LogEvent, LogEventKind, Ruling, SandboxSettings, TabEvent,
};
use crate::lab::model::exchange::{Exchange, exchanges};
use crate::protocol::code::Reaction;

/// The log with its exchanges.
pub struct Log<'e> {
    pub events: &'e [LogEvent],
    pub all: Vec<Exchange<'e>>,
}

/// Why a refresh was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A call was refused.
    Refused,
    /// The refresh before brought nothing.
    Unanswered,
    /// The tab had no access token.
    NoToken,
    /// The tab still had a good one.
    Wish,
}

impl<'e> Log<'e> {
    pub fn new(events: &'e [LogEvent]) -> Self {
        Self { events, all: exchanges(events) }
    }

    /// The sandbox's settings at that moment.
    pub fn settings(&self, seq: u64) -> Option<&'e SandboxSettings> {
        self.before(seq).rev().find_map(|event| match &event.kind {
            LogEventKind::Settings { settings } => Some(settings),
            _ => None,
        })
    }

    /// Whether that defence was weakened at that moment.
    pub fn is_off(&self, seq: u64, defence: Defence) -> bool {
        self.settings(seq).is_some_and(|settings| settings.weak.contains(&defence))
    }

    /// Events up to that one, itself included.
    pub fn before(&self, seq: u64) -> impl DoubleEndedIterator<Item = &'e LogEvent> {
        let end = self.events.partition_point(|event| event.seq <= seq);
        self.events[..end].iter()
    }

    pub fn cause(&self, refresh: &Exchange<'_>) -> Cause {
        if self.predecessor(refresh).is_some() {
            return Cause::Unanswered;
        }
        match self.refused_for(refresh).is_empty() {
            false => Cause::Refused,
            true if self.holds_token(refresh) => Cause::Wish,
            true => Cause::NoToken,
        }
    }

    /// The refresh of the same tab before this one, if it brought no token and ended no session: this one repeats it.
    pub fn predecessor(&self, refresh: &Exchange<'_>) -> Option<&Exchange<'e>> {
        let before = self.all.iter().rev().find(|other| {
            other.is_refresh() && other.request.from == refresh.request.from && other.seq < refresh.seq
        })?;
        let waits = |exchange: &Exchange<'_>| {
            exchange.arrived().is_some_and(|answer| answer.code.is_some_and(|code| code.reaction() == Reaction::Wait))
        };
        ((before.lost && before.last_seq < refresh.seq) || waits(before)).then_some(before)
    }

    /// The refused calls that this refresh is to mend, also through refreshes before it that brought nothing.
    pub fn refused_for(&self, refresh: &Exchange<'_>) -> Vec<&Exchange<'e>> {
        if let Some(before) = self.predecessor(refresh) {
            return self.refused_for(before);
        }
        let from = refresh.request.from;
        let Some(last) = self
            .all
            .iter()
            .filter(|call| is_refused(call, from) && call.last_seq < refresh.seq)
            .max_by_key(|c| c.last_seq)
        else {
            return Vec::new();
        };
        let mended = self.all.iter().any(|other| {
            other.is_refresh()
                && other.request.from == from
                && (last.last_seq..refresh.seq).contains(&other.seq)
                && other.response.is_some()
        });
        if mended {
            return Vec::new();
        }
        // Calls with the same token may be refused after the refresh has begun.
        self.all.iter().filter(|call| is_refused(call, from) && bearer(call) == bearer(last)).collect()
    }

    /// The calls that were sent again with the access token that this refresh brought.
    pub fn sent_again(&self, refresh: &Exchange<'_>) -> Vec<&Exchange<'e>> {
        let Some(fresh) = refresh.arrived().and_then(|answer| answer.access.as_ref()) else { return Vec::new() };
        let mut open: Vec<_> = self.refused_for(refresh).iter().map(|call| &call.request.path).collect();
        let mut again = Vec::new();
        for call in &self.all {
            let fits = call.request.from == refresh.request.from && bearer(call) == Some(&fresh.fingerprint);
            if let Some(at) = open.iter().position(|path| fits && **path == call.request.path) {
                open.remove(at);
                again.push(call);
            }
        }
        again
    }

    /// Whether the call repeats one that was refused.
    pub fn is_sent_again(&self, call: &Exchange<'_>) -> bool {
        let refreshes = self.all.iter().filter(|one| one.is_refresh() && one.seq < call.seq);
        refreshes.flat_map(|one| self.sent_again(one)).any(|again| again.id == call.id)
    }

    /// Whether the tab holds an access token in memory when it sends the request. A page that is loaded holds none.
    fn holds_token(&self, request: &Exchange<'_>) -> bool {
        let tab = request.request.from;
        self.before(request.seq).fold(false, |holds, event| match &event.kind {
            LogEventKind::Response(response) if response.to == tab && response.access.is_some() => true,
            LogEventKind::Request(request) if request.from == tab && request.navigation => false,
            LogEventKind::Seen { tab: reporter, seen: TabEvent::TokenForgotten } if *reporter == tab => false,
            _ => holds,
        })
    }

    /// The rotation that used this refresh token up, before the given decision.
    pub fn used_up_by(&self, token: &Fingerprint, before: u64) -> Option<&Exchange<'e>> {
        self.rotations(before).filter(|other| other.presented() == Some(token)).last()
    }

    /// The rotation that made this refresh token.
    pub fn maker_of(&self, number: u32, before: u64) -> Option<&Exchange<'e>> {
        self.rotations(before)
            .filter(|other| other.issued().is_some_and(|(_, made)| made == Some(number)) || made_unheard(other, number))
            .last()
    }

    fn rotations(&self, before: u64) -> impl Iterator<Item = &Exchange<'e>> {
        self.all.iter().filter(move |other| {
            other
                .ruling
                .is_some_and(|ruled| ruled.seq < before && matches!(ruled.ruling, Ruling::Rotate | Ruling::ReKey))
        })
    }

    /// Whether another request with the same refresh token was under way when this one was sent.
    pub fn races(&self, refresh: &Exchange<'_>) -> Option<&Exchange<'e>> {
        self.all.iter().find(|other| {
            other.is_refresh()
                && other.id != refresh.id
                && other.presented().is_some()
                && other.presented() == refresh.presented()
                && other.seq < refresh.seq
                && (other.last_seq > refresh.seq || other.response.is_none() && !other.lost)
        })
    }

    /// Whether a thief has copied a refresh token in this log.
    pub fn theft_before(&self, seq: u64) -> bool {
        self.before(seq).any(|event| matches!(event.kind, LogEventKind::StoleRefresh { .. }))
    }

    /// Whether something typed is unsaved at that moment.
    pub fn typed(&self, seq: u64) -> bool {
        let last = self.before(seq).rev().find_map(|event| match &event.kind {
            LogEventKind::Seen { seen: TabEvent::Draft { characters }, .. } => Some(*characters),
            _ => None,
        });
        last.is_some_and(|characters| characters > 0)
    }
}

/// The answer of a rotation that was lost names no token: the number follows from the decision.
fn made_unheard(rotation: &Exchange<'_>, number: u32) -> bool {
    rotation.response.is_none() && rotation.ruling.is_some_and(|ruled| ruled.newest + 1 == number)
}

/// The access token that came along.
pub fn bearer<'e>(call: &Exchange<'e>) -> Option<&'e Fingerprint> {
    call.request.bearer.as_ref().map(|token| &token.fingerprint)
}

/// Whether a call of that tab was refused so that a refresh may mend it.
pub fn is_refused(call: &Exchange<'_>, from: Lifeline) -> bool {
    let code = call.response.and_then(|answer| answer.code);
    call.request.from == from
        && !call.request.path.starts_with("/api/auth/")
        && code.is_some_and(|code| code.reaction() == Reaction::RefreshAndRetry)
}
