//! What the log says of refusals: the first under a key, and no further one before its wait is over. A client
//! that hammers would fill the log otherwise.

use std::{collections::HashMap, time::Duration};

use crate::auth::throttle::rules::AttemptKey;
use crate::clock::Timestamp;

/// The most keys that are remembered. Beyond it they share one, so a flood of keys writes one line for each wait.
const KEYS_MAX: usize = 4_096;
/// The key of what finds no place.
const SHARED: AttemptKey = AttemptKey([0; 16]);

/// The keys that the log has named, each with the end of its wait.
#[derive(Default)]
pub struct RefusalLog(HashMap<AttemptKey, Timestamp>);

impl RefusalLog {
    /// Whether a refusal under `key`, with a wait from now, is to be logged.
    pub fn is_news(&mut self, key: AttemptKey, now: Timestamp, wait: Duration) -> bool {
        if self.0.len() >= KEYS_MAX && !self.0.contains_key(&key) {
            self.purge(now);
        }
        let key = if self.0.len() >= KEYS_MAX && !self.0.contains_key(&key) { SHARED } else { key };
        let until = now.plus(wait);
        // One from the far future was written before the clock was set back.
        let is_news = self.0.get(&key).is_none_or(|&told| told <= now || told > until.plus(wait));
        if is_news {
            self.0.insert(key, until);
        }
        is_news
    }

    /// Forgets the keys whose wait is over.
    pub fn purge(&mut self, now: Timestamp) {
        self.0.retain(|_, until| *until > now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_800_000_000_000);
    const WAIT: Duration = Duration::from_secs(30);

    fn key(number: usize) -> AttemptKey {
        AttemptKey(((number + 1) as u128).to_be_bytes())
    }

    #[test]
    fn two_thousand_refusals_in_one_wait_are_one_line() {
        let mut log = RefusalLog::default();
        let lines = |log: &mut RefusalLog, now| (0..2_000).filter(|_| log.is_news(key(1), now, WAIT)).count();
        assert_eq!(lines(&mut log, NOW), 1);
        assert!(log.is_news(key(2), NOW, WAIT), "another key");
        assert_eq!(lines(&mut log, NOW.plus(Duration::from_secs(29))), 0);
        assert_eq!(lines(&mut log, NOW.plus(WAIT)), 1);
        assert_eq!(lines(&mut log, NOW.minus(Duration::from_secs(3600))), 1, "a clock that was set back");
    }

    #[test]
    fn a_flood_of_keys_is_bounded_in_memory_and_in_lines() {
        let mut log = RefusalLog::default();
        let lines = (0..10 * KEYS_MAX).filter(|&number| log.is_news(key(number), NOW, WAIT)).count();
        assert_eq!(lines, KEYS_MAX + 1);
        assert!(log.0.len() <= KEYS_MAX + 1);
        assert!(log.is_news(key(9 * KEYS_MAX), NOW.plus(WAIT), WAIT), "the others' waits are over");
        log.purge(NOW.plus(WAIT + WAIT));
        assert!(log.0.is_empty());
    }

    #[test]
    fn a_full_log_forgets_what_is_over_for_a_new_key_alone() {
        let full = || {
            let mut log = RefusalLog::default();
            for number in 0..KEYS_MAX {
                assert!(log.is_news(key(number), NOW, WAIT));
            }
            log
        };
        let over = NOW.plus(WAIT);
        let mut log = full();
        assert!(log.is_news(key(0), over, WAIT));
        assert_eq!(log.0.len(), KEYS_MAX, "a key that it knows needs no room");
        assert!(log.is_news(key(KEYS_MAX), over, WAIT));
        assert_eq!(log.0.len(), 2, "the others' waits were over");
        let mut log = RefusalLog::default();
        assert!(log.is_news(key(0), NOW, WAIT) && log.is_news(key(1), over, WAIT));
        assert_eq!(log.0.len(), 2, "with room nothing is forgotten");
    }

    #[test]
    fn a_wait_of_twice_its_length_is_believed_and_no_longer_one() {
        for (ahead, news) in [(2 * WAIT, false), (2 * WAIT + Duration::from_millis(1), true)] {
            let mut log = RefusalLog::default();
            log.0.insert(key(1), NOW.plus(ahead));
            assert_eq!(log.is_news(key(1), NOW, WAIT), news, "{ahead:?}");
        }
    }
}
