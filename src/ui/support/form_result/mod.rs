//! The result of a plain form that was posted before hydration and refused. The server renders the
//! page with it and writes it into attributes of `html`, so hydration sees the same values, and
//! without a JSON reader in the first download.

use crate::protocol::problem::Problem;

/// A refused form: provided as context when the server renders the page again. Never contains the
/// password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormResult {
    pub email: String,
    pub problem: Problem,
}

#[cfg(feature = "hydrate")]
mod browser;
#[cfg(feature = "hydrate")]
pub use browser::form_result;

#[cfg(not(feature = "hydrate"))]
mod server;
#[cfg(not(feature = "hydrate"))]
pub use server::form_result;
