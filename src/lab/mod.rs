//! The lab: the app looking at itself. A visitor gets a sandbox, which is this app once more with a store, keys, clock and
//! mount of its own; a recorder listens to its flow; and the page shows what happened. Nothing outside this folder knows of it
//! but the command line, which adds its routes.

pub mod acts;
pub mod event;
pub mod outcome;
#[cfg(feature = "ssr")]
pub mod page;
#[cfg(feature = "hydrate")]
mod room;
#[cfg(feature = "hydrate")]
pub mod stage;
#[cfg(feature = "hydrate")]
pub mod view;
pub mod watch;
#[cfg(feature = "hydrate")]
mod wire;
