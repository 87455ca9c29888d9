//! The lab: the app looking at itself. A visitor gets a sandbox, which is this app once more with a store, keys, clock and
//! mount of its own; a recorder listens to its flow; and the page shows what happened. Nothing outside this folder knows of it
//! but the command line, which adds its routes.

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
mod room;
#[cfg(feature = "hydrate")]
pub mod stage;
#[cfg(feature = "hydrate")]
pub mod view;
#[cfg(feature = "hydrate")]
mod wire;

#[cfg(feature = "ssr")]
mod chips;
#[cfg(feature = "ssr")]
pub mod director;
#[cfg(feature = "ssr")]
mod faults;
#[cfg(feature = "ssr")]
mod injection;
#[cfg(feature = "ssr")]
mod jar;
#[cfg(feature = "ssr")]
mod log;
#[cfg(feature = "ssr")]
pub mod open;
#[cfg(feature = "ssr")]
mod other_site;
#[cfg(feature = "ssr")]
mod outside;
#[cfg(feature = "ssr")]
mod pace;
#[cfg(feature = "ssr")]
pub mod page;
#[cfg(feature = "ssr")]
mod recorder;
#[cfg(feature = "ssr")]
mod redacted;
#[cfg(feature = "ssr")]
pub mod rooms;
#[cfg(feature = "ssr")]
pub mod routes;
#[cfg(feature = "ssr")]
mod rows;
#[cfg(feature = "ssr")]
pub mod sandbox;
#[cfg(feature = "ssr")]
mod settled;
#[cfg(feature = "ssr")]
mod stream;
#[cfg(feature = "ssr")]
mod tamper;
#[cfg(feature = "ssr")]
mod thief;
#[cfg(feature = "ssr")]
mod under_way;
#[cfg(feature = "ssr")]
mod weak;
#[cfg(feature = "ssr")]
mod who;

#[cfg(feature = "ssr")]
pub use open::beside;
