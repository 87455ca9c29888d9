//! Turns of the ratchet, committed together. A durable commit waits for the disk; whoever arrives while one is under way
//! joins the next. Each turn is still its own compare-and-swap, and none is told before its commit is.

use sqlx::{SqliteConnection, SqlitePool};
use tokio::sync::{mpsc, oneshot};

use super::super::sql::{ROTATE, unavailable};
use super::{Rotate, StoreError, Swap};

/// Most turns in one commit, and most that wait for the next.
const BATCH: usize = 256;
const WAITING: usize = 4096;

struct Turn {
    rotate: Rotate,
    reply: oneshot::Sender<Result<Swap, StoreError>>,
}

pub(super) struct Queue(mpsc::Sender<Turn>);

impl Queue {
    /// Ends by itself when the store is dropped.
    pub(super) fn start(writer: SqlitePool) -> Self {
        let (sender, mut turns) = mpsc::channel(WAITING);
        tokio::spawn(async move {
            let mut batch: Vec<Turn> = Vec::with_capacity(BATCH);
            while turns.recv_many(&mut batch, BATCH).await > 0 {
                commit(&writer, std::mem::take(&mut batch)).await;
            }
        });
        Self(sender)
    }

    pub(super) async fn rotate(&self, rotate: Rotate) -> Result<Swap, StoreError> {
        let (reply, answer) = oneshot::channel();
        let closed = || StoreError::Unavailable("the database is closing".into());
        self.0.send(Turn { rotate, reply }).await.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }
}

async fn commit(writer: &SqlitePool, batch: Vec<Turn>) {
    match apply(writer, &batch).await {
        Ok(swaps) => batch.into_iter().zip(swaps).for_each(|(turn, swap)| drop(turn.reply.send(Ok(swap)))),
        Err(error) => {
            for turn in batch {
                let _ = turn.reply.send(Err(error.clone()));
            }
        }
    }
}

/// The transaction is opened and closed by hand: a commit that fails (a full disk) leaves it open, and must be rolled back
/// before the connection is used again.
async fn apply(writer: &SqlitePool, batch: &[Turn]) -> Result<Vec<Swap>, StoreError> {
    let mut writer = writer.acquire().await.map_err(unavailable)?;
    sqlx::query("BEGIN IMMEDIATE").execute(&mut *writer).await.map_err(unavailable)?;
    let outcome = swap(&mut writer, batch).await;
    if outcome.is_err() {
        // SQLite may have rolled back by itself already; then there is nothing to do.
        let _ = sqlx::query("ROLLBACK").execute(&mut *writer).await;
    }
    outcome.map_err(unavailable)
}

async fn swap(writer: &mut SqliteConnection, batch: &[Turn]) -> Result<Vec<Swap>, sqlx::Error> {
    let mut swaps = Vec::with_capacity(batch.len());
    for Turn { rotate, .. } in batch {
        let updated = sqlx::query(ROTATE)
            .bind(i64::from(rotate.next.generation))
            .bind(rotate.next.parent.map(i64::from))
            .bind(rotate.next.ring.to_bytes())
            .bind(rotate.idle_expires_at.millis())
            .bind(rotate.last_used_at.millis())
            .bind(rotate.session_id.0.as_slice())
            .bind(i64::from(rotate.expected))
            .execute(&mut *writer)
            .await?;
        swaps.push(if updated.rows_affected() == 1 { Swap::Done } else { Swap::Lost });
    }
    sqlx::query("COMMIT").execute(writer).await?;
    Ok(swaps)
}
