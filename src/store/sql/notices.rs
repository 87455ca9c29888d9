//! Notices of detected theft. The SQL is the same in both dialects.

macro_rules! notices_sql {
    ($store:ty) => {
        impl $store {
            async fn insert_notice(connection: &mut Conn, notice: &ReuseNotice) -> Result<bool, StoreError> {
                let inserted = sqlx::query(
                    "INSERT INTO notices (session_id, user_id, at, device, session_device, session_created_at) \
                     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
                )
                .bind(notice.session_id.0.as_slice())
                .bind(notice.user_id.0.as_bytes().as_slice())
                .bind(notice.at.millis())
                .bind(&notice.device)
                .bind(&notice.session_device)
                .bind(notice.session_created_at.millis())
                .execute(connection)
                .await
                .map_err(unavailable)?;
                Ok(inserted.rows_affected() == 1)
            }
        }

        #[async_trait::async_trait]
        impl Notices for $store {
            async fn notices_of_user(&self, id: UserId, limit: u32) -> Result<Vec<ReuseNotice>, StoreError> {
                let rows = sqlx::query(
                    "SELECT session_id, user_id, at, device, session_device, session_created_at FROM notices \
                     WHERE user_id = $1 ORDER BY at DESC, session_id LIMIT $2",
                )
                .bind(id.0.as_bytes().as_slice())
                .bind(i64::from(limit))
                .fetch_all(&mut *self.read().await?)
                .await
                .map_err(unavailable)?;
                collect(rows, Readable::notice)
            }

            async fn add_notice(&self, notice: &ReuseNotice, event: &SecurityEvent) -> Result<bool, StoreError> {
                let mut transaction = self.begin().await?;
                let is_first = Self::lock_user(&mut transaction, notice.user_id).await?.is_some()
                    && Self::insert_notice(&mut transaction, notice).await?;
                if is_first {
                    Self::insert_event(&mut transaction, event).await.map_err(unavailable)?;
                    transaction.commit().await.map_err(unavailable)?;
                }
                Ok(is_first)
            }

            async fn dismiss_notice(&self, owner: UserId, session_id: SessionId) -> Result<bool, StoreError> {
                let dismissed = sqlx::query("DELETE FROM notices WHERE session_id = $1 AND user_id = $2")
                    .bind(session_id.0.as_slice())
                    .bind(owner.0.as_bytes().as_slice())
                    .execute(&mut *self.write().await?)
                    .await
                    .map_err(unavailable)?;
                Ok(dismissed.rows_affected() == 1)
            }
        }
    };
}
pub(in crate::store) use notices_sql;
