//! User accounts; a unique constraint keeps the e-mail unique. The SQL is the same in both dialects.
//!
//! Lock order, so that no two transactions wait for each other (deadlock): users before their sessions, and of two users the
//! one with the lower id first.

/// A query for users.
macro_rules! select_users {
    ($rest:literal) => {
        concat!("SELECT id, email, email_shown, password_hash, created_at, disabled_at FROM users ", $rest)
    };
}
pub(in crate::store) use select_users;

/// `$lock` is the clause that locks a selected row until the transaction ends; empty where a transaction has the whole
/// database. `$not_ascii` is the condition of the index over addresses that are not ASCII.
macro_rules! users_sql {
    ($store:ty, lock = $lock:literal, not_ascii = $not_ascii:literal) => {
        impl $store {
            /// Locks a user's row; `None` when there is no such user.
            async fn lock_user(connection: &mut Conn, id: UserId) -> Result<Option<LockedUser>, StoreError> {
                let row = sqlx::query(concat!(
                    "SELECT password_hash, disabled_at, session_epoch FROM users WHERE id = $1",
                    $lock
                ))
                .bind(id.0.as_bytes().as_slice())
                .fetch_optional(connection)
                .await
                .map_err(unavailable)?;
                row.as_ref().map(Readable::locked_user).transpose()
            }

            /// Locks the user of a guard, and checks what the guard relies on. Returns the user's session epoch.
            async fn check(connection: &mut Conn, guard: &Guard) -> Result<Result<u64, Stale>, StoreError> {
                let Some(user) = Self::lock_user(connection, guard.user_id).await? else {
                    return Ok(Err(Stale::Account));
                };
                let same_password = guard.verified_hash.as_ref().is_none_or(|hash| *hash == user.password_hash);
                if user.disabled_at.is_some() || !same_password {
                    return Ok(Err(Stale::Account));
                }
                let Some(session_id) = guard.session_id else { return Ok(Ok(user.session_epoch)) };
                let row = sqlx::query(concat!(
                    "SELECT revoked_at, revoked_reason FROM sessions WHERE id = $1 AND user_id = $2",
                    $lock
                ))
                .bind(session_id.0.as_slice())
                .bind(guard.user_id.0.as_bytes().as_slice())
                .fetch_optional(connection)
                .await
                .map_err(unavailable)?;
                Ok(match row.as_ref().map(Readable::revoked).transpose()? {
                    Some(None) => Ok(user.session_epoch),
                    Some(Some(revoked)) => Err(Stale::Session(Some(revoked.reason))),
                    None => Err(Stale::Session(None)),
                })
            }

            async fn insert_user(connection: &mut Conn, user: &UserRecord) -> Result<CreateUser, StoreError> {
                let inserted = sqlx::query(
                    "INSERT INTO users (id, email, password_hash, created_at, disabled_at, email_shown) \
                     VALUES ($1, $2, $3, $4, $5, $6)",
                )
                .bind(user.id.0.as_bytes().as_slice())
                .bind(&user.email_key)
                .bind(&user.password_hash)
                .bind(user.created_at.millis())
                .bind(user.disabled_at.map(Timestamp::millis))
                .bind((user.email != user.email_key).then_some(&user.email))
                .execute(connection)
                .await;
                match inserted {
                    Ok(_) => Ok(CreateUser::Created),
                    Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Ok(CreateUser::EmailTaken),
                    Err(error) => Err(unavailable(error)),
                }
            }
        }

        impl $store {
            /// Gives a user another key; `false` when another user has it, or the user has changed.
            async fn set_email_key(
                connection: &mut Conn,
                id: UserId,
                stored: &str,
                key: &str,
            ) -> Result<bool, StoreError> {
                connection.execute("SAVEPOINT step").await.map_err(unavailable)?;
                let updated = sqlx::query(
                    "UPDATE users SET email = $1, email_shown = $2 WHERE id = $3 AND email = $2 \
                     AND NOT EXISTS (SELECT 1 FROM users WHERE email = $1)",
                )
                .bind(key)
                .bind(stored)
                .bind(id.0.as_bytes().as_slice())
                .execute(&mut *connection)
                .await;
                match updated {
                    Ok(updated) => {
                        connection.execute("RELEASE SAVEPOINT step").await.map_err(unavailable)?;
                        Ok(updated.rows_affected() == 1)
                    }
                    // Somebody took it in between.
                    Err(sqlx::Error::Database(error)) if error.is_unique_violation() => {
                        connection.execute("ROLLBACK TO SAVEPOINT step").await.map_err(unavailable)?;
                        Ok(false)
                    }
                    Err(error) => Err(unavailable(error)),
                }
            }
        }

        #[async_trait::async_trait]
        impl Users for $store {
            async fn create_user(&self, user: &UserRecord) -> Result<CreateUser, StoreError> {
                Self::insert_user(&mut *self.write().await?, user).await
            }

            async fn register(
                &self,
                user: &UserRecord,
                event: &SecurityEvent,
                open: &OpenSession,
            ) -> Result<Register, StoreError> {
                let mut transaction = self.begin().await?;
                if Self::insert_user(&mut transaction, user).await? == CreateUser::EmailTaken {
                    return Ok(Register::EmailTaken);
                }
                Self::insert_event(&mut transaction, event).await.map_err(unavailable)?;
                let opened = Self::insert_session(&mut transaction, open).await?;
                let opened = opened.map_err(|_| StoreError::Corrupt("a new user is not as written".into()))?;
                transaction.commit().await.map_err(unavailable)?;
                Ok(Register::Registered(opened))
            }

            async fn user_by_email(&self, key: &str) -> Result<Option<UserRecord>, StoreError> {
                let row = sqlx::query(select_users!("WHERE email = $1"))
                    .bind(key)
                    .fetch_optional(&mut *self.read().await?)
                    .await
                    .map_err(unavailable)?;
                row.as_ref().map(Readable::user).transpose()
            }

            async fn user(&self, id: UserId) -> Result<Option<UserRecord>, StoreError> {
                let row = sqlx::query(select_users!("WHERE id = $1"))
                    .bind(id.0.as_bytes().as_slice())
                    .fetch_optional(&mut *self.read().await?)
                    .await
                    .map_err(unavailable)?;
                row.as_ref().map(Readable::user).transpose()
            }

            async fn users_after(&self, last: UserId, limit: u32) -> Result<Vec<UserRecord>, StoreError> {
                let rows = sqlx::query(select_users!("WHERE id > $1 ORDER BY id LIMIT $2"))
                    .bind(last.0.as_bytes().as_slice())
                    .bind(i64::from(limit))
                    .fetch_all(&mut *self.read().await?)
                    .await
                    .map_err(unavailable)?;
                collect(rows, Readable::user)
            }

            async fn change_password(
                &self,
                change: &ChangePassword,
            ) -> Result<Result<Option<EndedAll>, Stale>, StoreError> {
                let mut transaction = self.begin().await?;
                if let Err(stale) = Self::check(&mut transaction, &change.guard).await? {
                    return Ok(Err(stale));
                }
                let id = change.guard.user_id;
                sqlx::query("UPDATE users SET password_hash = $1, password_submission = $3 WHERE id = $2")
                    .bind(&change.password_hash)
                    .bind(id.0.as_bytes().as_slice())
                    .bind(change.submission.as_ref().map(Submission::as_bytes))
                    .execute(&mut *transaction)
                    .await
                    .map_err(unavailable)?;
                Self::insert_event(&mut transaction, &change.event).await.map_err(unavailable)?;
                let ended = match &change.end {
                    Some(end) => Some(Self::end_all(&mut transaction, id, end).await?),
                    None => None,
                };
                transaction.commit().await.map_err(unavailable)?;
                Ok(Ok(ended))
            }

            async fn password_was_set_by(&self, id: UserId, submission: &Submission) -> Result<bool, StoreError> {
                self.is_there("SELECT 1 FROM users WHERE id = $1 AND password_submission = $2", id, submission).await
            }

            async fn change_email(
                &self,
                guard: &Guard,
                email: &Email,
                event: &SecurityEvent,
            ) -> Result<Result<bool, Stale>, StoreError> {
                let mut transaction = self.begin().await?;
                if let Err(stale) = Self::check(&mut transaction, guard).await? {
                    return Ok(Err(stale));
                }
                let updated = sqlx::query("UPDATE users SET email = $1, email_shown = $2 WHERE id = $3")
                    .bind(email.as_str())
                    .bind((email.shown() != email.as_str()).then_some(email.shown()))
                    .bind(guard.user_id.0.as_bytes().as_slice())
                    .execute(&mut *transaction)
                    .await;
                match updated {
                    Ok(_) => {}
                    Err(sqlx::Error::Database(error)) if error.is_unique_violation() => return Ok(Ok(false)),
                    Err(error) => return Err(unavailable(error)),
                }
                Self::insert_event(&mut transaction, event).await.map_err(unavailable)?;
                transaction.commit().await.map_err(unavailable)?;
                Ok(Ok(true))
            }

            async fn replace_hash(&self, id: UserId, verified: &str, hash: &str) -> Result<bool, StoreError> {
                let updated = sqlx::query("UPDATE users SET password_hash = $1 WHERE id = $2 AND password_hash = $3")
                    .bind(hash)
                    .bind(id.0.as_bytes().as_slice())
                    .bind(verified)
                    .execute(&mut *self.write().await?)
                    .await
                    .map_err(unavailable)?;
                Ok(updated.rows_affected() == 1)
            }

            async fn settle_emails(&self, key_of: EmailKeyOf) -> Result<Vec<EmailClash>, StoreError> {
                let mut transaction = self.begin().await?;
                let rows =
                    sqlx::query(concat!("SELECT id, email FROM users WHERE ", $not_ascii, " ORDER BY created_at, id"))
                        .fetch_all(&mut *transaction)
                        .await
                        .map_err(unavailable)?;
                let mut clashes = Vec::new();
                for row in rows {
                    let (user_id, email) = (row.user_id("id")?, row.text("email")?);
                    let Some(key) = key_of(&email).filter(|key| *key != email) else { continue };
                    if Self::set_email_key(&mut transaction, user_id, &email, &key).await? {
                        continue;
                    }
                    let other = sqlx::query("SELECT id FROM users WHERE email = $1")
                        .bind(&key)
                        .fetch_optional(&mut *transaction)
                        .await
                        .map_err(unavailable)?;
                    if let Some(other) = other.map(|row| row.user_id("id")).transpose()?
                        && other != user_id
                    {
                        clashes.push(EmailClash { user_id, email, other });
                    }
                }
                transaction.commit().await.map_err(unavailable)?;
                Ok(clashes)
            }

            async fn disable_user(&self, id: UserId, end: &EndAll) -> Result<Option<EndedAll>, StoreError> {
                let mut transaction = self.begin().await?;
                if Self::lock_user(&mut transaction, id).await?.is_none() {
                    return Ok(None);
                }
                sqlx::query("UPDATE users SET disabled_at = $1 WHERE id = $2")
                    .bind(end.event.at.millis())
                    .bind(id.0.as_bytes().as_slice())
                    .execute(&mut *transaction)
                    .await
                    .map_err(unavailable)?;
                let ended = Self::end_all(&mut transaction, id, end).await?;
                transaction.commit().await.map_err(unavailable)?;
                Ok(Some(ended))
            }

            async fn enable_user(&self, id: UserId) -> Result<(), StoreError> {
                sqlx::query("UPDATE users SET disabled_at = NULL WHERE id = $1")
                    .bind(id.0.as_bytes().as_slice())
                    .execute(&mut *self.write().await?)
                    .await
                    .map_err(unavailable)?;
                Ok(())
            }

            async fn delete_user(
                &self,
                guard: &Guard,
                end: &EndAll,
            ) -> Result<Result<UserRevocation, Stale>, StoreError> {
                let mut transaction = self.begin().await?;
                if let Err(stale) = Self::check(&mut transaction, guard).await? {
                    return Ok(Err(stale));
                }
                Self::allow_time(&mut transaction).await?;
                let revocation = Self::begin_epoch(&mut transaction, guard.user_id, end).await?;
                sqlx::query("DELETE FROM users WHERE id = $1")
                    .bind(guard.user_id.0.as_bytes().as_slice())
                    .execute(&mut *transaction)
                    .await
                    .map_err(unavailable)?;
                Self::insert_event(&mut transaction, &end.event).await.map_err(unavailable)?;
                transaction.commit().await.map_err(unavailable)?;
                Ok(Ok(revocation))
            }
        }
    };
}
pub(in crate::store) use users_sql;
