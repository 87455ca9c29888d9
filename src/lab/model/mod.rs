//! The lab's model: the event log and everything that can be derived from it. Pure functions over a slice of events, compiled
//! for both builds; it imports nothing of the lab's server, frame or page.

pub mod event;
pub mod exchange;
pub mod export;
pub mod labels;
pub mod lever;
pub mod narration;
#[cfg(test)]
pub(super) mod sample;
pub mod scene;
pub mod snapshot;
pub mod stage;
pub mod steps;
pub mod watch;
