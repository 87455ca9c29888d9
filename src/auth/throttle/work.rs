//! The work meter: counts what a network or a member makes the hasher do, right passwords too (GCRA). In this instance's memory:
//! it costs no query, and with n instances the limits are n times as high.

use std::{collections::HashMap, time::Duration};

use crate::auth::password::pool::WorkFor;
use crate::auth::throttle::rules::{Gcra, MEMBER_WORK, NETWORK_WORK};
use crate::clock::Timestamp;

/// The most users that are remembered, about 60 bytes each. Beyond it those who did least are forgotten.
const USERS_MAX: usize = 16_384;

/// The work of each user, as the theoretical arrival time of the next piece.
#[derive(Default)]
pub struct WorkMeter(HashMap<WorkFor, Timestamp>);

impl WorkMeter {
    /// Counts one piece of work.
    ///
    /// # Errors
    ///
    /// The time until it is allowed: nothing is counted.
    pub fn count(&mut self, user: WorkFor, now: Timestamp) -> Result<(), Duration> {
        let Some(rule) = rule(user) else { return Ok(()) };
        let arrival = rule.admit(self.0.get(&user).copied(), now)?;
        if self.0.len() >= USERS_MAX && !self.0.contains_key(&user) {
            self.forget_half(now);
        }
        self.0.insert(user, arrival);
        Ok(())
    }

    /// Forgets the users who have rested long enough.
    pub fn purge(&mut self, now: Timestamp) {
        self.0.retain(|_, arrival| *arrival > now);
    }

    fn forget_half(&mut self, now: Timestamp) {
        self.purge(now);
        if self.0.len() > USERS_MAX / 2 {
            let mut arrivals: Vec<_> = self.0.iter().map(|(user, arrival)| (*arrival, *user)).collect();
            arrivals.sort_unstable_by_key(|(arrival, _)| *arrival);
            for (_, user) in &arrivals[..arrivals.len() - USERS_MAX / 2] {
                self.0.remove(user);
            }
        }
    }
}

const fn rule(user: WorkFor) -> Option<Gcra> {
    match user {
        WorkFor::Program => None,
        WorkFor::Network(_) => Some(NETWORK_WORK),
        WorkFor::Member(_) => Some(MEMBER_WORK),
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::auth::model::user::UserId;

    const NOW: Timestamp = Timestamp(1_800_000_000_000);

    fn member(number: usize) -> WorkFor {
        WorkFor::Member(UserId(Uuid::from_u128(number as u128)))
    }

    #[test]
    fn each_user_has_a_burst_and_then_a_rate_and_this_program_has_no_limit() {
        let mut meter = WorkMeter::default();
        for _ in 0..MEMBER_WORK.burst {
            meter.count(member(1), NOW).unwrap();
        }
        assert_eq!(meter.count(member(1), NOW), Err(MEMBER_WORK.interval));
        meter.count(member(2), NOW).unwrap();
        meter.count(member(1), NOW.plus(MEMBER_WORK.interval)).unwrap();
        for _ in 0..1000 {
            meter.count(WorkFor::Program, NOW).unwrap();
        }
    }

    #[test]
    fn at_the_limit_the_half_that_did_least_is_forgotten_for_a_new_user_alone() {
        let mut meter = WorkMeter::default();
        for number in 0..USERS_MAX {
            meter.0.insert(member(number), NOW.plus(Duration::from_millis(1 + number as u64)));
        }
        meter.count(member(0), NOW).unwrap();
        assert_eq!(meter.0.len(), USERS_MAX, "a user that it knows needs no room");
        meter.count(member(USERS_MAX), NOW).unwrap();
        assert_eq!(meter.0.len(), USERS_MAX / 2 + 1);
        assert!(meter.0.contains_key(&member(USERS_MAX - 1)) && !meter.0.contains_key(&member(1)));
    }

    #[test]
    fn with_room_nobody_is_forgotten() {
        let mut meter = WorkMeter::default();
        meter.count(member(0), NOW).unwrap();
        let rested = NOW.plus(MEMBER_WORK.interval);
        meter.count(member(1), rested).unwrap();
        assert_eq!(meter.0.len(), 2);
        meter.forget_half(rested);
        assert_eq!(meter.0.len(), 1, "the one who has rested is over");
    }

    #[test]
    fn a_flood_of_users_is_forgotten_before_one_who_did_much() {
        let mut meter = WorkMeter::default();
        for _ in 0..MEMBER_WORK.burst {
            meter.count(member(0), NOW).unwrap();
        }
        for number in 1..3 * USERS_MAX {
            meter.count(member(number), NOW).unwrap();
            assert!(meter.0.len() <= USERS_MAX);
        }
        assert!(meter.count(member(0), NOW).is_err());
        meter.purge(NOW.plus(MEMBER_WORK.interval.saturating_mul(MEMBER_WORK.burst)));
        assert!(meter.0.is_empty());
    }
}
