//! Group commit: concurrent rotations share one durable commit, because each commit waits for the disk. Rotations that arrive
//! during a commit form the next batch. A batch is one statement, in which every rotation is its own compare-and-swap. Results
//! are sent only after the commit.

use std::collections::HashSet;

use sqlx::SqlitePool;
use tokio::sync::{mpsc, oneshot};

use super::batch;
use crate::store::sql::prelude::*;

const ROTATE: &str = "WITH rotation AS (SELECT unhex(value ->> 0) AS id, value ->> 1 AS expected, value ->> 2 AS generation, \
     value ->> 3 AS parent, unhex(value ->> 4) AS ring, value ->> 5 AS idle_expires_at, value ->> 6 AS last_used_at, \
     value ->> 7 AS authenticated_at \
     FROM json_each($1)) \
     UPDATE sessions SET generation = rotation.generation, parent = rotation.parent, ring = rotation.ring, \
     idle_expires_at = rotation.idle_expires_at, last_used_at = rotation.last_used_at, \
     authenticated_at = COALESCE(rotation.authenticated_at, sessions.authenticated_at) \
     FROM rotation WHERE sessions.id = rotation.id AND sessions.generation = rotation.expected AND sessions.revoked_at IS NULL \
     RETURNING sessions.id AS id";

type QueuedRotation = (Rotate, oneshot::Sender<Result<Swap, StoreError>>);

/// Collects rotations into batches.
pub(super) struct RotationQueue(mpsc::Sender<QueuedRotation>);

impl RotationQueue {
    /// Starts the task that commits the batches. It ends when the store is dropped.
    pub(super) fn start(writer: SqlitePool) -> Self {
        let (sender, mut rotations) = mpsc::channel(batch::QUEUE_MAX);
        tokio::spawn(async move {
            let mut batch: Vec<QueuedRotation> = Vec::with_capacity(batch::BATCH_MAX);
            while rotations.recv_many(&mut batch, batch::BATCH_MAX).await > 0 {
                commit(&writer, std::mem::take(&mut batch)).await;
            }
        });
        Self(sender)
    }

    pub(super) async fn rotate(&self, rotate: Rotate) -> Result<Swap, StoreError> {
        batch::submit(&self.0, rotate).await
    }
}

/// Commits at most one rotation of each session. A second one counts as lost, so its caller decides again.
async fn commit(writer: &SqlitePool, rotations: Vec<QueuedRotation>) {
    let mut seen = HashSet::with_capacity(rotations.len());
    let (first, second): (Vec<QueuedRotation>, Vec<QueuedRotation>) =
        rotations.into_iter().partition(|(rotate, _)| seen.insert(rotate.session_id));
    let outcome = swap(writer, &first).await;
    for (rotate, reply) in first {
        let _ = reply.send(outcome.as_ref().map(|won| won_or_lost(won, rotate.session_id)).map_err(Clone::clone));
    }
    for (_, reply) in second {
        let _ = reply.send(outcome.as_ref().map(|_| Swap::Lost).map_err(Clone::clone));
    }
}

fn won_or_lost(won: &HashSet<SessionId>, id: SessionId) -> Swap {
    if won.contains(&id) { Swap::Done } else { Swap::Lost }
}

async fn swap(writer: &SqlitePool, rotations: &[QueuedRotation]) -> Result<HashSet<SessionId>, StoreError> {
    let rotations: Vec<_> = rotations
        .iter()
        .map(|(rotate, _)| {
            (
                batch::hex(&rotate.session_id.0),
                rotate.expected,
                rotate.next.generation,
                rotate.next.parent,
                batch::hex(&rotate.next.recently_superseded.to_bytes()),
                rotate.idle_expires_at.millis(),
                rotate.last_used_at.millis(),
                rotate.authenticated_at.map(Timestamp::millis),
            )
        })
        .collect();
    let rows = sqlx::query(ROTATE).bind(batch::json(&rotations)?).fetch_all(writer).await.map_err(unavailable)?;
    rows.iter().map(|row| row.id("id").map(SessionId)).collect()
}
