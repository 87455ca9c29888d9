//! Two holders of one token, the browser and a thief, who never meet within a grace. The race is over before it begins
//! here; what is left to show is how soon the second holder gives both away.

use std::time::Duration;

use stateright::{Model, Property};
use two_tokens::auth::token::rotation::{Decision, RecentlySuperseded, RotationState, Standing, Superseded};
use two_tokens::clock::Timestamp;

use super::broken::Rule;

const GRACE: i64 = 2;

#[derive(Clone, Debug)]
pub struct Holders {
    pub rule: Rule,
    /// Ticks between two presentations.
    pub apart: i64,
    /// The thief (the second holder) presents anything it ever held, not only the newest.
    pub insistent: bool,
    pub presentations: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Who {
    Browser,
    Thief,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    rotation: RotationState,
    /// What each holds, newest last.
    held: [Vec<u32>; 2],
    /// Whose presentations succeeded, runs of one holder as one.
    successes: Vec<Who>,
    caught: bool,
    left: u8,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presents {
    who: Who,
    generation: u32,
    answer_lost: bool,
}

impl Holders {
    fn answered(&self, state: &mut State, presented: u32) -> Option<u32> {
        let standing = Standing {
            revoked: state.caught,
            idle_expires_at: Timestamp(i64::MAX),
            absolute_expires_at: Timestamp(i64::MAX),
            user_disabled: false,
        };
        let grace = Duration::from_millis(GRACE.unsigned_abs());
        match (self.rule.decide)(&state.rotation, &standing, presented, Timestamp(0), grace) {
            Decision::Rotate(advance) | Decision::ReKey(advance) => {
                state.rotation = advance.next;
                Some(state.rotation.generation)
            }
            Decision::Replay { generation } => Some(generation),
            Decision::Reuse => {
                state.caught = true;
                None
            }
            Decision::Ended(_) | Decision::Ahead => None,
        }
    }

    fn time_passes(&self, rotation: &mut RotationState) {
        let mut ring = RecentlySuperseded::default();
        for entry in rotation.recently_superseded.entries() {
            ring.push(Superseded {
                generation: entry.generation,
                at: Timestamp((entry.at.millis() - self.apart).max(-GRACE - 1)),
            });
        }
        rotation.recently_superseded = ring;
    }
}

impl Model for Holders {
    type State = State;
    type Action = Presents;

    /// Both hold one token, and it is either the newest or (its answer was lost) the parent of the newest.
    fn init_states(&self) -> Vec<State> {
        let state = |generation, parent, ring| State {
            rotation: RotationState { generation, parent, recently_superseded: ring },
            held: [vec![0], vec![0]],
            successes: Vec::new(),
            caught: false,
            left: self.presentations,
        };
        let mut ring = RecentlySuperseded::default();
        ring.push(Superseded { generation: 0, at: Timestamp(-GRACE - 1) });
        vec![state(0, None, RecentlySuperseded::default()), state(1, Some(0), ring)]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Presents>) {
        if state.left == 0 || state.caught {
            return;
        }
        for who in [Who::Browser, Who::Thief] {
            let held = &state.held[who as usize];
            let all = self.insistent && who == Who::Thief;
            let offered = if all { &held[..] } else { &held[held.len() - 1..] };
            for &generation in offered {
                for answer_lost in [false, true] {
                    actions.push(Presents { who, generation, answer_lost });
                }
            }
        }
    }

    fn next_state(&self, last: &State, Presents { who, generation, answer_lost }: Presents) -> Option<State> {
        let mut state = last.clone();
        state.left -= 1;
        self.time_passes(&mut state.rotation);
        if let Some(issued) = self.answered(&mut state, generation)
            && !answer_lost
        {
            state.held[who as usize].retain(|&held| held != issued);
            state.held[who as usize].push(issued);
            if state.successes.last() != Some(&who) {
                state.successes.push(who);
            }
        }
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        use Who::{Browser, Thief};
        let browser_back = |_: &Self, s: &State| !s.successes.windows(3).any(|w| w == [Browser, Thief, Browser]);
        let anyone_back = |_: &Self, s: &State| s.successes.len() <= 2;
        let mut properties = vec![
            Property::always(BROWSER_NEVER_BACK, browser_back),
            Property::sometimes("both have a success", |_, s: &State| s.successes.len() == 2),
            Property::sometimes("the second comer is caught", |_, s: &State| s.caught && s.successes.len() == 2),
        ];
        if !self.insistent {
            properties.push(Property::always(HANDS_CHANGE_ONCE, anyone_back));
        }
        properties
    }
}

pub const HANDS_CHANGE_ONCE: &str = "success changes hands once: the first holder is caught on coming back";
pub const BROWSER_NEVER_BACK: &str = "once browser and thief had a success in turn, the browser's next is caught";
