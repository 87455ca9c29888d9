//! The revocation list (denylist) of access tokens, in memory: the sessions that ended within the longest access-token lifetime, each
//! alone or all of a user together. A protected request is checked against it without a query. Older entries are dropped,
//! because their access tokens have expired.
//!
//! All sessions of a user that end together are one entry, however many they are: the user's *session epoch* grows, and an
//! access token names the epoch it was issued in (token version, security stamp). A number decides, and no clock: a sign-in in
//! the same second as the end, or on an instance whose clock is behind, is told apart from the sessions that ended.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
    time::{Duration, Instant},
};

use crate::auth::model::session::SessionId;
use crate::auth::model::user::UserId;
use crate::auth::token::access::{ACCESS_TTL_MAX, CLOCK_SKEW, Verified};
use crate::clock::Timestamp;
use crate::protocol::session::RevokeReason;

/// How long an end is remembered: for the longest life that any access token may have, whatever the lifetime is today, as
/// instances with different clocks see it.
pub const REMEMBERED: Duration = ACCESS_TTL_MAX.saturating_add(CLOCK_SKEW.saturating_mul(2));

/// How far back a start loads ends, and how long those of deleted users are kept: much farther than [`REMEMBERED`], because a
/// clock that is hours ahead at a start must not leave out what counts when it is right again.
pub const LOADED: Duration = Duration::from_secs(24 * 3600);

/// The end of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revocation {
    pub session_id: SessionId,
    pub at: Timestamp,
    pub reason: RevokeReason,
}

/// The end of all sessions of a user but one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserRevocation {
    pub user_id: UserId,
    /// The session epoch that began with it: access tokens of an earlier one are refused.
    pub epoch: u64,
    /// The session that goes on. Its access tokens of earlier epochs stay valid.
    pub kept: Option<SessionId>,
    pub at: Timestamp,
    pub reason: RevokeReason,
}

impl UserRevocation {
    fn covers(&self, token: &Verified) -> bool {
        let earlier = match token.session_epoch {
            Some(epoch) => epoch < self.epoch,
            // Issued by a server from before the claim, which may run beside this one during an update.
            None => token.issued_at.secs() <= self.at.secs(),
        };
        earlier && self.kept != Some(token.session_id)
    }
}

#[derive(Default)]
pub(in crate::auth) struct Lists {
    sessions: HashMap<SessionId, (Instant, RevokeReason)>,
    users: HashMap<UserId, (Instant, UserRevocation)>,
}

/// The revocation list of this instance.
#[derive(Default)]
pub struct RevokedSessions(pub(in crate::auth) RwLock<Lists>);

impl RevokedSessions {
    /// Adds a revocation. The first reason of a session stays.
    pub fn add(&self, revocation: Revocation) {
        let mut lists = self.0.write().unwrap_or_else(PoisonError::into_inner);
        lists.sessions.entry(revocation.session_id).or_insert((Instant::now(), revocation.reason));
    }

    /// Adds several revocations.
    pub fn add_all(&self, revocations: impl IntoIterator<Item = Revocation>) {
        revocations.into_iter().for_each(|revocation| self.add(revocation));
    }

    /// Adds the end of all sessions of a user. The latest epoch stays, whichever arrives last: the session it kept was alive
    /// then, so no earlier end covers it.
    pub fn add_user(&self, revocation: UserRevocation) {
        let mut lists = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let latest = lists.users.entry(revocation.user_id).or_insert((now, revocation));
        if revocation.epoch > latest.1.epoch {
            *latest = (now, revocation);
        }
    }

    /// Why the session of a token was revoked; `None` when it was not, or too long ago for a valid access token.
    pub fn reason(&self, token: &Verified) -> Option<RevokeReason> {
        let lists = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let alone = lists.sessions.get(&token.session_id).map(|(_, reason)| *reason);
        alone
            .or_else(|| lists.users.get(&token.user_id).filter(|(_, end)| end.covers(token)).map(|(_, end)| end.reason))
    }

