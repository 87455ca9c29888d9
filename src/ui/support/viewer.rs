//! The viewer: the auth state as header and pages show it. Before the session is restored it relies
//! on the hint cookie alone, so the server and the first client render agree (no hydration
//! mismatch).

use leptos::prelude::*;

use crate::client::auth_state::{AuthState, auth_state, signed_in_hint};
use crate::protocol::tokens::User;

/// The visitor of the page, as far as is known.
#[derive(Clone, PartialEq, Eq)]
pub enum Viewer {
    /// Probably signed in; the session is being restored. Show neither a sign-in form nor private
    /// data.
    Restoring,
    SignedOut,
    SignedIn(User),
}

/// The viewer, following the auth state.
pub fn viewer() -> Memo<Viewer> {
    let state = auth_state();
    let probably_signed_in = signed_in_hint();
    Memo::new(move |_| match state.get() {
        AuthState::SignedIn { user } | AuthState::Offline { user: Some(user) } => Viewer::SignedIn(user),
        AuthState::Anonymous { .. } => Viewer::SignedOut,
        // Without the hint cookie there is no session to restore: show the sign-in links at once,
        // before hydration.
        AuthState::Unknown | AuthState::Offline { user: None } if !probably_signed_in => Viewer::SignedOut,
        AuthState::Unknown | AuthState::Offline { user: None } => Viewer::Restoring,
    })
}
