//! The lab's texts (its message catalogue, in English only): the one place that turns an event, a code or a claim into words, so
//! that the diagram, its list, the panels and the exports name everything the same way. The texts are written for readers who
//! are new to tokens; the exact code stands beside the words wherever there is one.

mod action;
mod events;
mod http;
mod names;
mod units;

pub use action::{ask_of, settings};
pub use events::{event, seen, whose};
pub use http::{attribute, claim, claim_value, code, cookie_why, header, hop, reason, status};
pub use names::{
    auth_state, fingerprint, held_by, lifeline, refresh, ruling, ruling_name, sentence, state, storage, the, verdict,
};
pub use units::{clock, counted, duration, elapsed, micros, relative};
