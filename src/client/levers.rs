//! What the lab may pull in a tab to show what each precaution is for. Nobody else does.

use super::{auth_state, refresh, tabs};

/// Whether refreshes wait for the other tabs.
pub fn locks(on: bool) {
    tabs::set_locks(on);
}

/// How far the tab's wall clock goes ahead, in minutes.
pub fn wall_clock_ahead(minutes: i32) {
    crate::clock::set_wall_clock_ahead(f64::from(minutes) * 60_000.0);
}

/// A refresh, whether it is needed or not. One under way is not joined: it may have its answer already.
pub async fn refresh() {
    refresh::landed().await;
    refresh::newer_than(auth_state::held().map_or(0, |held| held.version)).await;
}
