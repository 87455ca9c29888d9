//! The lab: the app looking at itself. A visitor gets a sandbox, which is this app once more with a store, keys, clock and
//! mount of its own; a recorder listens to its flow; and the page shows what happened. Nothing outside this folder knows of it
//! but the command line, which adds its routes.

pub mod event;
pub mod watch;
