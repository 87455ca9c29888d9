//! What the two queues of this store share: how much goes in one statement, and how many values travel in one parameter.

use serde::Serialize;
use tokio::sync::{mpsc, oneshot};

use super::StoreError;

/// Most in one statement, and most that wait for the next.
pub(super) const MOST: usize = 256;
pub(super) const WAITING: usize = 4096;

/// Joins the next batch and waits for this caller's part of the answer.
pub(super) async fn ask<Q, A>(
    queue: &mpsc::Sender<(Q, oneshot::Sender<Result<A, StoreError>>)>,
    question: Q,
) -> Result<A, StoreError> {
    let (reply, answer) = oneshot::channel();
    let closed = || StoreError::Unavailable("the database is closing".into());
    queue.send((question, reply)).await.map_err(|_| closed())?;
    answer.await.map_err(|_| closed())?
}

pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|nibble| char::from(DIGITS[usize::from(nibble)])).collect()
}

pub(super) fn json(values: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(values).map_err(|error| StoreError::Corrupt(error.to_string()))
}
