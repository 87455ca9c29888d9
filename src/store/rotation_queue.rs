//! The queue of rotations in front of a store, which takes what has arrived and answers after its commit.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tokio::sync::{mpsc, oneshot};

use crate::auth::model::session::{Session, SessionId};
use crate::auth::store::{Judge, Judged, StoreError};

/// The most rotations that wait; further callers wait outside (backpressure).
const QUEUE_MAX: usize = 4096;

pub(super) type Outcome = Result<Option<Judged>, StoreError>;

/// A rotation that waits for its outcome.
pub(super) struct Request {
    pub id: SessionId,
    pub judge: Judge,
    pub reply: oneshot::Sender<Outcome>,
}

impl Request {
    pub fn answer(self, outcome: Outcome) {
        let _ = self.reply.send(outcome);
    }
}

/// Asks a judge. It is not the store's, so its panic is the failure of its own caller.
pub(super) fn ask(judge: &mut Judge, session: Session) -> Result<Judged, StoreError> {
    catch_unwind(AssertUnwindSafe(|| judge(session)))
        .map_err(|_| StoreError::Unavailable("the judge of a rotation panicked".into()))
}

/// Where the callers wait.
pub(super) struct RotationQueue(mpsc::Sender<Request>);

/// Where the store takes what has arrived.
pub(super) struct Arrivals(mpsc::Receiver<Request>);

pub(super) fn rotation_queue() -> (RotationQueue, Arrivals) {
    let (sender, receiver) = mpsc::channel(QUEUE_MAX);
    (RotationQueue(sender), Arrivals(receiver))
}

impl RotationQueue {
    /// Adds a rotation to the next batch and waits for its commit.
    pub async fn rotate(&self, id: SessionId, judge: Judge) -> Outcome {
        let (reply, answer) = oneshot::channel();
        let given_up = || StoreError::Unavailable("the database gave the rotation up".into());
        self.0.send(Request { id, judge, reply }).await.map_err(|_| given_up())?;
        answer.await.map_err(|_| given_up())?
    }
}

impl Arrivals {
    /// Waits for rotations and takes all that have arrived, at most so many; none when the queue has ended.
    pub async fn take(&mut self, most: usize) -> Vec<Request> {
        let mut batch = Vec::new();
        while batch.is_empty() && self.0.recv_many(&mut batch, most).await > 0 {
            // A caller that went away takes no answer, and a token that nobody gets is better not made.
            batch.retain(|request| !request.reply.is_closed());
        }
        batch
    }
}
