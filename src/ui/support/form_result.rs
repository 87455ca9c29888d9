//! The result of a plain form that was posted before hydration and refused. The server renders the
//! page with it and serializes it into the page, so hydration sees the same values.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::protocol::problem::Problem;

/// A refused form: provided as context when the server renders the page again. Never contains the
/// password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormResult {
    pub email: String,
    pub problem: Problem,
}

/// The refused form of this page load, if any. Call it once and unconditionally in a page:
/// hydration matches shared values by the order of calls.
pub fn form_result() -> Option<FormResult> {
    SharedValue::new(use_context::<FormResult>).into_inner()
}
