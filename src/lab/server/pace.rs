//! How fast one visitor may press buttons: a handful at once, then a few a second. A person never notices; a program that
//! presses for hours costs no more than that.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

const AT_ONCE: u32 = 40;
const EACH: Duration = Duration::from_millis(150);

/// When the last of those would be free again.
#[derive(Default)]
pub struct Pace(Mutex<Option<Instant>>);

impl Pace {
    pub fn may(&self) -> bool {
        let mut busy_until = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let from = busy_until.map_or(now, |until| until.max(now));
        let may = from - now < EACH * AT_ONCE;
        if may {
            *busy_until = Some(from + EACH);
        }
        may
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handful_at_once_and_no_more() {
        let pace = Pace::default();
        let let_through = (0..1000).filter(|_| pace.may()).count();
        assert!((40..60).contains(&let_through), "{let_through}");
    }
}
