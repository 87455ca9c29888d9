//! The lab: its server half on a real port, driven by a visitor whose browser is played here.

mod actions;
mod faults;
mod off;
mod secrets;
mod support;
mod thefts;
mod visitors;
