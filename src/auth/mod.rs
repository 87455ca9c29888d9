//! The authentication rules, one file for each use case: sign-in, refresh token rotation, device binding, revocation, step-up,
//! account, history, maintenance. All of them are methods of [`service::AuthService`]. Nothing here knows axum, Leptos, a database or
//! a human language, and the rotation rule ([`token::rotation`]) is a pure function.

pub mod binding;
pub mod error;
pub mod model;
pub mod observer;
pub mod password;
pub mod random;
pub mod service;
pub mod store;
pub mod throttle;
pub mod token;
pub mod traces;
pub mod validation;

mod account;
pub mod audit;
mod bind;
mod detached;
mod email_spellings;
pub mod history;
mod maintenance;
mod operator;
mod refresh;
mod report_order;
mod revocation;
pub mod sign_in;
mod step_up;
mod tries;

/// Switches that weaken a defence, for the lab. They do not exist in a build without it.
#[cfg(feature = "lab")]
pub mod test_controls;

pub use bind::{Bound, Proved};
pub use maintenance::NotReady;
