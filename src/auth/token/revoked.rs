//! The revocation list (denylist) of access tokens, in memory: the sessions that ended within one access-token lifetime. A
//! protected request is checked against it without a query. Older entries are dropped, because their access tokens have
//! expired.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
    time::Duration,
};

use crate::auth::model::session::SessionId;
use crate::clock::Timestamp;
use crate::protocol::session::RevokeReason;

/// The end of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revocation {
    pub session_id: SessionId,
    pub at: Timestamp,
    pub reason: RevokeReason,
}

/// The revocation list of this instance.
#[derive(Default)]
pub struct RevokedSessions(pub(in crate::auth) RwLock<HashMap<SessionId, (Timestamp, RevokeReason)>>);

impl RevokedSessions {
    /// Adds a revocation. The first reason of a session stays.
    pub fn add(&self, revocation: Revocation) {
        let mut set = self.0.write().unwrap_or_else(PoisonError::into_inner);
        set.entry(revocation.session_id).or_insert((revocation.at, revocation.reason));
    }

    /// Adds several revocations.
    pub fn add_all(&self, revocations: impl IntoIterator<Item = Revocation>) {
        revocations.into_iter().for_each(|revocation| self.add(revocation));
    }

    /// Why a session was revoked; `None` when it was not, or too long ago for a valid access token.
    pub fn reason(&self, session_id: &SessionId) -> Option<RevokeReason> {
        let set = self.0.read().unwrap_or_else(PoisonError::into_inner);
        set.get(session_id).map(|(_, reason)| *reason)
    }

    /// Drops the sessions whose access tokens have all expired.
    pub fn purge_expired(&self, now: Timestamp, access_ttl: Duration) {
        let mut set = self.0.write().unwrap_or_else(PoisonError::into_inner);
        set.retain(|_, (at, _)| at.plus(access_ttl) > now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revocation_is_kept_for_one_access_token_lifetime_with_its_first_reason() {
        let (set, ttl) = (RevokedSessions::default(), Duration::from_secs(900));
        let id = SessionId([1; 16]);
        set.add(Revocation { session_id: id, at: Timestamp::from_secs(100), reason: RevokeReason::Reuse });
        set.add(Revocation { session_id: id, at: Timestamp::from_secs(200), reason: RevokeReason::Logout });
        set.purge_expired(Timestamp::from_secs(999), ttl);
        assert_eq!(set.reason(&id), Some(RevokeReason::Reuse));
        assert_eq!(set.reason(&SessionId([2; 16])), None);
        set.purge_expired(Timestamp::from_secs(1000), ttl);
        assert_eq!(set.reason(&id), None);
    }
}
