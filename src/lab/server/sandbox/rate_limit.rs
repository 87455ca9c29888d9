//! The rate limit of a visitor's actions (a token bucket, as GCRA): a burst, then a few a second. A person never reaches it; a
//! program that acts for hours costs no more than that.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

const BURST: u32 = 40;
const INTERVAL: Duration = Duration::from_millis(150);

/// The theoretical arrival time: when the bucket is full again.
#[derive(Default)]
pub struct RateLimit(Mutex<Option<Instant>>);

impl RateLimit {
    pub fn allow(&self) -> bool {
        let mut busy_until = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let from = busy_until.map_or(now, |until| until.max(now));
        let allowed = from - now < INTERVAL * BURST;
        if allowed {
            *busy_until = Some(from + INTERVAL);
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_no_more() {
        let limit = RateLimit::default();
        let let_through = (0..1000).filter(|_| limit.allow()).count();
        assert!((40..60).contains(&let_through), "{let_through}");
    }
}
