//! Server stub: a call is made once, without retries.

use leptos::prelude::ArcRwSignal;

use crate::protocol::problem::Problem;

/// Nothing is in front of a page that is being rendered.
pub fn in_front() -> ArcRwSignal<Option<Problem>> {
    ArcRwSignal::new(None)
}

/// Calls once. The browser's version retries until the server answers.
///
/// # Errors
///
/// Those of `call`.
pub async fn retry_while_offline<T>(call: impl AsyncFn() -> Result<T, Problem>) -> Result<T, Problem> {
    call().await
}
