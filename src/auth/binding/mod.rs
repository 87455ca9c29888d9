//! Device-bound sessions (W3C DBSC): a session is bound to a key that never leaves the browser's device, so a copied refresh
//! cookie is worthless elsewhere. The browser does its part by itself ([`proof`]); what it gets for a proof is a short-lived
//! cookie ([`tags`]), without which the refresh token opens nothing ([`rule`]).

pub mod proof;
pub mod rule;
pub mod tags;

/// What became of a request about a binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BindingOutcome {
    /// A session was bound.
    Bound,
    /// A registration was refused.
    Refused,
    /// A proof was asked for.
    Challenged,
    /// A proof was good: the browser has a new bound cookie.
    Renewed,
    /// A good signature over a challenge that is not open: another proof was on its way, or it took too long.
    Late,
    /// A proof that cannot be read.
    Malformed,
    /// A proof by another key.
    WrongKey,
    /// The browser was told that its binding has ended.
    Ended,
}

/// Why a browser did not renew its bound cookie (`Secure-Session-Skipped`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skipped {
    Unreachable,
    ServerError,
    QuotaExceeded,
    /// A word that this program does not know.
    Other,
}