    /// Drops the entries whose access tokens have all expired. The time is monotonic: a wall clock that is wrong for a while
    /// forgets nothing.
    pub fn purge(&self, now: Instant) {
        let mut lists = self.0.write().unwrap_or_else(PoisonError::into_inner);
        lists.sessions.retain(|_, (added, _)| *added + REMEMBERED > now);
        lists.users.retain(|_, (added, _)| *added + REMEMBERED > now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADA: UserId = UserId(uuid::Uuid::from_u128(1));
    const LAPTOP: SessionId = SessionId([1; 16]);
    const PHONE: SessionId = SessionId([2; 16]);

    fn token(session_id: SessionId, session_epoch: impl Into<Option<u64>>) -> Verified {
        let (at, session_epoch) = (Timestamp::from_secs(100), session_epoch.into());
        Verified { user_id: ADA, session_id, session_epoch, auth_time: at, issued_at: at, expires_at: at }
    }

    fn end(epoch: u64, kept: Option<SessionId>, reason: RevokeReason) -> UserRevocation {
        UserRevocation { user_id: ADA, epoch, kept, at: Timestamp::from_secs(100), reason }
    }

    #[test]
    fn a_revocation_is_kept_for_the_longest_access_token_lifetime_with_its_first_reason() {
        let (set, start) = (RevokedSessions::default(), Instant::now());
        set.add(Revocation { session_id: LAPTOP, at: Timestamp::from_secs(100), reason: RevokeReason::Reuse });
        set.add(Revocation { session_id: LAPTOP, at: Timestamp::from_secs(200), reason: RevokeReason::Logout });
        set.purge(start + REMEMBERED);
        assert_eq!(set.reason(&token(LAPTOP, 0)), Some(RevokeReason::Reuse));
        assert_eq!(set.reason(&token(PHONE, 0)), None);
        set.purge(Instant::now() + REMEMBERED);
        assert_eq!(set.reason(&token(LAPTOP, 0)), None);
    }

    #[test]
    fn all_sessions_of_a_user_end_but_the_kept_one_and_those_that_begin_later() {
        let (set, start) = (RevokedSessions::default(), Instant::now());
        set.add_user(end(3, Some(LAPTOP), RevokeReason::PasswordChanged));
        let reasons = |epoch| [LAPTOP, PHONE].map(|session| set.reason(&token(session, epoch)));
        assert_eq!(reasons(2), [None, Some(RevokeReason::PasswordChanged)]);
        assert_eq!(reasons(3), [None, None], "in the same second");
        let eve = Verified { user_id: UserId(uuid::Uuid::from_u128(2)), ..token(PHONE, 2) };
        assert_eq!(set.reason(&eve), None);
        set.purge(start + REMEMBERED);
        assert!(reasons(2)[1].is_some());
        set.purge(Instant::now() + REMEMBERED);
        assert_eq!(reasons(2)[1], None);
    }

    #[test]
    fn the_latest_end_stays_in_whichever_order_two_arrive() {
        let (first, second) = (
            end(1, Some(LAPTOP), RevokeReason::PasswordChanged),
            end(2, Some(PHONE), RevokeReason::SignedOutElsewhere),
        );
        for order in [[first, second], [second, first]] {
            let set = RevokedSessions::default();
            order.into_iter().for_each(|end| set.add_user(end));
            assert_eq!(set.reason(&token(LAPTOP, 0)), Some(RevokeReason::SignedOutElsewhere));
            assert_eq!(set.reason(&token(PHONE, 1)), None);
        }
    }

    #[test]
    fn ends_are_remembered_for_an_hour_and_two_minutes_and_loaded_from_a_day() {
        assert_eq!((REMEMBERED.as_secs(), LOADED.as_secs()), (3720, 86_400));
    }

    #[test]
    fn an_end_is_forgotten_at_its_last_moment_and_not_before() {
        let set = RevokedSessions::default();
        set.add(Revocation { session_id: LAPTOP, at: Timestamp::from_secs(100), reason: RevokeReason::Logout });
        set.add_user(end(1, None, RevokeReason::PasswordChanged));
        let added = {
            let lists = set.0.read().unwrap();
            [lists.sessions[&LAPTOP].0, lists.users[&ADA].0]
        };
        let left = |now| {
            set.purge(now);
            let lists = set.0.read().unwrap();
            (lists.sessions.len(), lists.users.len())
        };
        let last = REMEMBERED - Duration::from_nanos(1);
        assert_eq!(left(added[0] + last), (1, 1));
        assert_eq!(left(added[0] + REMEMBERED).0, 0);
        assert_eq!(left(added[1] + REMEMBERED), (0, 0));
    }

    #[test]
    fn the_ends_that_a_start_loads_count() {
        let set = RevokedSessions::default();
        let (at, reason) = (Timestamp::from_secs(100), RevokeReason::Logout);
        set.add_all([LAPTOP, PHONE].map(|session_id| Revocation { session_id, at, reason }));
        for session in [LAPTOP, PHONE] {
            assert_eq!(set.reason(&token(session, 0)), Some(reason));
        }
    }

    #[test]
    fn the_same_end_that_is_heard_twice_keeps_its_reason() {
        let set = RevokedSessions::default();
        set.add_user(end(1, None, RevokeReason::PasswordChanged));
        set.add_user(end(1, None, RevokeReason::AccountDisabled));
        assert_eq!(set.reason(&token(PHONE, 0)), Some(RevokeReason::PasswordChanged));
    }

    #[test]
    fn a_token_from_before_the_claim_is_judged_by_its_second() {
        let set = RevokedSessions::default();
        set.add_user(end(1, None, RevokeReason::AccountDisabled));
        let later = Verified { issued_at: Timestamp::from_secs(101), ..token(PHONE, None) };
        assert_eq!(set.reason(&token(PHONE, None)), Some(RevokeReason::AccountDisabled));
        assert_eq!(set.reason(&later), None);
    }
}
