//! The throttling rules. Attempts: a leaky-bucket counter with exponential backoff; a few attempts are free, then each wait
//! doubles up to a cap, and attempts are forgotten at a constant rate. Refreshes: GCRA. Pure functions: the caller passes the
//! counts and the time and stores the result ([`crate::auth::throttle::attempts`]). Decision 0008 says which attempts share a
//! count, and why strangers cannot lock an owner out.

use std::{
    net::{IpAddr, Ipv6Addr},
    time::Duration,
};

use crate::clock::Timestamp;

/// The limits for one kind of attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThrottleRule {
    /// Attempts without a wait.
    pub free: u32,
    /// The first wait after the free attempts; it doubles with each further attempt.
    pub first: Duration,
    /// The longest wait.
    pub cap: Duration,
    /// One attempt is forgotten per this time (leak rate). Not shorter than the cap, or waiting would reset the backoff.
    pub forget: Duration,
}

const MINUTE: Duration = Duration::from_secs(60);
const QUARTER: Duration = Duration::from_secs(15 * 60);

/// Password attempts from one network, on any account. Generous at first, because many users may share an address (NAT).
pub const SOURCE: ThrottleRule =
    ThrottleRule { free: 20, first: Duration::from_secs(1), cap: QUARTER, forget: QUARTER };
/// Attempts and registrations from one IPv6 /56, which many providers give to one customer.
pub const SOURCE_56: ThrottleRule = ThrottleRule {
    free: 60,
    first: Duration::from_secs(1),
    cap: Duration::from_secs(5 * 60),
    forget: Duration::from_secs(5 * 60),
};
/// Attempts and registrations from one IPv6 /48: one customer's, or that of 256 customers.
pub const SOURCE_48: ThrottleRule =
    ThrottleRule { free: 100, first: Duration::from_secs(1), cap: MINUTE, forget: MINUTE };
/// Password attempts on one account without a device cookie. The cap is small because the owner may be on a new device.
pub const ACCOUNT: ThrottleRule =
    ThrottleRule { free: 10, first: Duration::from_secs(1), cap: Duration::from_secs(30), forget: MINUTE };
/// Password attempts on one account with any of its device cookies, or in any of its sessions, together. Forgets as fast as one
/// of them at [`OWN`]'s cap may go on, so a thief of one never raises it for the others.
pub const TOGETHER: ThrottleRule =
    ThrottleRule { free: 20, first: Duration::from_secs(1), cap: Duration::from_secs(30), forget: MINUTE };
/// Password attempts with one device cookie, or in one session. Counted separately, so strangers cannot exhaust them.
pub const OWN: ThrottleRule =
    ThrottleRule { free: 5, first: Duration::from_secs(1), cap: MINUTE, forget: Duration::from_secs(5 * 60) };
/// Registrations from one network. A class registers at once. Also limits probing which addresses are taken.
pub const REGISTRATION: ThrottleRule =
    ThrottleRule { free: 50, first: Duration::from_secs(1), cap: QUARTER, forget: QUARTER };

/// E-mail changes of one account. Each change reveals whether an address is taken, and users rarely need one.
pub const ADDRESS: ThrottleRule =
    ThrottleRule { free: 5, first: Duration::from_secs(1), cap: QUARTER, forget: QUARTER };

/// The key of a count: a keyed fingerprint (HMAC), so neither an IP address nor an e-mail can be recovered from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttemptKey(pub [u8; 16]);

/// The stored state of the attempts under one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// When all attempts will be forgotten. Its distance from now, divided by `forget`, is the number of attempts.
    pub clean_at: Timestamp,
    /// When the last attempt was made.
    pub last_at: Timestamp,
}

impl ThrottleRule {
    /// The time until the next attempt is allowed; zero when it is allowed now.
    pub fn wait(&self, count: Option<Count>, now: Timestamp) -> Duration {
        let Some(count) = self.plausible(count, now) else { return Duration::ZERO };
        let delay = self.delay(self.attempts(count, now));
        let passed = Duration::from_millis(u64::try_from(now.since(count.last_at)).unwrap_or(0));
        delay.saturating_sub(passed)
    }

