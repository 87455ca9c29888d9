//! The auth state in the browser: one signal, mirrored to `html[data-auth-state]`.

use leptos::prelude::*;

use super::{AuthState, TokenStatus};
use crate::client::observer::{ClientEvent, emit};
use crate::client::token_store;
use crate::dom;

thread_local! {
    static STATE: ArcRwSignal<AuthState> = ArcRwSignal::new(AuthState::Unknown);
    static TOKEN_VERSION: ArcRwSignal<u64> = ArcRwSignal::new(0);
}

/// The auth state as a signal. Read-only by convention: only `client` writes it.
pub fn auth_state() -> ArcRwSignal<AuthState> {
    STATE.with(Clone::clone)
}

pub(in crate::client) fn set(state: AuthState) {
    dom::set_root_attribute("data-auth-state", state.as_str());
    STATE.with(|signal| {
        if signal.with_untracked(|current| *current != state) {
            emit(|| ClientEvent::AuthState(state.as_str()));
            signal.set(state);
        }
    });
}

/// The session could not be restored yet: offline, unless something is known about it.
pub(in crate::client) fn not_restored() {
    if STATE.with(|signal| signal.with_untracked(|state| *state == AuthState::Unknown)) {
        set(AuthState::Offline { user: None });
    }
}

/// The status of the access token in memory; `None` without one.
pub fn token_status() -> Option<TokenStatus> {
    token_store::status()
}

/// A signal that changes whenever the access token in memory does.
pub fn token_version() -> ArcRwSignal<u64> {
    TOKEN_VERSION.with(Clone::clone)
}

pub(in crate::client) fn set_token_version(version: u64) {
    TOKEN_VERSION.with(|signal| signal.set(version));
}

/// Whether the page request carried the session hint cookie, as the server wrote it into `html`.
pub fn signed_in_hint() -> bool {
    dom::root_attribute("data-signed-in-hint").is_some()
}
