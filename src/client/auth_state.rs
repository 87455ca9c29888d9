//! What the tab believes about the sign-in: one signal, written by this folder alone and mirrored to
//! `html[data-auth-state]`. The server and the first client render are always `Unknown`, so hydration never disagrees and
//! nobody sees a login page flash by.

use leptos::prelude::*;

use crate::api::auth::User;
use crate::api::error::{Code, Problem, RevokeReason};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthState {
    /// Not asked yet.
    Unknown,
    Anonymous {
        /// Why the last session ended, when one did in this tab.
        ended: Option<EndReason>,
    },
    SignedIn {
        user: User,
    },
    /// Signed in as far as anybody knows; the server cannot be asked right now. `user` is not known after a reload.
    Offline {
        user: Option<User>,
    },
}

impl AuthState {
    pub const fn as_str(&self) -> &'static str {
        match self {
            AuthState::Unknown => "unknown",
            AuthState::Anonymous { .. } => "anonymous",
            AuthState::SignedIn { .. } => "signed-in",
            AuthState::Offline { .. } => "offline",
        }
    }

    pub fn user(&self) -> Option<&User> {
        match self {
            AuthState::SignedIn { user } | AuthState::Offline { user: Some(user) } => Some(user),
            _ => None,
        }
    }
}

/// Why a session ended, as far as words for a person go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    SignedOutHere,
    Expired,
    SignedOutElsewhere,
    ForSafety,
    PasswordChanged,
    AccountGone,
    NotValid,
}

impl EndReason {
    /// The reason behind a refusal that signs out.
    pub fn of(problem: &Problem) -> Self {
        match (problem.code, problem.reason) {
            (Code::RefreshTokenReused, _) | (_, Some(RevokeReason::Reuse)) => EndReason::ForSafety,
            (_, Some(RevokeReason::PasswordChanged)) => EndReason::PasswordChanged,
            (_, Some(RevokeReason::AccountDeleted | RevokeReason::AccountDisabled)) => EndReason::AccountGone,
            (Code::SessionRevoked, _) => EndReason::SignedOutElsewhere,
            (Code::RefreshTokenExpired, _) => EndReason::Expired,
            _ => EndReason::NotValid,
        }
    }
}

/// About the access token in memory: never the token.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Held {
    /// Grows with every change.
    pub version: u64,
    /// Seconds it lives from receipt.
    pub expires_in: u64,
    /// Milliseconds since receipt.
    pub elapsed_ms: f64,
    /// Silent refreshes in this tab so far.
    pub refreshes: u32,
}

#[cfg(feature = "hydrate")]
pub use browser::{auth_state, held, held_version, signed_in_hint};
#[cfg(feature = "hydrate")]
pub(super) use browser::{set, set_held_version};

#[cfg(not(feature = "hydrate"))]
pub use server::{auth_state, held, held_version, signed_in_hint};

#[cfg(feature = "hydrate")]
mod browser {
    use super::*;
    use crate::client::{page, token_store};

    thread_local! {
        static STATE: ArcRwSignal<AuthState> = ArcRwSignal::new(AuthState::Unknown);
        static HELD_VERSION: ArcRwSignal<u64> = ArcRwSignal::new(0);
    }

    /// Read it; only `client` writes it.
    pub fn auth_state() -> ArcRwSignal<AuthState> {
        STATE.with(Clone::clone)
    }

    pub(in crate::client) fn set(state: AuthState) {
        page::set_root_attribute("data-auth-state", state.as_str());
        STATE.with(|signal| {
            if signal.with_untracked(|current| *current != state) {
                signal.set(state);
            }
        });
    }

    pub fn held() -> Option<Held> {
        token_store::about()
    }

    /// Changes whenever the token in memory does.
    pub fn held_version() -> ArcRwSignal<u64> {
        HELD_VERSION.with(Clone::clone)
    }

    pub(in crate::client) fn set_held_version(version: u64) {
        HELD_VERSION.with(|signal| signal.set(version));
    }

    /// Whether this browser may be signed in, as the page was rendered.
    pub fn signed_in_hint() -> bool {
        page::root_attribute("data-signed-in-hint").is_some()
    }
}

#[cfg(not(feature = "hydrate"))]
mod server {
    use super::*;

    pub fn auth_state() -> ArcRwSignal<AuthState> {
        ArcRwSignal::new(AuthState::Unknown)
    }

    pub fn held() -> Option<Held> {
        None
    }

    pub fn held_version() -> ArcRwSignal<u64> {
        ArcRwSignal::new(0)
    }

    /// Whether the page request carries the readable cookie.
    pub fn signed_in_hint() -> bool {
        #[cfg(feature = "ssr")]
        {
            use_context::<http::request::Parts>()
                .is_some_and(|parts| crate::server::refresh_cookie::hint(&crate::mount::current(), &parts.headers))
        }
        #[cfg(not(feature = "ssr"))]
        false
    }
}
