//! One session, one browser with its cookie jar, a network that loses, delays and reorders, and perhaps a thief: as states
//! and steps small enough to try all of them. The rule under test is a parameter, so that broken rules can be tried too.
//! Time is discrete: one tick is one millisecond of the rule's clock.

use std::time::Duration;

use stateright::{Model, Property};
use two_tokens::auth::token::rotation::{Decision, RecentlySuperseded, Rotation, RotationState, Standing, Superseded};
use two_tokens::clock::Timestamp;

use super::broken::Rule;
use super::promises::Fault;

/// How a browser keeps its refreshes apart.
#[derive(Clone, Copy, Debug)]
pub enum Manners {
    /// The next refresh is sent when the one before is over: its answer is in the jar, or certain never to be. However long
    /// that takes.
    Awaits,
    /// A refresh is given up `after` so many ticks, and the next is sent `waits` ticks later at the earliest. The request
    /// given up may still reach the server up to `late` ticks after that; its answer is dropped, as a browser does with an
    /// aborted request, unless `answers_land`.
    GivesUp { after: u8, waits: u8, late: u8, answers_land: bool },
    /// Tabs without a lock: so many refreshes under way together, for as long as they take.
    Tabs { at_once: usize },
}

/// How the row is written.
#[derive(Clone, Copy, Debug)]
pub enum Swap {
    Compare,
    /// What the row was when read is not looked at again: a mistake, for the checks to find.
    Blind,
}

#[derive(Clone, Copy, Debug)]
pub enum Clock {
    /// Runs forward, as fast or slow as it likes against everything else that happens.
    Runs,
    /// Shows any of `0..=latest` each time it is asked: jumps forward and back at will.
    Jumps { latest: u8 },
}

