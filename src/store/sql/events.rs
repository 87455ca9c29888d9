//! Security events (audit log). The SQL is the same in both dialects.

macro_rules! events_sql {
    ($store:ty) => {
        impl $store {
            async fn insert_event(connection: &mut Conn, event: &SecurityEvent) -> Result<(), sqlx::Error> {
                let inserted = sqlx::query(
                    "INSERT INTO security_events (at, kind, user_id, session_id, device, detail) \
                     VALUES ($1, $2, $3, $4, $5, $6)",
                )
                .bind(event.at.millis())
                .bind(event.kind.as_str())
                .bind(event.user_id.map(|id| id.0.as_bytes().to_vec()))
                .bind(event.session_id.map(|id| id.0.to_vec()))
                .bind(&event.device)
                .bind(&event.detail)
                .execute(connection)
                .await;
                inserted.map(drop)
            }
        }

        #[async_trait::async_trait]
        impl Events for $store {
            async fn append_event(&self, event: &SecurityEvent) -> Result<(), StoreError> {
                match Self::insert_event(&mut *self.write().await?, event).await {
                    // Deleted since the event happened: the events of the user are gone as well.
                    Err(sqlx::Error::Database(error)) if error.is_foreign_key_violation() => Ok(()),
                    outcome => outcome.map_err(unavailable),
                }
            }

            async fn events_of_user(&self, id: UserId, limit: u32) -> Result<Vec<SecurityEvent>, StoreError> {
                let rows = sqlx::query(
                    "SELECT at, kind, user_id, session_id, device, detail FROM security_events WHERE user_id = $1 \
                     ORDER BY at DESC, id DESC LIMIT $2",
                )
                .bind(id.0.as_bytes().as_slice())
                .bind(i64::from(limit))
                .fetch_all(&mut *self.read().await?)
                .await
                .map_err(unavailable)?;
                collect(rows, Readable::event)
            }

            async fn purge_events(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
                let purged = sqlx::query(
                    "DELETE FROM security_events WHERE id IN (SELECT id FROM security_events WHERE at < $1 \
                     ORDER BY at LIMIT $2)",
                )
                .bind(before.millis())
                .bind(i64::from(limit))
                .execute(&mut *self.write().await?)
                .await
                .map_err(unavailable)?;
                Ok(purged.rows_affected())
            }
        }
    };
}
pub(in crate::store) use events_sql;
