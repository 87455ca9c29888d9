//! The state at a chosen moment, derived from the log alone (event sourcing): which tokens each participant holds, the contents of
//! the cookie jar and the database, and the token families. One fold over a prefix of the events, so any moment can be shown
//! again (time travel) and an imported log looks exactly like the live one.

mod token_family;

pub use token_family::{Generation, GenerationState, Presentation, TokenFamily};

use std::collections::HashSet;

use super::event::{
    AccessSeen, Action, CookieSet, Fingerprint, KeyRow, Lifeline, LogEvent, LogEventKind, Probe, RecordedResponse,
    RefreshSeen, Ruling, SandboxSettings, SessionRow, TabEvent, Verdict,
};
use super::exchange::{is_browser, is_refresh_path};
use crate::clock::Timestamp;
use crate::protocol::code::Code;

pub const REFRESH_COOKIE: &str = "__Secure-refresh";

/// Everything the panels show.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// By the sandbox's clock.
    pub now: Timestamp,
    /// The last event included.
    pub seq: u64,
    pub email: String,
    pub tab: TabState,
    pub tab2: TabState,
    pub jar: CookieJarState,
    pub thief: ThiefState,
    pub rows: Vec<RowState>,
    pub families: Vec<TokenFamily>,
    pub keys: Vec<KeyRow>,
    /// How far the visitor has moved the sandbox's clock, in seconds.
    pub clock_offset: u64,
    pub settings: Option<SandboxSettings>,
    pub verdict: Option<AccessCheck>,
    /// Results of an injected script: without the content policy, and with it.
    pub probes: [Option<Vec<Probe>>; 2],
}

/// One tab, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TabState {
    /// Whether the tab ever did anything.
    pub present: bool,
    /// `unknown`, `anonymous`, `signed-in` or `offline`.
    pub state: String,
    pub access: Option<HeldAccessToken>,
    /// The length of the unsaved draft, in characters.
    pub draft: u32,
    /// How far its wall clock is ahead, in minutes.
    pub clock: i32,
}

/// An access token, when it was received, and when it expires.
#[derive(Clone, Debug, PartialEq)]
pub struct HeldAccessToken {
    pub token: AccessSeen,
    pub since: Timestamp,
    pub until: Timestamp,
}