    /// The count after one more attempt.
    pub fn counted(&self, count: Option<Count>, now: Timestamp) -> Count {
        let from = self.plausible(count, now).map_or(now, |count| count.clean_at.max(now));
        let latest = now.plus(self.forget.saturating_mul(self.max_attempts()));
        Count { clean_at: from.plus(self.forget).min(latest), last_at: now }
    }

    /// Ignores a count from the future: the clock was set back, and users must not wait for it to catch up. Clock skew between
    /// instances is smaller than the tolerance.
    fn plausible(&self, count: Option<Count>, now: Timestamp) -> Option<Count> {
        count.filter(|count| count.last_at <= now.plus(self.cap))
    }

    fn attempts(&self, count: Count, now: Timestamp) -> u32 {
        let left = u64::try_from(count.clean_at.since(now)).unwrap_or(0);
        let each = u64::try_from(self.forget.as_millis()).unwrap_or(u64::MAX).max(1);
        u32::try_from(left.div_ceil(each)).unwrap_or(u32::MAX).min(self.max_attempts())
    }

    /// The wait after this number of attempts.
    fn delay(&self, attempts: u32) -> Duration {
        match attempts.checked_sub(self.free) {
            None => Duration::ZERO,
            Some(over) => self.first.saturating_mul(2_u32.saturating_pow(over)).min(self.cap),
        }
    }

    /// Attempts beyond this number are not counted: the wait is at the cap and would only take longer to fade.
    fn max_attempts(&self) -> u32 {
        let doublings = (0..32).find(|&over| self.delay(self.free + over) >= self.cap).unwrap_or(32);
        self.free + doublings
    }
}

/// The generic cell rate algorithm (GCRA): a token bucket whose whole state is one timestamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gcra {
    /// How many may come at once.
    pub burst: u32,
    /// The sustained rate: one per interval.
    pub interval: Duration,
}

/// Work for one network, in pieces: a piece is a password to verify or to hash, right or wrong. A class may sign in at once.
pub const NETWORK_WORK: Gcra = Gcra { burst: 60, interval: Duration::from_millis(500) };
/// Work for one member. A person needs a piece now and then.
pub const MEMBER_WORK: Gcra = Gcra { burst: 40, interval: Duration::from_secs(2) };

/// Refreshes of one session. Ten restored tabs refresh ten times; a client in a faulty loop never stops.
pub const REFRESHES: Gcra = Gcra { burst: 30, interval: Duration::from_secs(1) };

impl Gcra {
    /// Admits a request and returns the new theoretical arrival time to store, or refuses it with the time to wait.
    /// `arrival` is the stored theoretical arrival time.
    ///
    /// # Errors
    ///
    /// The time until a request is admitted.
    pub fn admit(&self, arrival: Option<Timestamp>, now: Timestamp) -> Result<Timestamp, Duration> {
        let latest = now.plus(self.interval.saturating_mul(self.burst));
        // A stored time beyond the limit cannot have been written before now: the clock was set back.
        let from = arrival.filter(|&arrival| arrival <= latest).map_or(now, |arrival| arrival.max(now));
        let next = from.plus(self.interval);
        if next <= latest {
            Ok(next)
        } else {
            Err(Duration::from_millis(u64::try_from(next.since(latest)).unwrap_or(0)))
        }
    }
}

/// A wait as the value of `Retry-After`: whole seconds, rounded up, at least one.
pub fn retry_after_seconds(wait: Duration) -> u32 {
    u32::try_from(wait.as_millis().div_ceil(1000)).unwrap_or(u32::MAX).max(1)
}

/// The network that an attempt came from: an IPv4 address, or an IPv6 /64, because one subscriber controls at least a /64.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Source([u8; 16]);

