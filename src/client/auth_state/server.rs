//! Server stub: every page is rendered for [`AuthState::Unknown`].

use leptos::prelude::*;

use super::{AuthState, SignedInHint, TokenStatus};

pub fn auth_state() -> ArcRwSignal<AuthState> {
    ArcRwSignal::new(AuthState::Unknown)
}

pub fn token_status() -> Option<TokenStatus> {
    None
}

pub fn token_version() -> ArcRwSignal<u64> {
    ArcRwSignal::new(0)
}

/// Whether the page request carries the session hint cookie.
pub fn signed_in_hint() -> bool {
    use_context().is_some_and(|SignedInHint(is_set)| is_set)
}
