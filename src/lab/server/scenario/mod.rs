//! Scenarios: what an action makes happen, the actors that take part, and how a scenario knows that a tab has finished.

mod completion;
mod device;
pub mod scenario_runner;
mod tamper;
mod thief;