impl Source {
    /// The network of an address.
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(v4) => Self(v4.to_ipv6_mapped().octets()),
            IpAddr::V6(v6) => Self(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).octets()),
        }
    }

    /// The IPv6 network of this prefix length around it; `None` for an IPv4 address. One customer may control 65,536 /64s.
    pub fn around(self, prefix: u32) -> Option<Self> {
        let bits = u128::from_be_bytes(self.0);
        let is_v4 = Ipv6Addr::from_bits(bits).to_ipv4_mapped().is_some();
        (!is_v4).then(|| Self((bits & (u128::MAX << (128 - prefix))).to_be_bytes()))
    }

    /// The largest network that one customer usually controls: what shares one place in a queue.
    #[must_use]
    pub fn widest(self) -> Self {
        self.around(48).unwrap_or(self)
    }

    /// IPv6 bytes; an IPv4 address is mapped.
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
    const RULES: [ThrottleRule; 8] = [SOURCE, SOURCE_56, SOURCE_48, ACCOUNT, TOGETHER, OWN, REGISTRATION, ADDRESS];

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// The waits, in seconds, of a client that tries again as soon as it is allowed.
    fn waits(rule: ThrottleRule, attempts: usize) -> Vec<u64> {
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
    fn the_limits_are_those_of_the_document() {
        let seconds = |rule: ThrottleRule| [rule.first, rule.cap, rule.forget].map(|time| time.as_secs());
        assert_eq!(RULES.map(|rule| rule.free), [20, 60, 100, 10, 20, 5, 50, 5]);
        assert_eq!(seconds(SOURCE), [1, 900, 900]);
        assert_eq!(seconds(SOURCE_56), [1, 300, 300]);
        assert_eq!(seconds(OWN), [1, 60, 300]);
        assert_eq!(OWN.max_attempts(), 5 + 6, "64 s is the first wait that is cut");
        assert_eq!(ACCOUNT.max_attempts(), 10 + 5);
    }

    #[test]
    fn a_network_is_known_by_its_bytes_and_printed_without_them() {
        let source = Source::of("192.0.2.1".parse().unwrap());
        assert_eq!(source.bytes()[10..], [0xff, 0xff, 192, 0, 2, 1]);
        assert_eq!(format!("{source:?}"), "Source([redacted])");
    }

    #[test]
    fn after_the_free_attempts_waits_double_up_to_the_cap() {
        assert_eq!(waits(OWN, 14), [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!(waits(ACCOUNT, 18)[9..], [0, 1, 2, 4, 8, 16, 30, 30, 30]);
        // Before the second 512 a quarter of an hour has passed, and one attempt is forgotten.
        assert_eq!(waits(SOURCE, 33)[19..], [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 512, 900, 900]);
    }

    #[test]
    fn one_browser_or_session_that_guesses_for_ever_makes_no_other_of_the_account_wait() {
        let (mut own, mut together, mut now) = (None, None, NOW);
        for _ in 0..500 {
            now = now.plus(OWN.wait(own, now));
            assert_eq!(TOGETHER.wait(together, now), Duration::ZERO);
            own = Some(OWN.counted(own, now));
            together = Some(TOGETHER.counted(together, now));
        }
    }

    #[test]
    fn attempts_are_forgotten_over_time() {
        for rule in RULES {
            let (mut count, mut now) = (None, NOW);
            for _ in 0..200 {
                now = now.plus(rule.wait(count, now));
                count = Some(rule.counted(count, now));
            }
            assert_eq!(rule.wait(count, now), rule.cap);
            assert_eq!(rule.wait(count, now.plus(rule.cap)), Duration::ZERO);
            let faded = now.plus(rule.forget * (rule.max_attempts() - rule.free + 1));
            assert_eq!(rule.delay(rule.attempts(count.unwrap(), faded)), Duration::ZERO, "an attempt is free again");
            assert!(
                count.unwrap().clean_at <= now.plus(rule.forget * rule.max_attempts()),
                "and all are forgotten in the end"
            );
        }
    }

    #[test]
    fn a_clock_set_back_causes_no_wait() {
        let mut count = None;
        for _ in 0..40 {
            count = Some(SOURCE.counted(count, NOW));
        }
        let back = NOW.minus(seconds(24 * 3600));
        assert_eq!(SOURCE.wait(count, back), Duration::ZERO);
        assert_eq!(SOURCE.counted(count, back), SOURCE.counted(None, back));
        // The clock of another instance may be slightly behind: that must not reset the count.
        assert_eq!(SOURCE.wait(count, NOW.minus(seconds(2))), SOURCE.cap);
    }

    #[test]
    fn a_burst_is_admitted_and_then_one_per_interval() {
        let mut arrival = None;
        for _ in 0..30 {
            arrival = Some(REFRESHES.admit(arrival, NOW).unwrap());
        }
        assert_eq!(REFRESHES.admit(arrival, NOW), Err(seconds(1)));
        assert_eq!(REFRESHES.admit(arrival, NOW.plus(Duration::from_millis(400))), Err(Duration::from_millis(600)));
        arrival = Some(REFRESHES.admit(arrival, NOW.plus(seconds(1))).unwrap());
        assert!(REFRESHES.admit(arrival, NOW.plus(seconds(1))).is_err());
        let rested = NOW.plus(seconds(60));
        assert_eq!(REFRESHES.admit(arrival, rested), REFRESHES.admit(None, rested));
        assert!(REFRESHES.admit(arrival, NOW.minus(seconds(3600))).is_ok(), "a clock set back refuses nothing");
    }

    #[test]
    fn a_wait_is_rounded_up_to_whole_seconds() {
        for (millis, seconds) in [(1, 1), (999, 1), (1000, 1), (1001, 2), (900_000, 900)] {
            assert_eq!(retry_after_seconds(Duration::from_millis(millis)), seconds);
        }
    }

    #[test]
    fn a_network_is_an_ipv4_address_or_an_ipv6_64() {
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
        for (one, other, prefix, same) in [
            ("2001:db8:0:1::1", "2001:db8:0:fe::1", 56, true),
            ("2001:db8:0:1::1", "2001:db8:0:100::1", 56, false),
            ("2001:db8:0:1::1", "2001:db8:0:ff00::1", 48, true),
            ("2001:db8:0:1::1", "2001:db8:1:1::1", 48, false),
        ] {
            assert_eq!(of(one).around(prefix) == of(other).around(prefix), same, "{one} {other} /{prefix}");
        }
        assert_eq!(of("192.0.2.1").around(56), None, "an IPv4 address stands alone");
        assert_eq!(of("192.0.2.1").widest(), of("192.0.2.1"));
        assert!(!format!("{:?}", of("192.0.2.1")).contains("192"));
    }

    proptest! {
        /// However attempts are spaced, no wait exceeds the cap, and the number admitted stays within the free attempts, the
        /// doublings, those forgotten meanwhile, and one per wait at the cap.
        #[test]
        fn no_spacing_of_attempts_beats_the_limit(pauses in proptest::collection::vec(0_u64..2_000_000, 1..200), which in 0_usize..RULES.len()) {
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
            prop_assert!(u64::from(passed) <= u64::from(rule.max_attempts()) + faded + at_the_cap + 1);
        }

        /// A refused attempt changes nothing, so hammering does not lengthen the wait: after it an attempt is always allowed.
        #[test]
        fn after_the_announced_wait_an_attempt_is_allowed(attempts in 0_u32..60, which in 0_usize..RULES.len()) {
            let rule = RULES[which];
            let (mut count, mut now) = (None, NOW);
            for _ in 0..attempts {
                now = now.plus(rule.wait(count, now));
                count = Some(rule.counted(count, now));
            }
            let announced = retry_after_seconds(rule.wait(count, now));
            prop_assert_eq!(rule.wait(count, now.plus(seconds(u64::from(announced)))), Duration::ZERO);
        }

        #[test]
        fn nothing_overflows(clean in any::<i64>(), last in any::<i64>(), now in any::<i64>()) {
            for rule in RULES {
                let count = Some(Count { clean_at: Timestamp(clean), last_at: Timestamp(last) });
                prop_assert!(rule.wait(count, Timestamp(now)) <= rule.cap);
                rule.counted(count, Timestamp(now));
            }
            let _ = REFRESHES.admit(Some(Timestamp(last)), Timestamp(now));
        }
    }
}