#[derive(Clone, Debug)]
pub struct World {
    pub rule: Rule,
    pub swap: Swap,
    pub clock: Clock,
    pub grace: u8,
    pub manners: Manners,
    /// Refreshes the browser makes in all.
    pub sends: u8,
    /// What a thief may do in all: copy the jar, present something copied or got.
    pub thefts: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    pub rotation: RotationState,
    /// By logout, from another device, or by the rule itself.
    pub ended: bool,
    pub jar: u32,
    pub exchanges: Vec<Exchange>,
    since_given_up: u8,
    sends_left: u8,
    stolen: Vec<u32>,
    thefts_left: u8,
    /// The checker's own book of which generation turned when; no rule sees it.
    pub turns: Vec<Superseded>,
    /// Whether three turns ever fell into one grace.
    pub crowded: bool,
    /// Whether a grace ever ended while a refresh was under way.
    pub straddled: bool,
    faults: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Exchange {
    pub stage: Stage,
    /// Ticks since it was sent, or since it was given up; counted where giving up is.
    age: u8,
    given_up: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    Request {
        presented: u32,
    },
    /// Read and decided, not yet written: another may write in between.
    Writing {
        presented: u32,
        now: Timestamp,
        advance: Rotation,
    },
    Answer {
        issued: u32,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    Send,
    /// The server reads the row and decides on an exchange, by the time it reads on its clock.
    Decide(usize, Timestamp),
    Write(usize),
    Lose(usize),
    Deliver(usize),
    GiveUp(usize),
    Tick,
    Steal,
    ThiefPresents(u32, Timestamp),
    End,
}

impl State {
    pub fn broke(&self, fault: Fault) -> bool {
        self.faults & (1 << fault as u8) != 0
    }

    pub fn blame(&mut self, fault: Fault) {
        self.faults |= 1 << fault as u8;
    }

    fn note_turn(&mut self, presented: u32, now: Timestamp) {
        self.turns.retain(|turn| turn.generation != presented);
        self.turns.push(Superseded { generation: presented, at: now });
    }

    fn under_way(&self) -> impl Iterator<Item = &Exchange> {
        self.exchanges.iter().filter(|exchange| !exchange.given_up)
    }
}

impl Exchange {
    /// Two states that differ in the order of a list alone are one.
    fn order(&self) -> (u8, u32, u32, u8, bool) {
        let (kind, a, b) = match &self.stage {
            Stage::Request { presented } => (0, *presented, 0),
            Stage::Writing { presented, advance, .. } => (1, *presented, advance.expected),
            Stage::Answer { issued } => (2, *issued, 0),
        };
        (kind, a, b, self.age, self.given_up)
    }
}

impl World {
    fn decide(&self, state: &State, presented: u32, now: Timestamp) -> Decision {
        let standing = Standing {
            revoked: state.ended,
            idle_expires_at: Timestamp(i64::MAX),
            absolute_expires_at: Timestamp(i64::MAX),
            user_disabled: false,
        };
        let grace = Duration::from_millis(self.grace.into());
        (self.rule.decide)(&state.rotation, &standing, presented, now, grace)
    }

    /// What the server does with a request: all of it, or up to the write.
    fn serve(&self, state: &mut State, index: usize, presented: u32, now: Timestamp) {
        let decision = self.decide(state, presented, now);
        self.judge(state, presented, now, &decision);
        match decision {
            Decision::Rotate(advance) | Decision::ReKey(advance) => {
                state.exchanges[index].stage = Stage::Writing { presented, now, advance };
            }
            Decision::Replay { generation } => self.answer(state, index, generation),
            Decision::Reuse | Decision::Ahead => {
                state.ended |= decision == Decision::Reuse;
                if self.thefts == 0 {
                    state.blame(Fault::HonestTakenForThief);
                }
                state.exchanges.remove(index);
            }
            Decision::Ended(_) => drop(state.exchanges.remove(index)),
        }
    }

    fn write(&self, state: &mut State, index: usize) {
        let Stage::Writing { presented, now, advance } = state.exchanges[index].stage.clone() else { return };
        let current = advance.expected == state.rotation.generation && !state.ended;
        if current || matches!(self.swap, Swap::Blind) {
            let issued = advance.next.generation;
            self.turn(state, presented, now, advance.next);
            self.answer(state, index, issued);
        } else {
            self.serve(state, index, presented, now);
        }
    }

    fn turn(&self, state: &mut State, presented: u32, now: Timestamp, next: RotationState) {
        if state.ended {
            state.blame(Fault::AliveAfterEnd);
        }
        if next.generation > state.rotation.generation {
            state.note_turn(presented, now);
        } else if next.generation < state.rotation.generation {
            state.blame(Fault::WentBack);
        }
        state.rotation = next;
        if matches!(self.manners, Manners::Tabs { .. }) {
            state.crowded |= state.turns.iter().filter(|turn| self.in_grace(turn.at, now)).count() >= 3;
        }
    }

    fn answer(&self, state: &mut State, index: usize, issued: u32) {
        let dropped = matches!(self.manners, Manners::GivesUp { answers_land: false, .. });
        if dropped && state.exchanges[index].given_up {
            state.exchanges.remove(index);
        } else {
            state.exchanges[index].stage = Stage::Answer { issued };
        }
    }

    fn thief_presents(&self, state: &mut State, presented: u32, now: Timestamp) {
        let decision = self.decide(state, presented, now);
        self.judge(state, presented, now, &decision);
        let issued = match decision {
            Decision::Rotate(advance) | Decision::ReKey(advance) => {
                let issued = advance.next.generation;
                self.turn(state, presented, now, advance.next);
                issued
            }
            Decision::Replay { generation } => generation,
            Decision::Reuse => {
                state.ended = true;
                return;
            }
            Decision::Ended(_) | Decision::Ahead => return,
        };
        if !state.stolen.contains(&issued) {
            state.stolen.push(issued);
        }
    }

    fn may_send(&self, state: &State) -> bool {
        let room = match self.manners {
            Manners::Awaits => state.exchanges.is_empty(),
            Manners::GivesUp { waits, .. } => state.under_way().next().is_none() && state.since_given_up >= waits,
            Manners::Tabs { at_once } => state.exchanges.len() < at_once,
        };
        room && state.sends_left > 0
    }

    /// The age at which an exchange has to be over, or given up, before time goes on.
    fn deadline(&self, exchange: &Exchange) -> Option<u8> {
        match self.manners {
            Manners::GivesUp { after, late, .. } => Some(if exchange.given_up { late } else { after }),
            Manners::Awaits | Manners::Tabs { .. } => None,
        }
    }

    fn may_tick(&self, state: &State) -> bool {
        // A write takes no time on this clock: what others do meanwhile is tried, how long it takes is not.
        let writing = |exchange: &Exchange| matches!(exchange.stage, Stage::Writing { .. });
        let overdue = |exchange: &Exchange| self.deadline(exchange).is_some_and(|deadline| exchange.age >= deadline);
        matches!(self.clock, Clock::Runs) && !state.exchanges.iter().any(|e| writing(e) || overdue(e))
    }

    /// Now stays zero and everything else grows older, so that histories that differ in their start alone are one state.
    fn tick(&self, state: &mut State) {
        if matches!(self.manners, Manners::Tabs { .. }) && !state.exchanges.is_empty() {
            state.straddled |= state.turns.iter().any(|turn| turn.at.millis() == -i64::from(self.grace));
        }
        let older = |entry: &Superseded| Superseded {
            generation: entry.generation,
            at: Timestamp((entry.at.millis() - 1).max(-i64::from(self.grace) - 1)),
        };
        let mut ring = RecentlySuperseded::default();
        state.rotation.recently_superseded.entries().iter().for_each(|entry| ring.push(older(entry)));
        state.rotation.recently_superseded = ring;
        state.turns = state.turns.iter().map(older).collect();
        if let Manners::GivesUp { waits, .. } = self.manners {
            state.since_given_up = (state.since_given_up + 1).min(waits);
            state.exchanges.iter_mut().for_each(|exchange| exchange.age += 1);
        }
    }

    fn times(&self) -> impl Iterator<Item = Timestamp> + use<> {
        let latest = match self.clock {
            Clock::Runs => 0,
            Clock::Jumps { latest } => latest,
        };
        (0..=latest).map(|tick| Timestamp(tick.into()))
    }

    fn exchange_actions(&self, state: &State, actions: &mut Vec<Action>) {
        for (index, exchange) in state.exchanges.iter().enumerate() {
            match exchange.stage {
                Stage::Request { .. } => {
                    actions.extend(self.times().map(|now| Action::Decide(index, now)));
                }
                Stage::Writing { .. } => actions.push(Action::Write(index)),
                Stage::Answer { .. } => actions.push(Action::Deliver(index)),
            }
            if !matches!(exchange.stage, Stage::Writing { .. }) {
                actions.push(Action::Lose(index));
            }
            if let Manners::GivesUp { after, .. } = self.manners
                && !exchange.given_up
                && exchange.age == after
            {
                actions.push(Action::GiveUp(index));
            }
        }
    }

    fn give_up(&self, state: &mut State, index: usize) {
        state.since_given_up = 0;
        state.exchanges[index].given_up = true;
        state.exchanges[index].age = 0;
        if let Stage::Answer { issued } = state.exchanges[index].stage {
            self.answer(state, index, issued);
        }
    }
}

impl Model for World {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State {
            rotation: RotationState { generation: 0, parent: None, recently_superseded: RecentlySuperseded::default() },
            ended: false,
            jar: 0,
            exchanges: Vec::new(),
            since_given_up: if let Manners::GivesUp { waits, .. } = self.manners { waits } else { 0 },
            sends_left: self.sends,
            stolen: Vec::new(),
            thefts_left: self.thefts,
            turns: Vec::new(),
            crowded: false,
            straddled: false,
            faults: 0,
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        if self.may_send(state) {
            actions.push(Action::Send);
        }
        self.exchange_actions(state, actions);
        if self.may_tick(state) {
            actions.push(Action::Tick);
        }
        if state.thefts_left > 0 {
            actions.push(Action::Steal);
            for &generation in &state.stolen {
                actions.extend(self.times().map(|now| Action::ThiefPresents(generation, now)));
            }
        }
        if !state.ended {
            actions.push(Action::End);
        }
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        match action {
            Action::Send => {
                state.sends_left -= 1;
                let stage = Stage::Request { presented: state.jar };
                state.exchanges.push(Exchange { stage, age: 0, given_up: false });
            }
            Action::Decide(exchange, now) => {
                if let Stage::Request { presented } = state.exchanges[exchange].stage {
                    self.serve(&mut state, exchange, presented, now);
                }
            }
            Action::Write(exchange) => self.write(&mut state, exchange),
            Action::Lose(exchange) => drop(state.exchanges.remove(exchange)),
            Action::Deliver(exchange) => {
                if let Stage::Answer { issued } = state.exchanges.remove(exchange).stage {
                    state.jar = issued;
                }
            }
            Action::GiveUp(exchange) => self.give_up(&mut state, exchange),
            Action::Tick => self.tick(&mut state),
            Action::Steal => {
                if state.stolen.contains(&state.jar) {
                    return None;
                }
                state.thefts_left -= 1;
                state.stolen.push(state.jar);
            }
            Action::ThiefPresents(generation, now) => {
                state.thefts_left -= 1;
                self.thief_presents(&mut state, generation, now);
            }
            Action::End => state.ended = true,
        }
        state.exchanges.sort_by_key(Exchange::order);
        (state != *last).then_some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        self.promises()
    }
}
