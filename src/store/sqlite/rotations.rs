//! Turns of the ratchet, committed together. A durable commit waits for the disk, and a statement for its turn on the
//! database's thread; whoever arrives while one is under way joins the next. All turns of a batch are one statement, each
//! still its own compare-and-swap, and none is told before the commit is.

use std::collections::HashSet;

use sqlx::SqlitePool;
use tokio::sync::{mpsc, oneshot};

use super::super::rows::Readable;
use super::super::sql::unavailable;
use super::{Rotate, SessionId, StoreError, Swap, batch};

const ROTATE: &str = "WITH turn AS (SELECT unhex(value ->> 0) AS id, value ->> 1 AS expected, value ->> 2 AS generation, \
     value ->> 3 AS parent, unhex(value ->> 4) AS ring, value ->> 5 AS idle_expires_at, value ->> 6 AS last_used_at, \
     value ->> 7 AS authenticated_at \
     FROM json_each($1)) \
     UPDATE sessions SET generation = turn.generation, parent = turn.parent, ring = turn.ring, \
     idle_expires_at = turn.idle_expires_at, last_used_at = turn.last_used_at, \
     authenticated_at = COALESCE(turn.authenticated_at, sessions.authenticated_at) \
     FROM turn WHERE sessions.id = turn.id AND sessions.generation = turn.expected AND sessions.revoked_at IS NULL \
     RETURNING sessions.id AS id";

type Turn = (Rotate, oneshot::Sender<Result<Swap, StoreError>>);

pub(super) struct Queue(mpsc::Sender<Turn>);

impl Queue {
    /// Ends by itself when the store is dropped.
    pub(super) fn start(writer: SqlitePool) -> Self {
        let (sender, mut turns) = mpsc::channel(batch::WAITING);
        tokio::spawn(async move {
            let mut batch: Vec<Turn> = Vec::with_capacity(batch::MOST);
            while turns.recv_many(&mut batch, batch::MOST).await > 0 {
                commit(&writer, std::mem::take(&mut batch)).await;
            }
        });
        Self(sender)
    }

    pub(super) async fn rotate(&self, rotate: Rotate) -> Result<Swap, StoreError> {
        batch::ask(&self.0, rotate).await
    }
}

/// One turn of each session; a second one of the same session has lost to the first, or decides again.
async fn commit(writer: &SqlitePool, turns: Vec<Turn>) {
    let mut seen = HashSet::with_capacity(turns.len());
    let (first, second): (Vec<Turn>, Vec<Turn>) =
        turns.into_iter().partition(|(rotate, _)| seen.insert(rotate.session_id));
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

async fn swap(writer: &SqlitePool, turns: &[Turn]) -> Result<HashSet<SessionId>, StoreError> {
    let turns: Vec<_> = turns
        .iter()
        .map(|(rotate, _)| {
            (
                batch::hex(&rotate.session_id.0),
                rotate.expected,
                rotate.next.generation,
                rotate.next.parent,
                batch::hex(&rotate.next.ring.to_bytes()),
                rotate.idle_expires_at.millis(),
                rotate.last_used_at.millis(),
                rotate.authenticated_at.map(crate::clock::Timestamp::millis),
            )
        })
        .collect();
    let rows = sqlx::query(ROTATE).bind(batch::json(&turns)?).fetch_all(writer).await.map_err(unavailable)?;
    rows.iter().map(|row| row.id("id").map(SessionId)).collect()
}
