//! User accounts; a unique constraint keeps the e-mail unique. The SQL is the same in both dialects.

macro_rules! users_sql {
    ($store:ty) => {
        #[async_trait::async_trait]
        impl Users for $store {
            async fn create_user(&self, user: &UserRecord) -> Result<CreateUser, StoreError> {
                let inserted = sqlx::query(
                    "INSERT INTO users (id, email, password_hash, created_at, disabled_at) \
                     VALUES ($1, $2, $3, $4, $5)",
                )
                .bind(user.id.0.as_bytes().as_slice())
                .bind(&user.email)
                .bind(&user.password_hash)
                .bind(user.created_at.millis())
                .bind(user.disabled_at.map(Timestamp::millis))
                .execute(&mut *self.write().await?)
                .await;
                match inserted {
                    Ok(_) => Ok(CreateUser::Created),
                    Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Ok(CreateUser::EmailTaken),
                    Err(error) => Err(unavailable(error)),
                }
            }

            async fn user_by_email(&self, email: &str) -> Result<Option<UserRecord>, StoreError> {
                let row =
                    sqlx::query("SELECT id, email, password_hash, created_at, disabled_at FROM users WHERE email = $1")
                        .bind(email)
                        .fetch_optional(&mut *self.read().await?)
                        .await
                        .map_err(unavailable)?;
                row.as_ref().map(Readable::user).transpose()
            }

            async fn user(&self, id: UserId) -> Result<Option<UserRecord>, StoreError> {
                let row =
                    sqlx::query("SELECT id, email, password_hash, created_at, disabled_at FROM users WHERE id = $1")
                        .bind(id.0.as_bytes().as_slice())
                        .fetch_optional(&mut *self.read().await?)
                        .await
                        .map_err(unavailable)?;
                row.as_ref().map(Readable::user).transpose()
            }

            async fn set_password(&self, id: UserId, password_hash: &str) -> Result<(), StoreError> {
                sqlx::query("UPDATE users SET password_hash = $1 WHERE id = $2")
                    .bind(password_hash)
                    .bind(id.0.as_bytes().as_slice())
                    .execute(&mut *self.write().await?)
                    .await
                    .map_err(unavailable)?;
                Ok(())
            }

            async fn set_email(&self, id: UserId, email: &str) -> Result<bool, StoreError> {
                let updated = sqlx::query("UPDATE users SET email = $1 WHERE id = $2")
                    .bind(email)
                    .bind(id.0.as_bytes().as_slice())
                    .execute(&mut *self.write().await?)
                    .await;
                match updated {
                    Ok(_) => Ok(true),
                    Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Ok(false),
                    Err(error) => Err(unavailable(error)),
                }
            }

            async fn set_disabled(&self, id: UserId, at: Option<Timestamp>) -> Result<(), StoreError> {
                sqlx::query("UPDATE users SET disabled_at = $1 WHERE id = $2")
                    .bind(at.map(Timestamp::millis))
                    .bind(id.0.as_bytes().as_slice())
                    .execute(&mut *self.write().await?)
                    .await
                    .map_err(unavailable)?;
                Ok(())
            }

            async fn delete_user(&self, id: UserId) -> Result<(), StoreError> {
                let mut connection = self.write().await?;
                let mut transaction = connection.begin().await.map_err(unavailable)?;
                sqlx::query(
                    "INSERT INTO ended_sessions (id, revoked_at, revoked_reason) \
                     SELECT id, revoked_at, revoked_reason FROM sessions \
                     WHERE user_id = $1 AND revoked_at IS NOT NULL",
                )
                .bind(id.0.as_bytes().as_slice())
                .execute(&mut *transaction)
                .await
                .map_err(unavailable)?;
                sqlx::query("DELETE FROM users WHERE id = $1")
                    .bind(id.0.as_bytes().as_slice())
                    .execute(&mut *transaction)
                    .await
                    .map_err(unavailable)?;
                transaction.commit().await.map_err(unavailable)
            }
        }
    };
}
pub(in crate::store) use users_sql;
