//! Test controls of a tab: switch a precaution off to demonstrate its purpose. Compiled with the
//! cargo feature `lab` only.

use std::cell::Cell;

use super::{auth_state, refresh, token_store};
use crate::api;
use crate::clock::skew;
use crate::protocol::tokens::AccessToken;

thread_local! {
    static LOCKS_ARE_OFF: Cell<bool> = const { Cell::new(false) };
}

/// Turns the Web Lock on or off.
pub fn locks(on: bool) {
    LOCKS_ARE_OFF.set(!on);
}

pub(super) fn locks_are_off() -> bool {
    LOCKS_ARE_OFF.get()
}

/// Sets the tab's wall clock `minutes` ahead.
pub fn wall_clock_ahead(minutes: i32) {
    skew::set(f64::from(minutes) * 60_000.0);
}

/// Forces a refresh. Waits for one in flight instead of joining it: that one began before the call.
pub async fn refresh() {
    refresh::settled().await;
    refresh::newer_than(auth_state::token_status().map_or(0, |held| held.version)).await;
}

/// The access token that the tab holds.
pub fn access_token() -> Option<AccessToken> {
    token_store::held().map(|held| held.token.clone())
}

/// A refresh that takes no lock and neither joins another one nor lets one join. Returns the new
/// access token.
pub async fn refresh_alone() -> Option<AccessToken> {
    let epoch = token_store::epoch();
    match refresh::outcome(Some(api::auth::refresh().await), epoch) {
        refresh::RefreshOutcome::Renewed(held) => Some(held.token.clone()),
        _ => None,
    }
}
