//! One derived snapshot for all panels of a page (memoization through Leptos context).

use leptos::prelude::*;

use crate::lab::model::{snapshot::Snapshot, watch::Watch};

/// The snapshot at the chosen moment, for the panels below the owner that called [`provide_snapshot`].
#[derive(Clone, Copy)]
struct SharedSnapshot(Memo<Snapshot>);

/// Folds the log once for all panels of a page. Without it each panel folds the log itself.
pub fn provide_snapshot(watch: Watch) -> Memo<Snapshot> {
    let snapshot = snapshot(watch);
    provide_context(SharedSnapshot(snapshot));
    snapshot
}

pub fn snapshot(watch: Watch) -> Memo<Snapshot> {
    use_context::<SharedSnapshot>().map_or_else(
        || {
            Memo::new(move |_| {
                let upto = watch.upto();
                watch.events.with(|events| Snapshot::of(events.get(..upto).unwrap_or(events)))
            })
        },
        |shared| shared.0,
    )
}
