//! The page's reactive view of the log: the events so far, and the chosen moment (time-travel debugging). Every panel derives from
//! these two signals and nothing else, so moving the slider moves all panels, and an imported log looks like the live one.

use leptos::prelude::*;

use super::event::LogEvent;

/// Handed to every panel.
#[derive(Clone, Copy)]
pub struct Watch {
    /// Ordered by `seq`, from the first.
    pub events: RwSignal<Vec<LogEvent>>,
    /// The `seq` of the chosen moment; `None` follows the newest event.
    pub chosen: RwSignal<Option<u64>>,
}

impl Default for Watch {
    fn default() -> Self {
        Self { events: RwSignal::new(Vec::new()), chosen: RwSignal::new(None) }
    }
}

impl Watch {
    /// How many events, from the first, have happened at the chosen moment.
    pub fn upto(self) -> usize {
        let chosen = self.chosen.get();
        self.events.with(|events| match chosen {
            None => events.len(),
            Some(seq) => events.partition_point(|event| event.seq <= seq),
        })
    }
}
