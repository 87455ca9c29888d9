//! Sessions: the operations whose SQL is the same in both dialects. Rotation, lookup, revocation and purge differ, so each
//! database has its own.

/// A query for sessions joined with their users.
macro_rules! select_sessions {
    ($rest:literal) => {
        concat!(
            "SELECT s.id, s.user_id, u.email, u.disabled_at, s.salt, s.generation, s.parent, s.ring, s.created_at, ",
            "COALESCE(s.authenticated_at, s.created_at) AS authenticated_at, ",
            "s.last_used_at, s.idle_expires_at, s.absolute_expires_at, s.revoked_at, s.revoked_reason, s.device ",
            "FROM sessions s JOIN users u ON u.id = s.user_id ",
            $rest
        )
    };
}
pub(in crate::store) use select_sessions;

/// Implements the port from the shared operations and from `$own`, those of one database.
macro_rules! sessions_sql {
    ($store:ty { $($own:item)* }) => {
        #[async_trait::async_trait]
        impl Sessions for $store {
            $($own)*

            async fn create_session(&self, session: &Session) -> Result<(), StoreError> {
                sqlx::query(
                    "INSERT INTO sessions (id, user_id, salt, generation, parent, ring, created_at, last_used_at, \
                     idle_expires_at, absolute_expires_at, device, authenticated_at) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
                )
                .bind(session.id.0.as_slice())
                .bind(session.user_id.0.as_bytes().as_slice())
                .bind(session.salt.0.as_slice())
                .bind(i64::from(session.rotation.generation))
                .bind(session.rotation.parent.map(i64::from))
                .bind(session.rotation.recently_superseded.to_bytes())
                .bind(session.created_at.millis())
                .bind(session.last_used_at.millis())
                .bind(session.idle_expires_at.millis())
                .bind(session.absolute_expires_at.millis())
                .bind(&session.device)
                .bind(session.authenticated_at.millis())
                .execute(&mut *self.write().await?)
                .await
                .map_err(unavailable)?;
                Ok(())
            }

            async fn sessions_of_user(&self, id: UserId) -> Result<Vec<Session>, StoreError> {
                let rows = sqlx::query(select_sessions!("WHERE s.user_id = $1 ORDER BY s.last_used_at DESC"))
                    .bind(id.0.as_bytes().as_slice())
                    .fetch_all(&mut *self.read().await?)
                    .await
                    .map_err(unavailable)?;
                collect(rows, Readable::session)
            }

            async fn revoked_since(&self, since: Timestamp) -> Result<Vec<Revocation>, StoreError> {
                let rows = sqlx::query(
                    "SELECT id, revoked_at, revoked_reason FROM sessions WHERE revoked_at >= $1 \
                     UNION ALL SELECT id, revoked_at, revoked_reason FROM ended_sessions WHERE revoked_at >= $1",
                )
                .bind(since.millis())
                .fetch_all(&mut *self.read().await?)
                .await
                .map_err(unavailable)?;
                collect(rows, Readable::revocation)
            }

            async fn purge_ended(&self, before: Timestamp) -> Result<u64, StoreError> {
                let purged = sqlx::query("DELETE FROM ended_sessions WHERE revoked_at < $1")
                    .bind(before.millis())
                    .execute(&mut *self.write().await?)
                    .await
                    .map_err(unavailable)?;
                Ok(purged.rows_affected())
            }
        }
    };
}
pub(in crate::store) use sessions_sql;
