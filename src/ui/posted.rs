//! A form that was posted before the program arrived and was refused. The server renders the page again with it; the browser
//! must find the same values when it takes the page over, so they travel in the page.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::api::error::Problem;

/// What the server provides as context when it renders a refused form. It never holds the password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posted {
    pub email: String,
    pub problem: Problem,
}

/// The refused form of this page load, if there is one. Every call counts towards matching the two sides, so a page calls it
/// once, unconditionally.
pub fn posted() -> Option<Posted> {
    SharedValue::new(use_context::<Posted>).into_inner()
}
