//! The lab's texts (its message catalogue): the one place that turns an event, a code or a claim into words, so
//! that the diagram, its list, the panels and the exports name everything the same way. The texts are written for readers who
//! are new to tokens; the exact code stands beside the words wherever there is one.

mod action;
mod events;
mod http;
mod names;
mod units;

pub use action::{ask_of, defence_names, settings};
pub use events::{event, seen, whose};
pub use http::{attribute, claim, claim_value, code, cookie_why, header, hop, reason, status};
pub use names::{
    auth_state, fingerprint, held_by, lifeline, refresh, ruling, ruling_name, sentence, state, storage, the, verdict,
};
pub use units::{clock, counted, duration, elapsed, micros, relative};

#[cfg(test)]
mod tests {
    use crate::lab::model::sample;
    use crate::lab::model::steps::steps;
    use crate::lang::{Lang, in_language_now};

    /// Every text that a log of the samples leads to: of its events and of its diagram.
    fn texts() -> Vec<String> {
        let logs = sample::all();
        let events = logs.iter().flat_map(|log| &log.events).map(super::event);
        let steps =
            logs.iter().flat_map(|log| steps(&log.events)).flat_map(|step| [step.words, step.label, step.detail]);
        events.chain(steps).collect()
    }

    #[test]
    fn everything_of_a_log_is_said_in_german_as_well() {
        let english = texts();
        assert!(english.len() > 500);
        for text in in_language_now(Lang::De, texts) {
            let foreign = [" the ", " is ", " and ", " of ", " with ", "You ", " token ", "The "];
            assert!(foreign.iter().all(|word| !text.contains(word)), "{text}");
        }
    }
}
