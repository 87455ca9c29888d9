//! What is true at a moment, told from the log alone: who holds which token, what lies in the cookie jar and in the database,
//! and how the refresh tokens descend from each other. One fold over a prefix of the events, so that any moment can be looked
//! at again and a replayed export shows exactly what the live page showed.

mod family;

pub use family::{Family, Generation, Presented, State};

use std::collections::HashSet;

use super::event::{
    AccessSeen, Action, Chip, CookieSet, Event, KeyRow, Lifeline, Probe, RefreshSeen, Response, Ruling, Seen,
    SessionRow, Settings, Verdict, What,
};
use super::exchange::{is_browser, is_refresh};
use crate::api::error::Code;
use crate::clock::Timestamp;

pub const REFRESH_COOKIE: &str = "__Secure-refresh";

/// Everything the panels show.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Story {
    /// By the sandbox's clock.
    pub now: Timestamp,
    /// The last event that counts.
    pub seq: u64,
    pub email: String,
    pub tab: Tab,
    pub tab2: Tab,
    pub jar: Jar,
    pub thief: Thief,
    pub rows: Vec<Row>,
    pub families: Vec<Family>,
    pub keys: Vec<KeyRow>,
    /// How far the visitor has moved the sandbox's clock, in seconds.
    pub clock_offset: u64,
    pub settings: Option<Settings>,
    pub verdict: Option<Checked>,
    /// What an injected script achieved without the page's policy and with it.
    pub probes: [Option<Vec<Probe>>; 2],
}

/// What one tab has in its memory.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tab {
    /// Whether it ever did anything.
    pub present: bool,
    /// `unknown`, `anonymous`, `signed-in` or `offline`.
    pub state: String,
    pub access: Option<Held>,
    /// Characters that nobody has saved yet.
    pub draft: u32,
    /// How wrong its own clock is, in minutes.
    pub clock: i32,
}

/// An access token and when it was received.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    pub token: AccessSeen,
    pub since: Timestamp,
    pub until: Timestamp,
}

impl Held {
    fn new(token: &AccessSeen, since: Timestamp) -> Self {
        let until = token.claims.get("exp").and_then(serde_json::Value::as_i64).map_or(since, Timestamp::from_secs);
        Self { token: token.clone(), since, until }
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Jar {
    pub refresh: Option<RefreshSeen>,
    /// The readable cookie that says that asking is worth it.
    pub companion: bool,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Thief {
    pub refresh: Option<RefreshSeen>,
    pub access: Option<AccessSeen>,
    pub row: Option<SessionRow>,
    pub deeds: Vec<Deed>,
}

impl Thief {
    pub fn has_something(&self) -> bool {
        self.refresh.is_some() || self.access.is_some() || self.row.is_some()
    }

    pub fn took_part(&self) -> bool {
        self.has_something() || !self.deeds.is_empty()
    }
}

/// Something the thief did or got, and what came of it.
#[derive(Clone, Debug, PartialEq)]
pub enum Deed {
    TookRefresh { seq: u64, token: RefreshSeen },
    TookAccess { seq: u64, chip: Chip },
    TookRow { seq: u64 },
    Asked { seq: u64, exchange: u64, method: String, path: String, answer: Option<(u16, Option<Code>)> },
}

/// A session's row, with what the last write did to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub row: SessionRow,
    /// Columns that the last write changed; none when it made the row.
    pub changed: Vec<String>,
    pub new: bool,
    pub seq: u64,
    pub gone: bool,
}

/// The server's last word on an access token.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    pub seq: u64,
    pub verdict: Verdict,
    pub chip: Option<Chip>,
    pub from: Option<Lifeline>,
}

impl Story {
    pub fn of(events: &[Event]) -> Self {
        let lost: HashSet<u64> = events
            .iter()
            .filter(|event| matches!(event.what, What::Lost { .. }))
            .filter_map(|event| event.exchange)
            .collect();
        let mut telling = Teller { events, lost, story: Story::default() };
        for (index, event) in events.iter().enumerate() {
            telling.story.now = event.at;
            telling.story.seq = event.seq;
            telling.hear(index, event);
        }
        let mut story = telling.story;
        let grace = story.settings.as_ref().map_or(10, |settings| settings.grace);
        for family in &mut story.families {
            let row = story.rows.iter().find(|row| row.row.id == family.session);
            family.judge(row.map(|row| &row.row), grace, story.now);
        }
        story
    }

