//! The lab's server side: bounded sandboxes, the recorder in front of each, fault injection, attackers, and the routes.
//!
//! `scenes` is data: the lessons that run in a sandbox. `learn` shows them as text.
//!
//! Imports go one way: `event_log` < `sandbox` < `actor`, `loopback_client`, `mirrors` < `sandboxes` < `scenario`, `recorder` <
//! `routes`, `follow` < `start` < `options`.

mod actor;
mod document;
mod event_log;
mod event_stream;
#[cfg(test)]
mod family_matches_rule;
mod follow;
mod injection;
pub mod learn;
mod levers;
mod loopback_client;
pub mod mirrors;
pub mod options;
mod other_site;
mod recorder;
pub mod routes;
mod sandbox;
pub mod sandboxes;
mod scenario;
pub mod scenes;
pub mod start;

/// The path of the lab.
pub const LAB: &str = "/lab";

pub use options::LabOptions;
pub use start::Audience;
