//! Request batching, shared by the two queues of this store: the limits, the reply channel, and the encoding of many values
//! as one JSON parameter.

use serde::Serialize;
use tokio::sync::{mpsc, oneshot};

use crate::auth::store::StoreError;

/// The most requests in one statement.
pub(super) const BATCH_MAX: usize = 256;
/// The most requests in the queue; further callers wait (backpressure).
pub(super) const QUEUE_MAX: usize = 4096;

/// Adds a request to the next batch and waits for its result.
pub(super) async fn submit<Q, A>(
    queue: &mpsc::Sender<(Q, oneshot::Sender<Result<A, StoreError>>)>,
    request: Q,
) -> Result<A, StoreError> {
    let (reply, answer) = oneshot::channel();
    let closed = || StoreError::Unavailable("the database is closing".into());
    queue.send((request, reply)).await.map_err(|_| closed())?;
    answer.await.map_err(|_| closed())?
}

pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|nibble| char::from(DIGITS[usize::from(nibble)])).collect()
}

pub(super) fn json(values: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(values).map_err(|error| StoreError::Corrupt(error.to_string()))
}
