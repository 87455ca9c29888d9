//! The lab: the app looking at itself. A visitor gets a sandbox, which is this app once more with a store, keys, clock and
//! mount of its own; a recorder listens to its flow; and the page shows what happened. Nothing outside this folder knows of it
//! but the command line, which adds its routes. What both halves speak of, and all that can be said of a log, lies here.

pub mod acts;
pub mod diagram;
pub mod event;
pub mod exchange;
pub mod export;
pub mod outcome;
pub mod panels;
#[cfg(test)]
mod sample;
pub mod story;
pub mod telling;
pub mod watch;
pub mod words;

#[cfg(feature = "hydrate")]
pub mod browser;
#[cfg(feature = "ssr")]
pub mod server;

#[cfg(feature = "ssr")]
pub use server::open::beside;
