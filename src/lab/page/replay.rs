//! Moving through a log: an imported one instead of the live one, one event forwards or backwards, stopping and following again.

use leptos::prelude::*;

use super::state::LabState;
use crate::lab::model::event::LogEvent;

impl LabState {
    pub fn is_replaying(self) -> bool {
        self.stash.with(Option::is_some)
    }

    /// Shows an imported log instead of the live one.
    pub fn replay(self, events: Vec<LogEvent>) {
        let first = events.first().map(|event| event.seq);
        let live = self.watch.events.try_update(|shown| std::mem::replace(shown, events)).unwrap_or_default();
        if self.stash.with_untracked(Option::is_none) {
            self.stash.set(Some(live));
        }
        self.watch.chosen.set(first);
    }

    pub fn back_to_live(self) {
        if let Some(live) = self.stash.try_update(Option::take).flatten() {
            self.watch.events.set(live);
            self.watch.chosen.set(None);
        }
    }

    /// Moves to the event after or before the chosen moment.
    pub fn step(self, forwards: bool) {
        let chosen = self.watch.chosen.get_untracked();
        let next = self.watch.events.with_untracked(|events| {
            let at = match chosen {
                Some(seq) => events.partition_point(|event| event.seq <= seq),
                None => events.len(),
            };
            let to = if forwards { at + 1 } else { at.saturating_sub(1).max(1) };
            events.get(to - 1).map(|event| event.seq)
        });
        if next.is_some() || !forwards {
            self.watch.chosen.set(next);
        }
    }

    /// Stops at the newest event, or follows live again.
    pub fn pause(self) {
        let newest = self.watch.events.with_untracked(|events| events.last().map(|event| event.seq));
        self.watch.chosen.update(|chosen| *chosen = if chosen.is_some() { None } else { newest });
    }
}
