//! The auth state of a tab: one signal, written by `client` alone and mirrored to
//! `html[data-auth-state]`. The server and the first client render always see `Unknown`, so there
//! is no hydration mismatch and no flash of a sign-in page.

use crate::protocol::code::Code;
use crate::protocol::problem::Problem;
use crate::protocol::session::RevokeReason;
use crate::protocol::tokens::User;

/// The sign-in state of the tab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthState {
    /// Not known yet: the session is being restored.
    Unknown,
    Anonymous {
        /// Why the last session ended; `None` when none ended in this tab.
        ended: Option<EndReason>,
    },
    SignedIn {
        user: User,
    },
    /// The server cannot be reached, and nothing says that the session has ended. `user` is `None`
    /// after a reload.
    Offline {
        user: Option<User>,
    },
}

impl AuthState {
    /// The value of `html[data-auth-state]`.
    pub const fn as_str(&self) -> &'static str {
        match self {
            AuthState::Unknown => "unknown",
            AuthState::Anonymous { .. } => "anonymous",
            AuthState::SignedIn { .. } => "signed-in",
            AuthState::Offline { .. } => "offline",
        }
    }

    /// The signed-in user, also while offline.
    pub fn user(&self) -> Option<&User> {
        match self {
            AuthState::SignedIn { user } | AuthState::Offline { user: Some(user) } => Some(user),
            _ => None,
        }
    }
}

/// Why a session ended, at the level of detail that the pages show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    SignedOutHere,
    /// Expired: unused for longer than the idle limit.
    Idle,
    /// Expired: the absolute limit.
    Absolute,
    SignedOutElsewhere,
    ForSafety,
    PasswordChanged,
    /// The account was deleted, and with it all that was its owner's.
    AccountGone,
    AccountDisabled,
    ByOperator,
    NotValid,
}

impl EndReason {
    /// The reason for a refusal whose reaction is to sign out.
    pub fn of(problem: &Problem) -> Self {
        match (problem.code, problem.reason) {
            (Code::RefreshTokenReused, _) | (_, Some(RevokeReason::Reuse)) => EndReason::ForSafety,
            (_, Some(RevokeReason::PasswordChanged)) => EndReason::PasswordChanged,
            (_, Some(RevokeReason::AccountDeleted)) => EndReason::AccountGone,
            (_, Some(RevokeReason::AccountDisabled)) => EndReason::AccountDisabled,
            (_, Some(RevokeReason::EndedByOperator)) => EndReason::ByOperator,
            (_, Some(RevokeReason::IdleLimit)) => EndReason::Idle,
            (_, Some(RevokeReason::AbsoluteLimit)) => EndReason::Absolute,
            // A sign-out in another tab takes the cookie along.
            (Code::SessionRevoked | Code::RefreshTokenMissing, _) => EndReason::SignedOutElsewhere,
            _ => EndReason::NotValid,
        }
    }
}

/// Facts about the access token in memory, without the token itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TokenStatus {
    /// Grows with every change of the token.
    pub version: u64,
    /// Lifetime in seconds, from receipt.
    pub expires_in: u64,
    /// Milliseconds since receipt.
    pub elapsed_ms: f64,
    /// Silent refreshes in this tab so far.
    pub refreshes: u32,
}

/// Server only: whether the page request carries the session hint cookie. Provided as context when
/// a page is rendered.
#[derive(Clone, Copy)]
pub struct SignedInHint(pub bool);

#[cfg(feature = "hydrate")]
mod browser;
#[cfg(feature = "hydrate")]
pub use browser::{auth_state, signed_in_hint, token_status, token_version};
#[cfg(feature = "hydrate")]
pub(super) use browser::{not_restored, set, set_token_version};

#[cfg(not(feature = "hydrate"))]
mod server;
#[cfg(not(feature = "hydrate"))]
pub use server::{auth_state, signed_in_hint, token_status, token_version};
