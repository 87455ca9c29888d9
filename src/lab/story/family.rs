//! The refresh tokens of one session, as a family: each is the child of the one that was presented for it. Thieves and lost
//! answers show up as branches, which is what the server sees of them, so this is the picture that explains its decisions.

use crate::api::error::RevokeReason;
use crate::clock::Timestamp;
use crate::lab::event::{Chip, Event, Lifeline, RefreshSeen, Ruling, SessionRow};

#[derive(Clone, Debug, PartialEq)]
pub struct Family {
    /// The session's id.
    pub session: String,
    pub generations: Vec<Generation>,
    pub ended: Option<(Timestamp, RevokeReason)>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Generation {
    pub number: u32,
    pub chip: Chip,
    pub parent: Option<u32>,
    pub seq: u64,
    pub at: Timestamp,
    /// Who asked for it.
    pub presented: Vec<Presented>,
    pub state: State,
    /// Its parent had an earlier child: here the family branches.
    pub branches: bool,
}

/// One time that a token was sent to be turned.
#[derive(Clone, Debug, PartialEq)]
pub struct Presented {
    pub seq: u64,
    pub exchange: u64,
    pub at: Timestamp,
    pub by: Lifeline,
    /// What the rule said, once it has spoken.
    pub ruling: Option<Ruling>,
}

/// What would come of presenting it now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Newest,
    /// Superseded a moment ago: whoever was under way gets the newest again.
    InGrace,
    Superseded,
    /// Never presented before its sibling was made: the server takes it for lost, and whoever presents it is caught.
    Tripwire,
    /// Presented out of time, which ended the session.
    Reused,
    /// Its session is over.
    Dead,
}

impl Family {
    /// The generation with a token.
    fn find(&mut self, chip: &Chip) -> Option<&mut Generation> {
        self.generations.iter_mut().rev().find(|generation| generation.chip == *chip)
    }

    /// Gives each generation its state at `now`.
    pub(super) fn judge(&mut self, row: Option<&SessionRow>, grace: u64, now: Timestamp) {
        let Some(row) = row else { return };
        self.ended = row.revoked;
        let is_parent = |number| self.generations.iter().any(|child| child.parent == Some(number));
        let parents: Vec<bool> = self.generations.iter().map(|generation| is_parent(generation.number)).collect();
        for (generation, has_child) in self.generations.iter_mut().zip(parents) {
            let superseded = row.ring.iter().find(|(number, _)| *number == generation.number);
            let fresh = |at: Timestamp| u128::try_from(now.since(at)).unwrap_or(0) <= u128::from(grace) * 1000;
            let reused = generation.presented.iter().any(|one| one.ruling == Some(Ruling::Reuse));
            generation.state = match superseded {
                _ if reused => State::Reused,
                _ if row.revoked.is_some() => State::Dead,
                _ if generation.number == row.generation => State::Newest,
                Some((_, at)) if grace > 0 && fresh(*at) => State::InGrace,
                Some(_) => State::Superseded,
                None if has_child => State::Superseded,
                None => State::Tripwire,
            };
        }
    }
}

/// A row was written: whatever it names as newest exists from now on.
pub(super) fn issued(families: &mut Vec<Family>, event: &Event, row: &SessionRow) {
    let index = families.iter().position(|family| family.session == row.id).unwrap_or_else(|| {
        families.push(Family { session: row.id.clone(), generations: Vec::new(), ended: None });
        families.len() - 1
    });
    let Some(family) = families.get_mut(index) else { return };
    if family.generations.iter().any(|generation| generation.number == row.generation) {
        return;
    }
    let branches = row.parent.is_some() && family.generations.iter().any(|sibling| sibling.parent == row.parent);
    family.generations.push(Generation {
        number: row.generation,
        chip: row.newest.clone(),
        parent: row.parent,
        seq: event.seq,
        at: event.at,
        presented: Vec::new(),
        state: State::Newest,
        branches,
    });
}

pub(super) fn presented(families: &mut [Family], event: &Event, by: Lifeline, seen: &RefreshSeen) {
    let Some(generation) = families.iter_mut().find_map(|family| family.find(&seen.chip)) else { return };
    let exchange = event.exchange.unwrap_or_default();
    generation.presented.push(Presented { seq: event.seq, exchange, at: event.at, by, ruling: None });
}

pub(super) fn ruled(families: &mut [Family], exchange: u64, ruling: Ruling) {
    let all = families.iter_mut().flat_map(|family| &mut family.generations).flat_map(|one| &mut one.presented);
    for presented in all.filter(|presented| presented.exchange == exchange) {
        presented.ruling = Some(ruling);
    }
}
