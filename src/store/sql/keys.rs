//! Signing keys and their rotation. The SQL is the same in both dialects.

macro_rules! insert_key {
    ($connection:expr, $key:expr, $conflict:literal) => {
        sqlx::query(concat!(
            "INSERT INTO signing_keys (kid, state, sealed, created_at, activated_at) VALUES ($1, $2, $3, $4, $5)",
            $conflict
        ))
        .bind(&$key.kid)
        .bind($key.state.as_str())
        .bind(&$key.sealed)
        .bind($key.created_at.millis())
        .bind($key.activated_at.map(Timestamp::millis))
        .execute($connection)
        .await
        .map_err(unavailable)?
    };
}
pub(in crate::store) use insert_key;

macro_rules! keys_sql {
    ($store:ty) => {
        #[async_trait::async_trait]
        impl SigningKeys for $store {
            async fn signing_keys(&self) -> Result<Vec<StoredKey>, StoreError> {
                let rows = sqlx::query(
                    "SELECT kid, state, sealed, created_at, activated_at, retired_at FROM signing_keys \
                     ORDER BY created_at, kid",
                )
                .fetch_all(&mut *self.read().await?)
                .await
                .map_err(unavailable)?;
                collect(rows, Readable::signing_key)
            }

            async fn create_first_signing_keys(&self, active: &StoredKey, next: &StoredKey) -> Result<(), StoreError> {
                let mut transaction = self.begin().await?;
                for key in [active, next] {
                    $crate::store::sql::keys::insert_key!(&mut *transaction, key, " ON CONFLICT DO NOTHING");
                }
                transaction.commit().await.map_err(unavailable)
            }

            async fn replace_signing_keys(&self, active: &StoredKey, next: &StoredKey) -> Result<(), StoreError> {
                let mut transaction = self.begin().await?;
                sqlx::query("DELETE FROM signing_keys").execute(&mut *transaction).await.map_err(unavailable)?;
                for key in [active, next] {
                    $crate::store::sql::keys::insert_key!(&mut *transaction, key, "");
                }
                Self::notify_key_rotation(&mut transaction).await?;
                transaction.commit().await.map_err(unavailable)
            }

            async fn rotate_signing_keys(
                &self,
                expected_active: &str,
                new_next: &StoredKey,
                at: Timestamp,
            ) -> Result<bool, StoreError> {
                let mut transaction = self.begin().await?;
                let retired = sqlx::query(
                    "UPDATE signing_keys SET state = 'retired', retired_at = $1 WHERE kid = $2 AND state = 'active'",
                )
                .bind(at.millis())
                .bind(expected_active)
                .execute(&mut *transaction)
                .await
                .map_err(unavailable)?;
                if retired.rows_affected() == 0 {
                    return Ok(false);
                }
                sqlx::query("UPDATE signing_keys SET state = 'active', activated_at = $1 WHERE state = 'next'")
                    .bind(at.millis())
                    .execute(&mut *transaction)
                    .await
                    .map_err(unavailable)?;
                $crate::store::sql::keys::insert_key!(&mut *transaction, new_next, "");
                Self::notify_key_rotation(&mut transaction).await?;
                transaction.commit().await.map_err(unavailable)?;
                Ok(true)
            }

            async fn forget_retired_keys(&self, before: Timestamp) -> Result<u64, StoreError> {
                let mut transaction = self.begin().await?;
                let forgotten = sqlx::query("DELETE FROM signing_keys WHERE state = 'retired' AND retired_at <= $1")
                    .bind(before.millis())
                    .execute(&mut *transaction)
                    .await
                    .map_err(unavailable)?;
                if forgotten.rows_affected() > 0 {
                    Self::notify_key_rotation(&mut transaction).await?;
                }
                transaction.commit().await.map_err(unavailable)?;
                Ok(forgotten.rows_affected())
            }
        }
    };
}
pub(in crate::store) use keys_sql;