    pub fn tab(&self, who: Lifeline) -> Option<&Tab> {
        match who {
            Lifeline::You | Lifeline::Tab => Some(&self.tab),
            Lifeline::Tab2 => Some(&self.tab2),
            _ => None,
        }
    }

    /// Who has this refresh token now.
    pub fn holders(&self, chip: &Chip) -> Vec<Lifeline> {
        let has = |seen: &Option<RefreshSeen>| seen.as_ref().is_some_and(|seen| seen.chip == *chip);
        [(Lifeline::CookieJar, &self.jar.refresh), (Lifeline::Thief, &self.thief.refresh)]
            .into_iter()
            .filter(|(_, seen)| has(seen))
            .map(|(who, _)| who)
            .collect()
    }
}

struct Teller<'a> {
    events: &'a [Event],
    /// Exchanges whose answer never arrived.
    lost: HashSet<u64>,
    story: Story,
}

impl<'a> Teller<'a> {
    fn hear(&mut self, index: usize, event: &'a Event) {
        let story = &mut self.story;
        match &event.what {
            What::Opened { email, .. } => {
                *story = Story { now: event.at, seq: event.seq, email: email.clone(), ..Story::default() };
            }
            What::Acted { action } => act(story, action),
            What::Request(request) => {
                if let Some(tab) = tab(story, request.from) {
                    tab.present = true;
                }
                if request.from == Lifeline::Thief {
                    story.thief.deeds.push(Deed::Asked {
                        seq: event.seq,
                        exchange: event.exchange.unwrap_or_default(),
                        method: request.method.clone(),
                        path: request.path.clone(),
                        answer: None,
                    });
                }
                // A token that nobody was seen to issue is nobody's child, and stays out of the families.
                if let (Some(seen), true) = (&request.refresh, is_refresh(&request.path)) {
                    family::presented(&mut story.families, event, request.from, seen);
                }
            }
            What::Response(response) => self.answer(event, response),
            What::AccessChecked { verdict } => {
                let request = self.request_of(index);
                let bearer = request.and_then(|request| request.bearer.as_ref());
                self.story.verdict = Some(Checked {
                    seq: event.seq,
                    verdict: *verdict,
                    chip: bearer.map(|token| token.chip.clone()),
                    from: request.map(|request| request.from),
                });
            }
            What::Decided { ruling, .. } => self.decided(event, *ruling),
            What::Row { row, changed } => write(story, event, row, changed),
            What::RowGone { id } => {
                for row in story.rows.iter_mut().filter(|row| row.row.id == *id) {
                    (row.gone, row.seq) = (true, event.seq);
                }
            }
            What::Keys { keys } => story.keys.clone_from(keys),
            What::ClockJumped { seconds } => story.clock_offset = story.clock_offset.saturating_add(*seconds),
            What::Settings { settings } => story.settings = Some(settings.clone()),
            What::StoleRefresh { token } => {
                story.thief.refresh = Some(token.clone());
                story.thief.deeds.push(Deed::TookRefresh { seq: event.seq, token: token.clone() });
            }
            What::StoleAccess { token } => {
                story.thief.access = Some(token.clone());
                story.thief.deeds.push(Deed::TookAccess { seq: event.seq, chip: token.chip.clone() });
            }
            What::StoleRow { row } => {
                story.thief.row = Some(row.clone());
                story.thief.deeds.push(Deed::TookRow { seq: event.seq });
            }
            What::Seen { tab: who, seen } => saw(story, *who, seen),
            What::Probed { content_policy, results } => {
                story.probes[usize::from(*content_policy)] = Some(results.clone());
            }
            What::Lost { .. }
            | What::Held { .. }
            | What::PasswordChecked { .. }
            | What::Swapped { .. }
            | What::SessionEnded { .. }
            | What::Restarted => {}
        }
    }

