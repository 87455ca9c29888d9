//! The queue of rotations in front of a store, which takes what has arrived and answers after its commit.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

use tokio::sync::{mpsc, oneshot};

use crate::auth::model::session::{Session, SessionId};
use crate::auth::store::{Judge, Judged, StoreError};

/// The most rotations that wait; further callers wait outside (backpressure).
const QUEUE_MAX: usize = 4096;

pub(super) type Outcome = Result<Option<Judged>, StoreError>;

/// A rotation that waits for its outcome.
pub(super) struct Request {
    pub id: SessionId,
    pub judge: Box<dyn Judge>,
    pub reply: oneshot::Sender<Outcome>,
}

impl Request {
    pub fn answer(self, outcome: Outcome) {
        let _ = self.reply.send(outcome);
    }
}

/// Asks a judge. It is not the store's, so its panic is the failure of its own caller.
pub(super) fn ask(judge: &mut dyn Judge, session: Session) -> Result<Judged, StoreError> {
    catch_unwind(AssertUnwindSafe(|| judge.judge(session)))
        .map_err(|_| StoreError::Unavailable("the judge of a rotation panicked".into()))
}

/// Waits for a commit, and has answers prepared meanwhile, one after another, until it is there. What it has no time for, the
/// callers do themselves.
pub(super) async fn prepare_during<T, D>(commit: impl Future<Output = T>, decided: &mut [D], prepare: fn(&mut D)) -> T {
    let mut commit = pin!(commit);
    for one in decided {
        if let Poll::Ready(committed) = futures::poll!(&mut commit) {
            return committed;
        }
        // Without it the caller prepares, and a panic there is the failure of that caller alone.
        let _ = catch_unwind(AssertUnwindSafe(|| prepare(one)));
        // A sync of SQLite's file is two requests to the disk, and its thread sends the second one. Where it shares the only
        // core with this one, the scheduler would let this one go on for a millisecond while the disk has nothing to do.
        std::thread::yield_now();
        tokio::task::yield_now().await;
    }
    commit.await
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
    pub async fn rotate(&self, id: SessionId, judge: Box<dyn Judge>) -> Outcome {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A decided rotation of a batch.
    #[derive(Default)]
    struct One {
        /// Commits when this one is prepared.
        commit: Option<oneshot::Sender<()>>,
        is_prepared: bool,
    }

    fn prepare(one: &mut One) {
        one.is_prepared = true;
        if let Some(commit) = one.commit.take() {
            commit.send(()).unwrap();
        }
    }

    /// A batch of five whose commit is there when the third is prepared.
    fn batch() -> (Vec<One>, oneshot::Receiver<()>) {
        let (commit, committed) = oneshot::channel();
        let mut batch: Vec<One> = (0..5).map(|_| One::default()).collect();
        batch[2].commit = Some(commit);
        (batch, committed)
    }

    #[tokio::test]
    async fn answers_are_prepared_until_the_commit_is_there() {
        let (mut batch, committed) = batch();
        prepare_during(committed, &mut batch, prepare).await.unwrap();
        let prepared: Vec<_> = batch.iter().map(|one| one.is_prepared).collect();
        assert_eq!(prepared, [true, true, true, false, false]);
    }

    #[tokio::test]
    async fn a_panic_while_an_answer_is_prepared_holds_up_no_other() {
        let (mut batch, committed) = batch();
        batch[0].is_prepared = true;
        let once = |one: &mut One| {
            assert!(!one.is_prepared, "one that cannot be prepared");
            prepare(one);
        };
        prepare_during(committed, &mut batch, once).await.unwrap();
        assert!(batch[2].is_prepared);
    }
}
