//! How long somebody waits before another attempt: a few are free, then each wait is twice the last, up to a limit, and all of
//! it fades with time. Pure rules: the counts and the time are given, and the caller keeps what comes out
//! ([`super::attempts`]). Who is counted together, and why no stranger can lock an owner out, is decision 0008.

use std::{
    net::{IpAddr, Ipv6Addr},
    time::Duration,
};

use crate::clock::Timestamp;

/// What one kind of attempt may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Attempts without any wait.
    pub free: u32,
    /// The wait after those; it doubles with each attempt.
    pub first: Duration,
    /// The longest wait.
    pub cap: Duration,
    /// One attempt is forgotten in so much time. Not shorter than the cap, or waiting would undo the growth.
    pub forget: Duration,
}

const MINUTE: Duration = Duration::from_secs(60);
const QUARTER: Duration = Duration::from_secs(15 * 60);

/// Guesses from one network, at whatever accounts. Generous at first: many people may share an address.
pub const SOURCE: Rule = Rule { free: 20, first: Duration::from_secs(1), cap: QUARTER, forget: QUARTER };
/// Guesses at one account by strangers. The cap is small because its owner may be one of them, on a new device.
pub const ACCOUNT: Rule =
    Rule { free: 10, first: Duration::from_secs(1), cap: Duration::from_secs(30), forget: MINUTE };
/// Guesses by a browser its owner signed in with before, and by who is signed in: nobody else can use these up.
pub const OWN: Rule = Rule { free: 5, first: Duration::from_secs(1), cap: MINUTE, forget: Duration::from_secs(5 * 60) };
/// New accounts from one network, and questions whether an address is taken.
pub const REGISTRATION: Rule = Rule { free: 20, first: Duration::from_secs(1), cap: QUARTER, forget: QUARTER };

/// New addresses of one account. People change theirs once in years; each change asks whether an address is taken.
pub const ADDRESS: Rule = Rule { free: 5, first: Duration::from_secs(1), cap: QUARTER, forget: QUARTER };

/// A keyed fingerprint of who is counted together: neither an address nor an e-mail can be read from it or tried on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AttemptKey(pub [u8; 16]);

/// What is remembered of the attempts under one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// When the last attempt is forgotten: how far off that is says how many there are.
    pub clean_at: Timestamp,
    /// When the last attempt was made.
    pub last_at: Timestamp,
}

impl Rule {
    /// How long until the next attempt; zero when it may be made now.
    pub fn wait(&self, count: Option<Count>, now: Timestamp) -> Duration {
        let Some(count) = self.sane(count, now) else { return Duration::ZERO };
        let delay = self.delay(self.attempts(count, now));
        let passed = Duration::from_millis(u64::try_from(now.since(count.last_at)).unwrap_or(0));
        delay.saturating_sub(passed)
    }

    /// The count with one attempt more.
    pub fn counted(&self, count: Option<Count>, now: Timestamp) -> Count {
        let from = self.sane(count, now).map_or(now, |count| count.clean_at.max(now));
        let most = now.plus(self.forget.saturating_mul(self.most()));
        Count { clean_at: from.plus(self.forget).min(most), last_at: now }
    }

    /// A count from a time that has not come is no count: a clock was set back, and nobody shall wait for it to catch up. Clocks
    /// of several instances may differ by less.
    fn sane(&self, count: Option<Count>, now: Timestamp) -> Option<Count> {
        count.filter(|count| count.last_at <= now.plus(self.cap))
    }

    fn attempts(&self, count: Count, now: Timestamp) -> u32 {
        let left = u64::try_from(count.clean_at.since(now)).unwrap_or(0);
        let each = u64::try_from(self.forget.as_millis()).unwrap_or(u64::MAX).max(1);
        u32::try_from(left.div_ceil(each)).unwrap_or(u32::MAX).min(self.most())
    }

    /// The wait after so many attempts.
    fn delay(&self, attempts: u32) -> Duration {
        match attempts.checked_sub(self.free) {
            None => Duration::ZERO,
            Some(over) => self.first.saturating_mul(2_u32.saturating_pow(over)).min(self.cap),
        }
    }

