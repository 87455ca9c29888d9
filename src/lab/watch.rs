//! What the lab's page holds while it watches: the log so far, and the moment the visitor looks at. Every panel reads these two
//! and nothing else, so that moving the scrubber moves all of them, and a replayed export looks like the live one.

use leptos::prelude::*;

use super::event::Event;

/// Handed to every panel.
#[derive(Clone, Copy)]
pub struct Watch {
    /// In order of `seq`, from the first.
    pub events: RwSignal<Vec<Event>>,
    /// The `seq` the visitor looks at; `None` follows the newest.
    pub chosen: RwSignal<Option<u64>>,
}

impl Default for Watch {
    fn default() -> Self {
        Self { events: RwSignal::new(Vec::new()), chosen: RwSignal::new(None) }
    }
}

impl Watch {
    /// How many events from the first are to be shown as having happened.
    pub fn upto(self) -> usize {
        let chosen = self.chosen.get();
        self.events.with(|events| match chosen {
            None => events.len(),
            Some(seq) => events.partition_point(|event| event.seq <= seq),
        })
    }
}
