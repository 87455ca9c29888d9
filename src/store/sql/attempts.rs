//! Attempt counts: an atomic compare-and-swap on all counts of an attempt. The SQL is the same in both dialects.

macro_rules! attempts_sql {
    ($store:ty) => {
        #[async_trait::async_trait]
        impl Attempts for $store {
            async fn attempts(&self, key: AttemptKey) -> Result<Option<Count>, StoreError> {
                let row = sqlx::query("SELECT clean_at, last_at FROM attempts WHERE key = $1")
                    .bind(key.0.as_slice())
                    .fetch_optional(&mut *self.read().await?)
                    .await
                    .map_err(unavailable)?;
                row.as_ref().map(Readable::count).transpose()
            }

            async fn count_attempts(&self, counts: &[CountAttempt]) -> Result<Swap, StoreError> {
                // Sorted: a common lock order prevents deadlocks.
                let mut counts = counts.to_vec();
                counts.sort_unstable_by_key(|count| count.key);
                let mut transaction = self.begin().await?;
                for CountAttempt { key, expected, next } in &counts {
                    let query = match expected {
                        None => sqlx::query(
                            "INSERT INTO attempts (key, clean_at, last_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                        ),
                        Some(_) => sqlx::query(
                            "UPDATE attempts SET clean_at = $2, last_at = $3 \
                             WHERE key = $1 AND clean_at = $4 AND last_at = $5",
                        ),
                    };
                    let query = query.bind(key.0.as_slice()).bind(next.clean_at.millis()).bind(next.last_at.millis());
                    let query = match expected {
                        None => query,
                        Some(count) => query.bind(count.clean_at.millis()).bind(count.last_at.millis()),
                    };
                    if query.execute(&mut *transaction).await.map_err(unavailable)?.rows_affected() == 0 {
                        transaction.rollback().await.map_err(unavailable)?;
                        return Ok(Swap::Lost);
                    }
                }
                transaction.commit().await.map_err(unavailable)?;
                Ok(Swap::Done)
            }

            async fn take_back_attempt(&self, key: AttemptKey, by: Duration) -> Result<(), StoreError> {
                sqlx::query("UPDATE attempts SET clean_at = clean_at - $1 WHERE key = $2")
                    .bind(i64::try_from(by.as_millis()).unwrap_or(i64::from(u32::MAX)))
                    .bind(key.0.as_slice())
                    .execute(&mut *self.write().await?)
                    .await
                    .map_err(unavailable)?;
                Ok(())
            }

            async fn forget_attempts(&self, key: AttemptKey) -> Result<(), StoreError> {
                sqlx::query("DELETE FROM attempts WHERE key = $1")
                    .bind(key.0.as_slice())
                    .execute(&mut *self.write().await?)
                    .await
                    .map_err(unavailable)?;
                Ok(())
            }

            async fn purge_attempts(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
                let purged = sqlx::query(
                    "DELETE FROM attempts WHERE key IN (SELECT key FROM attempts WHERE clean_at <= $1 LIMIT $2)",
                )
                .bind(now.millis())
                .bind(i64::from(limit))
                .execute(&mut *self.write().await?)
                .await
                .map_err(unavailable)?;
                Ok(purged.rows_affected())
            }
        }
    };
}
pub(in crate::store) use attempts_sql;
