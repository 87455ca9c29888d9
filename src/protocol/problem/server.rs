//! How the problem of a server function reaches the response. Leptos takes the encoded bytes of an error and knows no status, so
//! status and headers would have to be read out of the bytes again. Instead the encoder leaves the problem here, as a value.

use std::cell::RefCell;

use super::Problem;

tokio::task_local! {
    static RETURNED: RefCell<Option<Problem>>;
}

/// Runs a server function; also returns its problem, when it ended with one.
pub async fn with_problem<T>(function: impl Future<Output = T>) -> (T, Option<Problem>) {
    let scope = async {
        let answer = function.await;
        (answer, RETURNED.with(RefCell::take))
    };
    RETURNED.scope(RefCell::default(), scope).await
}

/// Leaves the problem for [`with_problem`]; `false` where nothing waits for it.
pub(super) fn leave(problem: &Problem) -> bool {
    RETURNED.try_with(|returned| returned.replace(Some(problem.clone()))).is_ok()
}
