//! The rate limit of a visitor's actions: a burst, then a few a second. A person never reaches it; a program that acts for hours
//! costs no more than that.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use crate::auth::throttle::rules::Gcra;
use crate::clock::{Clock as _, SystemClock, Timestamp};

const BURST: u32 = 40;
const ACTIONS: Gcra = Gcra { burst: BURST, interval: Duration::from_millis(150) };

/// The theoretical arrival time of the next action, on the real clock: the visitor moves that of the sandbox.
#[derive(Default)]
pub struct RateLimit(Mutex<Option<Timestamp>>);

impl RateLimit {
    pub fn allow(&self) -> bool {
        let mut arrival = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match ACTIONS.admit(*arrival, SystemClock.now()) {
            Ok(next) => {
                *arrival = Some(next);
                true
            }
            Err(_) => false,
        }
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