    /// More are not counted: the wait no longer grows, and would only take longer to fade.
    fn most(&self) -> u32 {
        let doublings = (0..32).find(|&over| self.delay(self.free + over) >= self.cap).unwrap_or(32);
        self.free + doublings
    }
}

/// A steady limit with a burst, for what is no guess: refreshes of one session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    pub burst: u32,
    /// One more in so much time.
    pub every: Duration,
}

/// Ten restored tabs ask ten times; a loop that has gone wrong asks for ever.
pub const REFRESHES: Pace = Pace { burst: 30, every: Duration::from_secs(1) };

impl Pace {
    /// When all is forgotten if this one is let through, or how long it has to wait. `full_until` is what the last one was
    /// told.
    pub fn step(&self, full_until: Option<Timestamp>, now: Timestamp) -> Result<Timestamp, Duration> {
        let most = now.plus(self.every.saturating_mul(self.burst));
        // Later than could have been written by now: the clock was set back.
        let from = full_until.filter(|&until| until <= most).map_or(now, |until| until.max(now));
        let until = from.plus(self.every);
        if until <= most {
            Ok(until)
        } else {
            Err(Duration::from_millis(u64::try_from(until.since(most)).unwrap_or(0)))
        }
    }
}

/// Whole seconds to wait, never told too short.
pub fn in_seconds(wait: Duration) -> u32 {
    u32::try_from(wait.as_millis().div_ceil(1000)).unwrap_or(u32::MAX).max(1)
}

/// The network an attempt came from. For IPv6 the /64: whoever has one address there has them all.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Source([u8; 16]);

