//! Sessions looked up together: every refresh reads its row, and rows that are asked for while the database is busy come
//! with one statement. A lookup sees at least every commit that was told before it was asked.

use std::collections::HashMap;

use sqlx::SqlitePool;
use tokio::sync::{mpsc, oneshot};

use super::super::rows::Readable;
use super::super::sql::{select_sessions, unavailable};
use super::{Session, SessionId, StoreError, batch};

type Found = Result<Option<Session>, StoreError>;
type Lookup = (SessionId, oneshot::Sender<Found>);

pub(super) struct Queue(mpsc::Sender<Lookup>);

impl Queue {
    /// Ends by itself when the store is dropped.
    pub(super) fn start(readers: SqlitePool) -> Self {
        let (sender, mut lookups) = mpsc::channel(batch::WAITING);
        tokio::spawn(async move {
            let mut batch: Vec<Lookup> = Vec::with_capacity(batch::MOST);
            while lookups.recv_many(&mut batch, batch::MOST).await > 0 {
                answer(&readers, std::mem::take(&mut batch)).await;
            }
        });
        Self(sender)
    }

    pub(super) async fn session(&self, id: SessionId) -> Found {
        batch::ask(&self.0, id).await
    }
}

async fn answer(readers: &SqlitePool, lookups: Vec<Lookup>) {
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
