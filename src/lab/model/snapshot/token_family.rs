//! The token family of a session (RFC 9700 section 4.14): each refresh token is the child of the one presented for it. Thefts and
//! lost responses appear as branches, which is all the server sees of them, so the family explains its decisions.

use crate::clock::Timestamp;
use crate::lab::model::event::{Fingerprint, Lifeline, LogEvent, RefreshSeen, Ruling, SessionRow};
use crate::protocol::session::RevokeReason;

#[derive(Clone, Debug, PartialEq)]
pub struct TokenFamily {
    /// The session's id.
    pub session: String,
    pub generations: Vec<Generation>,
    pub ended: Option<(Timestamp, RevokeReason)>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Generation {
    pub number: u32,
    pub fingerprint: Fingerprint,
    pub parent: Option<u32>,
    pub seq: u64,
    pub at: Timestamp,
    /// Every time this token was presented.
    pub presented: Vec<Presentation>,
    pub state: GenerationState,
    /// The family branches here: the parent has an earlier child.
    pub branches: bool,
}

/// One presentation of a token for rotation.
#[derive(Clone, Debug, PartialEq)]
pub struct Presentation {
    pub seq: u64,
    pub exchange: u64,
    pub at: Timestamp,
    pub by: Lifeline,
    /// The rule's decision, once it is made.
    pub ruling: Option<Ruling>,
}

/// What presenting the token now would lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GenerationState {
    Newest,
    /// Superseded within the grace: a concurrent request receives the newest again.
    InGrace,
    Superseded,
    /// Never presented before its sibling was issued: the server assumes that it was lost, so presenting it is reuse.
    Tripwire,
    /// Presented too late, which ended the session.
    Reused,
    /// Its session has ended.
    Dead,
}

impl TokenFamily {
    /// The generation with a token.
    fn find(&mut self, fingerprint: &Fingerprint) -> Option<&mut Generation> {
        self.generations.iter_mut().rev().find(|generation| generation.fingerprint == *fingerprint)
    }

    /// Sets each generation's state at `now`. The rotation rule itself is compiled for the server only, so the grace is compared
    /// here once more; `server/family_matches_rule.rs` holds the two together.
    pub(super) fn update_states(&mut self, row: Option<&SessionRow>, grace: u64, now: Timestamp) {
        let Some(row) = row else { return };
        self.ended = row.revoked;
        let is_parent = |number| self.generations.iter().any(|child| child.parent == Some(number));
        let parents: Vec<bool> = self.generations.iter().map(|generation| is_parent(generation.number)).collect();
        for (generation, has_child) in self.generations.iter_mut().zip(parents) {
            let superseded = row.ring.iter().find(|(number, _)| *number == generation.number);
            let fresh = |at: Timestamp| u128::try_from(now.since(at)).unwrap_or(0) <= u128::from(grace) * 1000;
            let reused = generation.presented.iter().any(|one| one.ruling == Some(Ruling::Reuse));
            generation.state = match superseded {
                _ if reused => GenerationState::Reused,
                _ if row.revoked.is_some() => GenerationState::Dead,
                _ if generation.number == row.generation => GenerationState::Newest,
                Some((_, at)) if grace > 0 && fresh(*at) => GenerationState::InGrace,
                Some(_) => GenerationState::Superseded,
                None if has_child => GenerationState::Superseded,
                None => GenerationState::Tripwire,
            };
        }
    }
}

/// A row was written: its newest generation exists from now on.
pub(super) fn issued(families: &mut Vec<TokenFamily>, event: &LogEvent, row: &SessionRow) {
    let index = families.iter().position(|family| family.session == row.id).unwrap_or_else(|| {
        families.push(TokenFamily { session: row.id.clone(), generations: Vec::new(), ended: None });
        families.len() - 1
    });
    let Some(family) = families.get_mut(index) else { return };
    if family.generations.iter().any(|generation| generation.number == row.generation) {
        return;
    }
    let branches = row.parent.is_some() && family.generations.iter().any(|sibling| sibling.parent == row.parent);
    family.generations.push(Generation {
        number: row.generation,
        fingerprint: row.newest.clone(),
        parent: row.parent,
        seq: event.seq,
        at: event.at,
        presented: Vec::new(),
        state: GenerationState::Newest,
        branches,
    });
}

pub(super) fn presented(families: &mut [TokenFamily], event: &LogEvent, by: Lifeline, seen: &RefreshSeen) {
    let Some(generation) = families.iter_mut().find_map(|family| family.find(&seen.fingerprint)) else { return };
    let exchange = event.exchange.unwrap_or_default();
    generation.presented.push(Presentation { seq: event.seq, exchange, at: event.at, by, ruling: None });
}

pub(super) fn ruled(families: &mut [TokenFamily], exchange: u64, ruling: Ruling) {
    let all = families.iter_mut().flat_map(|family| &mut family.generations).flat_map(|one| &mut one.presented);
    for presented in all.filter(|presented| presented.exchange == exchange) {
        presented.ruling = Some(ruling);
    }
}
