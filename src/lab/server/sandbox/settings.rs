//! A sandbox's settings when it is opened, and the two that an action changes and restores.

use crate::lab::model::event::{Network, SandboxSettings};

const ACCESS_TTL: u64 = 15 * 60;
/// Long enough for the countdown to be noticed, short enough to watch it end. Seconds.
const SHORT_ACCESS_TTL: u64 = 20;
const GRACE: u64 = 10;
/// Seconds to move the clock by, so that a grace is over.
pub const AFTER_GRACE: u32 = GRACE as u32 + 1;
const DAY: u64 = 24 * 3600;

pub fn defaults() -> SandboxSettings {
    SandboxSettings {
        access_ttl: ACCESS_TTL,
        refresh_idle: 7 * DAY,
        refresh_absolute: 30 * DAY,
        grace: GRACE,
        weak: Vec::new(),
        network: Network::Up,
        next_refresh: None,
        slow_motion: 1,
        stepping: false,
    }
}

/// Seconds.
pub fn access_ttl(short: bool) -> u64 {
    if short { SHORT_ACCESS_TTL } else { ACCESS_TTL }
}

/// Seconds.
pub fn grace(weak: bool) -> u64 {
    if weak { 0 } else { GRACE }
}
