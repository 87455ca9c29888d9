//! Who is looking, as header and pages need to know it. The auth state says what the tab knows; this adds what may be shown
//! before it knows anything, which must be the same on the server and in the first moment of the browser.

use leptos::prelude::*;

use crate::api::auth::User;
use crate::client::auth_state::{AuthState, auth_state, signed_in_hint};

#[derive(Clone, PartialEq, Eq)]
pub enum Visitor {
    /// Probably signed in; the session is being restored. Neither a login form nor private data may be shown.
    Restoring,
    SignedOut,
    SignedIn(User),
}

pub fn visitor() -> Memo<Visitor> {
    let state = auth_state();
    let probably_signed_in = signed_in_hint();
    Memo::new(move |_| match state.get() {
        AuthState::SignedIn { user } | AuthState::Offline { user: Some(user) } => Visitor::SignedIn(user),
        AuthState::Anonymous { .. } => Visitor::SignedOut,
        // Who never signed in here needs no program to learn that, and the links must work before it is loaded.
        AuthState::Unknown | AuthState::Offline { user: None } if !probably_signed_in => Visitor::SignedOut,
        AuthState::Unknown | AuthState::Offline { user: None } => Visitor::Restoring,
    })
}
