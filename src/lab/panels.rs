//! What is true at the chosen moment, in panels: who holds which token, what was sent and why, how the refresh tokens descend
//! from each other. Each reads the [`Story`](super::story::Story) of that moment and nothing else.

mod chip;
mod events;
mod family;
pub(super) mod follow;
mod inspector;
mod places;
mod probes;
mod rows;
mod thief;
mod token;
mod told;

pub use chip::{ChipView, ChipViewProps, Kind};
pub use events::{EventList, EventListProps};
pub use family::{Family, FamilyProps};
pub use inspector::{RequestInspector, RequestInspectorProps};
pub use places::{WhereThingsLive, WhereThingsLiveProps};
pub use probes::{ProbeTable, ProbeTableProps};
pub use rows::{SessionRows, SessionRowsProps, SigningKeys, SigningKeysProps};
pub use thief::{ThiefPanel, ThiefPanelProps};
pub use token::{TokenCard, TokenCardProps};
pub use told::{LastRefresh, LastRefreshProps};

use leptos::prelude::*;

use super::{story::Story, watch::Watch};

/// The story at the chosen moment, shared by the panels below an owner that called [`tell`].
#[derive(Clone, Copy)]
struct Told(Memo<Story>);

/// Folds the log once for all panels of a page. Without it each panel does so for itself.
pub fn tell(watch: Watch) -> Memo<Story> {
    let story = story(watch);
    provide_context(Told(story));
    story
}

fn story(watch: Watch) -> Memo<Story> {
    use_context::<Told>().map_or_else(
        || {
            Memo::new(move |_| {
                let upto = watch.upto();
                watch.events.with(|events| Story::of(events.get(..upto).unwrap_or(events)))
            })
        },
        |told| told.0,
    )
}

#[cfg(test)]
mod look;
