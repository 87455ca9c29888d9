//! The page's reactive view of the log: the events so far, and the chosen moment (time-travel debugging). Every panel derives from
//! these two signals and nothing else, so moving the slider moves all panels, and an imported log looks like the live one.

use leptos::prelude::*;

use super::event::LogEvent;
use super::narration::{self, Sentence};

/// Handed to every panel.
#[derive(Clone, Copy)]
pub struct Watch {
    /// Ordered by `seq`, from the first.
    pub events: RwSignal<Vec<LogEvent>>,
    /// The `seq` of the chosen moment; `None` follows the newest event.
    pub chosen: RwSignal<Option<u64>>,
    /// The `seq` of the last event before the present step of a scene; `None` where no scene is shown.
    pub since: RwSignal<Option<u64>>,
}

impl Default for Watch {
    fn default() -> Self {
        Self { events: RwSignal::new(Vec::new()), chosen: RwSignal::new(None), since: RwSignal::new(None) }
    }
}

impl Watch {
    /// The story of the chosen moment: of the scene's step, or of the last action before it.
    pub fn story(self) -> Vec<Sentence> {
        let (upto, since) = (self.upto(), self.since.get());
        self.events.with(|events| {
            let past = events.get(..upto).unwrap_or(events);
            match since.filter(|since| past.last().is_some_and(|last| last.seq > *since)) {
                Some(since) => narration::told(past, since),
                None => narration::story(past).map(|story| story.sentences).unwrap_or_default(),
            }
        })
    }

    /// The `seq` of the event with which that story begins.
    pub fn cause(self) -> u64 {
        let (upto, since) = (self.upto(), self.since.get());
        self.events.with(|events| {
            let past = events.get(..upto).unwrap_or(events);
            match since.filter(|since| past.last().is_some_and(|last| last.seq > *since)) {
                Some(since) => since + 1,
                None => narration::cause(past).unwrap_or(0),
            }
        })
    }

    /// How many events, from the first, have happened at the chosen moment.
    pub fn upto(self) -> usize {
        let chosen = self.chosen.get();
        self.events.with(|events| match chosen {
            None => events.len(),
            Some(seq) => events.partition_point(|event| event.seq <= seq),
        })
    }
}
