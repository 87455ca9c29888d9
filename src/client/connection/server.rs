//! Server stub: a call is made once, without retries.

use crate::protocol::problem::Problem;

/// Calls once. The browser's version retries until the server answers.
///
/// # Errors
///
/// Those of `call`.
pub async fn retry_while_offline<T>(call: impl AsyncFn() -> Result<T, Problem>) -> Result<T, Problem> {
    call().await
}
