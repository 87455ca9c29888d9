//! The sessions ended so recently that an access token of theirs may still be alive: a set in memory, so that a protected
//! request is refused at once and without a query. Each id is kept for one access-token lifetime; after that no living
//! token names it.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
    time::Duration,
};

use super::session::SessionId;
use crate::api::error::RevokeReason;
use crate::clock::Timestamp;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revocation {
    pub session_id: SessionId,
    pub at: Timestamp,
    pub reason: RevokeReason,
}

#[derive(Default)]
pub struct RevokedSessions(RwLock<HashMap<SessionId, (Timestamp, RevokeReason)>>);

impl RevokedSessions {
    pub fn add(&self, revocation: Revocation) {
        let mut set = self.0.write().unwrap_or_else(PoisonError::into_inner);
        set.entry(revocation.session_id).or_insert((revocation.at, revocation.reason));
    }

    pub fn add_all(&self, revocations: impl IntoIterator<Item = Revocation>) {
        revocations.into_iter().for_each(|revocation| self.add(revocation));
    }

    pub fn reason(&self, session_id: &SessionId) -> Option<RevokeReason> {
        let set = self.0.read().unwrap_or_else(PoisonError::into_inner);
        set.get(session_id).map(|(_, reason)| *reason)
    }

    /// Forgets what no living access token can name any more.
    pub fn forget_dead(&self, now: Timestamp, access_ttl: Duration) {
        let mut set = self.0.write().unwrap_or_else(PoisonError::into_inner);
        set.retain(|_, (at, _)| at.plus(access_ttl) > now);
    }

    /// Forgets all: for the lab, which shows what that costs.
    pub fn forget_all(&self) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).clear();
    }

    pub fn len(&self) -> usize {
        self.0.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_remembered_for_one_lifetime_and_keeps_its_first_reason() {
        let (set, ttl) = (RevokedSessions::default(), Duration::from_secs(900));
        let id = SessionId([1; 16]);
        set.add(Revocation { session_id: id, at: Timestamp::from_secs(100), reason: RevokeReason::Reuse });
        set.add(Revocation { session_id: id, at: Timestamp::from_secs(200), reason: RevokeReason::Logout });
        set.forget_dead(Timestamp::from_secs(999), ttl);
        assert_eq!(set.reason(&id), Some(RevokeReason::Reuse));
        assert_eq!(set.reason(&SessionId([2; 16])), None);
        set.forget_dead(Timestamp::from_secs(1000), ttl);
        assert!(set.is_empty());
    }
}
