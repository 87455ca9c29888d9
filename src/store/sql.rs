//! The operations whose SQL is the same in both dialects, written once. `sql_store!` makes the whole `impl Store` of a
//! database from them and from the few operations each database does its own way.

use super::StoreError;

/// Whatever the database refused: trying again later is safe, and nothing was decided.
pub(super) fn unavailable(error: sqlx::Error) -> StoreError {
    StoreError::Unavailable(error.to_string())
}

/// A query for whole sessions, with what the user's row says about them.
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
pub(super) use select_sessions;

/// `impl Store for $store`: the shared operations, and `$own` beside them. `$store` has `read()` and `write()`, each giving
/// a connection.
macro_rules! sql_store {
    ($store:ty { $($own:item)* }) => {
        #[async_trait::async_trait]
        impl Store for $store {
            $($own)*

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
                let row = sqlx::query(
                    "SELECT id, email, password_hash, created_at, disabled_at FROM users WHERE email = $1",
                )
                .bind(email)
                .fetch_optional(&mut *self.read().await?)
                .await
                .map_err(unavailable)?;
                row.as_ref().map(Readable::user).transpose()
            }

            async fn user(&self, id: UserId) -> Result<Option<UserRecord>, StoreError> {
                let row = sqlx::query(
                    "SELECT id, email, password_hash, created_at, disabled_at FROM users WHERE id = $1",
                )
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

            async fn create_session(&self, session: &Session) -> Result<(), StoreError> {
                sqlx::query(
                    "INSERT INTO sessions (id, user_id, salt, generation, parent, ring, created_at, last_used_at, \
                     idle_expires_at, absolute_expires_at, device, authenticated_at) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
                )
                .bind(session.id.0.as_slice())
                .bind(session.user_id.0.as_bytes().as_slice())
                .bind(session.salt.0.as_slice())
                .bind(i64::from(session.ratchet.generation))
                .bind(session.ratchet.parent.map(i64::from))
                .bind(session.ratchet.ring.to_bytes())
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

            async fn found_signing_keys(&self, active: &StoredKey, next: &StoredKey) -> Result<(), StoreError> {
                let mut connection = self.write().await?;
                let mut transaction = connection.begin().await.map_err(unavailable)?;
                for key in [active, next] {
                    sqlx::query(
                        "INSERT INTO signing_keys (kid, state, sealed, created_at, activated_at) \
                         VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
                    )
                    .bind(&key.kid)
                    .bind(key.state.as_str())
                    .bind(&key.sealed)
                    .bind(key.created_at.millis())
                    .bind(key.activated_at.map(Timestamp::millis))
                    .execute(&mut *transaction)
                    .await
                    .map_err(unavailable)?;
                }
                transaction.commit().await.map_err(unavailable)
            }

            async fn turn_signing_keys(
                &self,
                expected_active: &str,
                new_next: &StoredKey,
                at: Timestamp,
            ) -> Result<bool, StoreError> {
                let mut connection = self.write().await?;
                let mut transaction = connection.begin().await.map_err(unavailable)?;
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
                sqlx::query("INSERT INTO signing_keys (kid, state, sealed, created_at) VALUES ($1, $2, $3, $4)")
                    .bind(&new_next.kid)
                    .bind(new_next.state.as_str())
                    .bind(&new_next.sealed)
                    .bind(new_next.created_at.millis())
                    .execute(&mut *transaction)
                    .await
                    .map_err(unavailable)?;
                Self::announce_keys(&mut transaction).await?;
                transaction.commit().await.map_err(unavailable)?;
                Ok(true)
            }

            async fn forget_retired_keys(&self, before: Timestamp) -> Result<u64, StoreError> {
                let forgotten = sqlx::query("DELETE FROM signing_keys WHERE state = 'retired' AND retired_at <= $1")
                    .bind(before.millis())
                    .execute(&mut *self.write().await?)
                    .await
                    .map_err(unavailable)?;
                Ok(forgotten.rows_affected())
            }

            async fn notes(&self, owner: UserId) -> Result<Vec<Note>, StoreError> {
                let rows = sqlx::query(
                    "SELECT id, title, body, updated_at FROM notes WHERE owner_id = $1 \
                     ORDER BY updated_at DESC, id DESC",
                )
                .bind(owner.0.as_bytes().as_slice())
                .fetch_all(&mut *self.read().await?)
                .await
                .map_err(unavailable)?;
                collect(rows, Readable::note)
            }

            async fn create_note(&self, owner: UserId, note: &Note) -> Result<bool, StoreError> {
                let written = sqlx::query(
                    "INSERT INTO notes (id, owner_id, title, body, updated_at) VALUES ($1, $2, $3, $4, $5) \
                     ON CONFLICT (id) DO UPDATE SET title = excluded.title, body = excluded.body, \
                     updated_at = excluded.updated_at WHERE notes.owner_id = excluded.owner_id",
                )
                .bind(&note.id)
                .bind(owner.0.as_bytes().as_slice())
                .bind(&note.title)
                .bind(&note.body)
                .bind(note.updated_at.millis())
                .execute(&mut *self.write().await?)
                .await
                .map_err(unavailable)?;
                Ok(written.rows_affected() == 1)
            }

            async fn update_note(&self, owner: UserId, note: &Note) -> Result<bool, StoreError> {
                let updated = sqlx::query(
                    "UPDATE notes SET title = $1, body = $2, updated_at = $3 WHERE id = $4 AND owner_id = $5",
                )
                .bind(&note.title)
                .bind(&note.body)
                .bind(note.updated_at.millis())
                .bind(&note.id)
                .bind(owner.0.as_bytes().as_slice())
                .execute(&mut *self.write().await?)
                .await
                .map_err(unavailable)?;
                Ok(updated.rows_affected() == 1)
            }

            async fn delete_note(&self, owner: UserId, id: &str) -> Result<bool, StoreError> {
                let deleted = sqlx::query("DELETE FROM notes WHERE id = $1 AND owner_id = $2")
                    .bind(id)
                    .bind(owner.0.as_bytes().as_slice())
                    .execute(&mut *self.write().await?)
                    .await
                    .map_err(unavailable)?;
                Ok(deleted.rows_affected() == 1)
            }

            async fn attempts(&self, key: AttemptKey) -> Result<Option<Count>, StoreError> {
                let row = sqlx::query("SELECT clean_at, last_at FROM attempts WHERE key = $1")
                    .bind(key.0.as_slice())
                    .fetch_optional(&mut *self.read().await?)
                    .await
                    .map_err(unavailable)?;
                row.as_ref().map(Readable::count).transpose()
            }

            async fn count_attempts(&self, counts: &[CountAttempt]) -> Result<Swap, StoreError> {
                // In one order, so that two callers never wait for each other.
                let mut counts = counts.to_vec();
                counts.sort_unstable_by_key(|count| count.key);
                let mut connection = self.write().await?;
                let mut transaction = connection.begin().await.map_err(unavailable)?;
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

            async fn append_event(&self, event: &SecurityEvent) -> Result<(), StoreError> {
                sqlx::query(
                    "INSERT INTO security_events (at, kind, user_id, session_id, device, detail) \
                     VALUES ($1, $2, $3, $4, $5, $6)",
                )
                .bind(event.at.millis())
                .bind(event.kind.as_str())
                .bind(event.user_id.map(|id| id.0.as_bytes().to_vec()))
                .bind(event.session_id.map(|id| id.0.to_vec()))
                .bind(&event.device)
                .bind(&event.detail)
                .execute(&mut *self.write().await?)
                .await
                .map_err(unavailable)?;
                Ok(())
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

            async fn add_notice(&self, notice: &ReuseNotice) -> Result<(), StoreError> {
                sqlx::query(
                    "INSERT INTO notices (session_id, user_id, at, device, session_device, session_created_at) \
                     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
                )
                .bind(notice.session_id.0.as_slice())
                .bind(notice.user_id.0.as_bytes().as_slice())
                .bind(notice.at.millis())
                .bind(&notice.device)
                .bind(&notice.session_device)
                .bind(notice.session_created_at.millis())
                .execute(&mut *self.write().await?)
                .await
                .map_err(unavailable)?;
                Ok(())
            }

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

            async fn dismiss_notice(&self, owner: UserId, session_id: SessionId) -> Result<bool, StoreError> {
                let dismissed = sqlx::query("DELETE FROM notices WHERE session_id = $1 AND user_id = $2")
                    .bind(session_id.0.as_slice())
                    .bind(owner.0.as_bytes().as_slice())
                    .execute(&mut *self.write().await?)
                    .await
                    .map_err(unavailable)?;
                Ok(dismissed.rows_affected() == 1)
            }

            async fn ping(&self) -> Result<(), StoreError> {
                sqlx::query("SELECT 1").execute(&mut *self.read().await?).await.map_err(unavailable)?;
                Ok(())
            }
        }
    };
}
pub(super) use sql_store;