impl Source {
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(v4) => Self(v4.to_ipv6_mapped().octets()),
            IpAddr::V6(v6) => Self(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).octets()),
        }
    }

    pub fn bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Source([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp(1_800_000_000_000);
    const RULES: [Rule; 5] = [SOURCE, ACCOUNT, OWN, REGISTRATION, ADDRESS];

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// The waits of somebody who tries again the moment it is allowed.
    fn waits(rule: Rule, attempts: usize) -> Vec<u64> {
        let (mut count, mut now) = (None, NOW);
        (0..attempts)
            .map(|_| {
                let wait = rule.wait(count, now);
                now = now.plus(wait);
                count = Some(rule.counted(count, now));
                wait.as_secs()
            })
            .collect()
    }

    #[test]
    fn some_are_free_then_waits_double_up_to_the_cap_and_stay_there() {
        assert_eq!(waits(OWN, 14), [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!(waits(ACCOUNT, 18)[9..], [0, 1, 2, 4, 8, 16, 30, 30, 30]);
        // By the second 512 a quarter of an hour has passed, and one attempt is forgotten.
        assert_eq!(waits(SOURCE, 33)[19..], [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 512, 900, 900]);
    }

    #[test]
    fn what_was_counted_fades() {
        for rule in RULES {
            let (mut count, mut now) = (None, NOW);
            for _ in 0..100 {
                now = now.plus(rule.wait(count, now));
                count = Some(rule.counted(count, now));
            }
            assert_eq!(rule.wait(count, now), rule.cap);
            assert_eq!(rule.wait(count, now.plus(rule.cap)), Duration::ZERO);
            let faded = now.plus(rule.forget * (rule.most() - rule.free + 1));
            assert_eq!(rule.delay(rule.attempts(count.unwrap(), faded)), Duration::ZERO, "an attempt is free again");
            assert!(count.unwrap().clean_at <= now.plus(rule.forget * rule.most()), "and all of them in the end");
        }
    }

    #[test]
    fn a_clock_set_back_makes_nobody_wait_for_it() {
        let mut count = None;
        for _ in 0..40 {
            count = Some(SOURCE.counted(count, NOW));
        }
        let back = NOW.minus(seconds(24 * 3600));
        assert_eq!(SOURCE.wait(count, back), Duration::ZERO);
        assert_eq!(SOURCE.counted(count, back), SOURCE.counted(None, back));
        // Another instance's clock may be a little behind: that gives no attempt away.
        assert_eq!(SOURCE.wait(count, NOW.minus(seconds(2))), SOURCE.cap);
    }

    #[test]
    fn a_burst_passes_and_then_one_at_a_time() {
        let mut full = None;
        for _ in 0..30 {
            full = Some(REFRESHES.step(full, NOW).unwrap());
        }
        assert_eq!(REFRESHES.step(full, NOW), Err(seconds(1)));
        assert_eq!(REFRESHES.step(full, NOW.plus(Duration::from_millis(400))), Err(Duration::from_millis(600)));
        full = Some(REFRESHES.step(full, NOW.plus(seconds(1))).unwrap());
        assert!(REFRESHES.step(full, NOW.plus(seconds(1))).is_err());
        let rested = NOW.plus(seconds(60));
        assert_eq!(REFRESHES.step(full, rested), REFRESHES.step(None, rested));
        assert!(REFRESHES.step(full, NOW.minus(seconds(3600))).is_ok(), "a clock set back stops nobody");
    }

    #[test]
    fn a_wait_is_told_in_whole_seconds_and_never_too_short() {
        for (millis, told) in [(1, 1), (999, 1), (1000, 1), (1001, 2), (900_000, 900)] {
            assert_eq!(in_seconds(Duration::from_millis(millis)), told);
        }
    }

    #[test]
    fn a_network_is_one_address_or_one_64() {
        let of = |text: &str| Source::of(text.parse().unwrap());
        for (one, other, same) in [
            ("192.0.2.1", "192.0.2.1", true),
            ("192.0.2.1", "192.0.2.2", false),
            ("192.0.2.1", "::ffff:192.0.2.1", true),
            ("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", true),
            ("2001:db8:0:1::1", "2001:db8:0:2::1", false),
        ] {
            assert_eq!(of(one) == of(other), same, "{one} {other}");
        }
        assert!(!format!("{:?}", of("192.0.2.1")).contains("192"));
    }

    proptest! {
        /// However attempts are spaced: nobody waits longer than the cap, and in any stretch of time no more are let through
        /// than the free ones and one for each shortest wait that is still due.
        #[test]
        fn no_rhythm_gets_more_than_the_rule_gives(pauses in proptest::collection::vec(0_u64..2_000_000, 1..200), which in 0_usize..4) {
            let rule = RULES[which];
            let (mut count, mut now, mut passed) = (None, NOW, 0_u32);
            for pause in pauses {
                now = now.plus(Duration::from_millis(pause));
                let wait = rule.wait(count, now);
                prop_assert!(wait <= rule.cap);
                if wait.is_zero() {
                    count = Some(rule.counted(count, now));
                    passed += 1;
                }
            }
            let elapsed = u64::try_from(now.since(NOW)).unwrap();
            let faded = elapsed / u64::try_from(rule.forget.as_millis()).unwrap();
            let at_the_cap = elapsed / u64::try_from(rule.cap.as_millis()).unwrap();
            prop_assert!(u64::from(passed) <= u64::from(rule.most()) + faded + at_the_cap + 1);
        }

        /// A refused attempt changes nothing, so hammering lengthens no wait: at its end there is always an attempt.
        #[test]
        fn who_waited_as_told_may_try(attempts in 0_u32..60, which in 0_usize..4) {
            let rule = RULES[which];
            let (mut count, mut now) = (None, NOW);
            for _ in 0..attempts {
                now = now.plus(rule.wait(count, now));
                count = Some(rule.counted(count, now));
            }
            let told = in_seconds(rule.wait(count, now));
            prop_assert_eq!(rule.wait(count, now.plus(seconds(u64::from(told)))), Duration::ZERO);
        }

        #[test]
        fn nothing_overflows(clean in any::<i64>(), last in any::<i64>(), now in any::<i64>()) {
            for rule in RULES {
                let count = Some(Count { clean_at: Timestamp(clean), last_at: Timestamp(last) });
                prop_assert!(rule.wait(count, Timestamp(now)) <= rule.cap);
                rule.counted(count, Timestamp(now));
            }
            let _ = REFRESHES.step(Some(Timestamp(last)), Timestamp(now));
        }
    }
}