    /// The request of an event's exchange.
    fn request_of(&self, index: usize) -> Option<&'a super::event::Request> {
        let exchange = self.events[index].exchange?;
        self.events[..index].iter().rev().filter(|event| event.exchange == Some(exchange)).find_map(
            |event| match &event.what {
                What::Request(request) => Some(request),
                _ => None,
            },
        )
    }

    fn decided(&mut self, event: &Event, ruling: Ruling) {
        if let Some(exchange) = event.exchange {
            family::ruled(&mut self.story.families, exchange, ruling);
        }
    }

    fn answer(&mut self, event: &Event, response: &Response) {
        let story = &mut self.story;
        if response.to == Lifeline::Thief {
            let mine = story.thief.deeds.iter_mut().rev().find_map(|deed| match deed {
                Deed::Asked { exchange, answer, .. } if Some(*exchange) == event.exchange => Some(answer),
                _ => None,
            });
            if let Some(answer) = mine {
                *answer = Some((response.status, response.code));
            }
        }
        if event.exchange.is_some_and(|exchange| self.lost.contains(&exchange)) {
            return;
        }
        if let (Some(token), Some(tab)) = (&response.access, tab(story, response.to)) {
            tab.present = true;
            tab.access = Some(Held::new(token, event.at));
        }
        if response.to == Lifeline::Thief {
            if let Some(token) = &response.access {
                story.thief.access = Some(token.clone());
            }
            if let Some(seen) = response.cookies.iter().find_map(|cookie| cookie.refresh.as_ref()) {
                story.thief.refresh = Some(seen.clone());
            }
        } else if is_browser(response.to) {
            for cookie in &response.cookies {
                keep(&mut story.jar, cookie);
            }
        }
    }
}

/// The rows of a session, and the family of refresh tokens that they tell of.
fn write(story: &mut Story, event: &Event, row: &SessionRow, changed: &[String]) {
    let known = story.rows.iter_mut().find(|known| known.row.id == row.id);
    let written =
        Row { row: row.clone(), changed: changed.to_vec(), new: known.is_none(), seq: event.seq, gone: false };
    match known {
        Some(known) => *known = written,
        None => story.rows.push(written),
    }
    family::issued(&mut story.families, event, row);
}

fn keep(jar: &mut Jar, cookie: &CookieSet) {
    if cookie.name == REFRESH_COOKIE || cookie.refresh.is_some() {
        jar.refresh = cookie.refresh.clone().filter(|_| !cookie.cleared);
    } else if cookie.name.ends_with("signed_in") {
        jar.companion = !cookie.cleared;
    }
}

fn tab(story: &mut Story, who: Lifeline) -> Option<&mut Tab> {
    match who {
        Lifeline::Tab => Some(&mut story.tab),
        Lifeline::Tab2 => Some(&mut story.tab2),
        _ => None,
    }
}

fn act(story: &mut Story, action: &Action) {
    match action {
        Action::ClientClock { minutes } => story.tab.clock = *minutes,
        Action::SignIn { tab2: true } | Action::RaceTwoTabs => story.tab2.present = true,
        _ => {}
    }
}

fn saw(story: &mut Story, who: Lifeline, seen: &Seen) {
    let Some(tab) = tab(story, who) else { return };
    tab.present = true;
    match seen {
        Seen::AuthState { state } => {
            tab.state.clone_from(state);
            if state == "anonymous" {
                tab.access = None;
                // Scripts may write this one, and a page that signs out takes it away.
                story.jar.companion = false;
            }
        }
        Seen::TokenForgotten => tab.access = None,
        Seen::Draft { characters } => tab.draft = *characters,
        _ => {}
    }
}

#[cfg(test)]
mod tests;