impl HeldAccessToken {
    fn new(token: &AccessSeen, since: Timestamp) -> Self {
        let until = token.claims.get("exp").and_then(serde_json::Value::as_i64).map_or(since, Timestamp::from_secs);
        Self { token: token.clone(), since, until }
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct CookieJarState {
    pub refresh: Option<RefreshSeen>,
    /// Whether the readable session hint cookie is there.
    pub companion: bool,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct ThiefState {
    pub refresh: Option<RefreshSeen>,
    pub access: Option<AccessSeen>,
    pub row: Option<SessionRow>,
    pub steps: Vec<ThiefStep>,
}

impl ThiefState {
    pub fn has_something(&self) -> bool {
        self.refresh.is_some() || self.access.is_some() || self.row.is_some()
    }

    pub fn took_part(&self) -> bool {
        self.has_something() || !self.steps.is_empty()
    }
}

/// Something the thief did or obtained, with the result.
#[derive(Clone, Debug, PartialEq)]
pub enum ThiefStep {
    TookRefresh { seq: u64, token: RefreshSeen },
    TookAccess { seq: u64, fingerprint: Fingerprint },
    TookRow { seq: u64 },
    Asked { seq: u64, exchange: u64, method: String, path: String, answer: Option<(u16, Option<Code>)> },
}

/// A session's row, with the effect of the last write.
#[derive(Clone, Debug, PartialEq)]
pub struct RowState {
    pub row: SessionRow,
    /// Columns that the last write changed.
    pub changed: Vec<String>,
    pub new: bool,
    pub seq: u64,
    pub gone: bool,
}

/// The server's last validation of an access token.
#[derive(Clone, Debug, PartialEq)]
pub struct AccessCheck {
    pub seq: u64,
    pub verdict: Verdict,
    pub fingerprint: Option<Fingerprint>,
    pub from: Option<Lifeline>,
}

impl Snapshot {
    pub fn of(events: &[LogEvent]) -> Self {
        let lost: HashSet<u64> = events
            .iter()
            .filter(|event| matches!(event.kind, LogEventKind::Lost { .. }))
            .filter_map(|event| event.exchange)
            .collect();
        let mut builder = SnapshotBuilder { events, lost, snapshot: Snapshot::default() };
        for (index, event) in events.iter().enumerate() {
            builder.snapshot.now = event.at;
            builder.snapshot.seq = event.seq;
            builder.apply(index, event);
        }
        let mut snapshot = builder.snapshot;
        let grace = snapshot.settings.as_ref().map_or(10, |settings| settings.grace);
        for family in &mut snapshot.families {
            let row = snapshot.rows.iter().find(|row| row.row.id == family.session);
            family.update_states(row.map(|row| &row.row), grace, snapshot.now);
        }
        snapshot
    }

    pub fn tab(&self, lifeline: Lifeline) -> Option<&TabState> {
        match lifeline {
            Lifeline::You | Lifeline::Tab => Some(&self.tab),
            Lifeline::Tab2 => Some(&self.tab2),
            _ => None,
        }
    }

    /// The holders of this refresh token.
    pub fn holders(&self, fingerprint: &Fingerprint) -> Vec<Lifeline> {
        let has = |seen: &Option<RefreshSeen>| seen.as_ref().is_some_and(|seen| seen.fingerprint == *fingerprint);
        [(Lifeline::CookieJar, &self.jar.refresh), (Lifeline::Thief, &self.thief.refresh)]
            .into_iter()
            .filter(|(_, seen)| has(seen))
            .map(|(lifeline, _)| lifeline)
            .collect()
    }
}

struct SnapshotBuilder<'a> {
    events: &'a [LogEvent],
    /// Exchanges whose response never arrived.
    lost: HashSet<u64>,
    snapshot: Snapshot,
}

impl<'a> SnapshotBuilder<'a> {
    fn apply(&mut self, index: usize, event: &'a LogEvent) {
        let snapshot = &mut self.snapshot;
        match &event.kind {
            LogEventKind::Opened { email, .. } => {
                *snapshot = Snapshot { now: event.at, seq: event.seq, email: email.clone(), ..Snapshot::default() };
            }
            LogEventKind::Acted { action } => act(snapshot, action),
            LogEventKind::Request(request) => {
                if let Some(tab) = tab(snapshot, request.from) {
                    tab.present = true;
                }
                if request.from == Lifeline::Thief {
                    snapshot.thief.steps.push(ThiefStep::Asked {
                        seq: event.seq,
                        exchange: event.exchange.unwrap_or_default(),
                        method: request.method.clone(),
                        path: request.path.clone(),
                        answer: None,
                    });
                }
                // A token that was never seen to be issued belongs to no family.
                if let (Some(seen), true) = (&request.refresh, is_refresh_path(&request.path)) {
                    token_family::presented(&mut snapshot.families, event, request.from, seen);
                }
            }
            LogEventKind::Response(response) => self.answer(event, response),
            LogEventKind::AccessChecked { verdict } => {
                let request = self.request_of(index);
                let bearer = request.and_then(|request| request.bearer.as_ref());
                self.snapshot.verdict = Some(AccessCheck {
                    seq: event.seq,
                    verdict: *verdict,
                    fingerprint: bearer.map(|token| token.fingerprint.clone()),
                    from: request.map(|request| request.from),
                });
            }
            LogEventKind::Decided { ruling, .. } => self.decided(event, *ruling),
            LogEventKind::Row { row, changed } => write(snapshot, event, row, changed),
            LogEventKind::RowGone { id } => {
                for row in snapshot.rows.iter_mut().filter(|row| row.row.id == *id) {
                    (row.gone, row.seq) = (true, event.seq);
                }
            }
            LogEventKind::Keys { keys } => snapshot.keys.clone_from(keys),
            LogEventKind::ClockJumped { seconds } => {
                snapshot.clock_offset = snapshot.clock_offset.saturating_add(*seconds)
            }
            LogEventKind::Settings { settings } => snapshot.settings = Some(settings.clone()),
            LogEventKind::StoleRefresh { token } => {
                snapshot.thief.refresh = Some(token.clone());
                snapshot.thief.steps.push(ThiefStep::TookRefresh { seq: event.seq, token: token.clone() });
            }
            LogEventKind::StoleAccess { token } => {
                snapshot.thief.access = Some(token.clone());
                snapshot
                    .thief
                    .steps
                    .push(ThiefStep::TookAccess { seq: event.seq, fingerprint: token.fingerprint.clone() });
            }
            LogEventKind::StoleRow { row } => {
                snapshot.thief.row = Some(row.clone());
                snapshot.thief.steps.push(ThiefStep::TookRow { seq: event.seq });
            }
            LogEventKind::Seen { tab: lifeline, seen } => apply_tab_event(snapshot, *lifeline, seen),
            LogEventKind::Probed { content_policy, results } => {
                snapshot.probes[usize::from(*content_policy)] = Some(results.clone());
            }
            LogEventKind::Lost { .. }
            | LogEventKind::Held { .. }
            | LogEventKind::PasswordChecked { .. }
            | LogEventKind::Rotated
            | LogEventKind::SessionEnded { .. }
            | LogEventKind::Restarted => {}
        }
    }

    /// The request of an event's exchange.
    fn request_of(&self, index: usize) -> Option<&'a super::event::RecordedRequest> {
        let exchange = self.events[index].exchange?;
        self.events[..index].iter().rev().filter(|event| event.exchange == Some(exchange)).find_map(
            |event| match &event.kind {
                LogEventKind::Request(request) => Some(request),
                _ => None,
            },
        )
    }

    fn decided(&mut self, event: &LogEvent, ruling: Ruling) {
        if let Some(exchange) = event.exchange {
            token_family::ruled(&mut self.snapshot.families, exchange, ruling);
        }
    }

    fn answer(&mut self, event: &LogEvent, response: &RecordedResponse) {
        let snapshot = &mut self.snapshot;
        if response.to == Lifeline::Thief {
            let mine = snapshot.thief.steps.iter_mut().rev().find_map(|step| match step {
                ThiefStep::Asked { exchange, answer, .. } if Some(*exchange) == event.exchange => Some(answer),
                _ => None,
            });
            if let Some(answer) = mine {
                *answer = Some((response.status, response.code));
            }
        }
        if event.exchange.is_some_and(|exchange| self.lost.contains(&exchange)) {
            return;
        }
        if let (Some(token), Some(tab)) = (&response.access, tab(snapshot, response.to)) {
            tab.present = true;
            tab.access = Some(HeldAccessToken::new(token, event.at));
        }
        if response.to == Lifeline::Thief {
            if let Some(token) = &response.access {
                snapshot.thief.access = Some(token.clone());
            }
            if let Some(seen) = response.cookies.iter().find_map(|cookie| cookie.refresh.as_ref()) {
                snapshot.thief.refresh = Some(seen.clone());
            }
        } else if is_browser(response.to) {
            for cookie in &response.cookies {
                keep(&mut snapshot.jar, cookie);
            }
        }
    }
}

/// Applies a written row to the rows and to the token families.
fn write(snapshot: &mut Snapshot, event: &LogEvent, row: &SessionRow, changed: &[String]) {
    let known = snapshot.rows.iter_mut().find(|known| known.row.id == row.id);
    let written =
        RowState { row: row.clone(), changed: changed.to_vec(), new: known.is_none(), seq: event.seq, gone: false };
    match known {
        Some(known) => *known = written,
        None => snapshot.rows.push(written),
    }
    token_family::issued(&mut snapshot.families, event, row);
}

fn keep(jar: &mut CookieJarState, cookie: &CookieSet) {
    if cookie.name == REFRESH_COOKIE || cookie.refresh.is_some() {
        jar.refresh = cookie.refresh.clone().filter(|_| !cookie.cleared);
    } else if cookie.name.ends_with("signed_in") {
        jar.companion = !cookie.cleared;
    }
}

fn tab(snapshot: &mut Snapshot, lifeline: Lifeline) -> Option<&mut TabState> {
    match lifeline {
        Lifeline::Tab => Some(&mut snapshot.tab),
        Lifeline::Tab2 => Some(&mut snapshot.tab2),
        _ => None,
    }
}

fn act(snapshot: &mut Snapshot, action: &Action) {
    match action {
        Action::ClientClock { minutes } => snapshot.tab.clock = *minutes,
        Action::SignIn { tab2: true } | Action::RaceTwoTabs => snapshot.tab2.present = true,
        _ => {}
    }
}

fn apply_tab_event(snapshot: &mut Snapshot, lifeline: Lifeline, seen: &TabEvent) {
    let Some(tab) = tab(snapshot, lifeline) else { return };
    tab.present = true;
    match seen {
        TabEvent::AuthState { state } => {
            tab.state.clone_from(state);
            if state == "anonymous" {
                tab.access = None;
                // Scripts can write this cookie, and a page that signs out deletes it.
                snapshot.jar.companion = false;
            }
        }
        TabEvent::TokenForgotten => tab.access = None,
        TabEvent::Draft { characters } => tab.draft = *characters,
        _ => {}
    }
}

#[cfg(test)]
mod tests;
