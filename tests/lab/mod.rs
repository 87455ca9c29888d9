//! The lab: its server half on a real port, with a visitor whose browser is played here. This module is all that the
//! crate's feature `lab` takes away from the tests; nothing outside it names the lab.

mod support;

mod actions;
mod bounds;
mod faults;
mod follow;
mod learn;
mod off;
mod over_tls;
mod scenes;
mod secrets;
mod thefts;
mod visitors;
