//! Batched session lookups (data loader): lookups that arrive while a statement runs are answered together by the next one.
//! Read-your-writes holds: a lookup sees every commit that returned before it was submitted.

use std::collections::HashMap;

use sqlx::SqlitePool;
use tokio::sync::{mpsc, oneshot};

use super::batch;
use crate::store::sql::prelude::*;

type LookupResult = Result<Option<Session>, StoreError>;
type Lookup = (SessionId, oneshot::Sender<LookupResult>);

/// Collects lookups into batches.
pub(super) struct LookupQueue(mpsc::Sender<Lookup>);

impl LookupQueue {
    /// Starts the task that runs the batches. It ends when the store is dropped.
    pub(super) fn start(readers: SqlitePool) -> Self {
        let (sender, mut lookups) = mpsc::channel(batch::QUEUE_MAX);
        tokio::spawn(async move {
            let mut batch: Vec<Lookup> = Vec::with_capacity(batch::BATCH_MAX);
            while lookups.recv_many(&mut batch, batch::BATCH_MAX).await > 0 {
                run(&readers, std::mem::take(&mut batch)).await;
            }
        });
        Self(sender)
    }

    pub(super) async fn session(&self, id: SessionId) -> LookupResult {
        batch::submit(&self.0, id).await
    }
}

async fn run(readers: &SqlitePool, lookups: Vec<Lookup>) {
    let found = find(readers, &lookups).await;
    for (id, reply) in lookups {
        let _ = reply.send(found.as_ref().map(|sessions| sessions.get(&id).cloned()).map_err(Clone::clone));
    }
}

async fn find(readers: &SqlitePool, lookups: &[Lookup]) -> Result<HashMap<SessionId, Session>, StoreError> {
    let ids: Vec<_> = lookups.iter().map(|(id, _)| batch::hex(&id.0)).collect();
    let rows = sqlx::query(select_sessions!("WHERE s.id IN (SELECT unhex(value) FROM json_each($1))"))
        .bind(batch::json(&ids)?)
        .fetch_all(readers)
        .await
        .map_err(unavailable)?;
    rows.iter().map(|row| row.session().map(|session| (session.id, session))).collect()
}
