//! Sessions: the operations whose SQL is the same in both dialects. Rotation in batches and purge differ, so each database has
//! its own.
//!
//! Why so long: the steps and the operations made of them are one macro for each database.

use crate::auth::store::StoreError;

/// A query for sessions joined with their users.
macro_rules! select_sessions {
    ($rest:literal) => {
        concat!(
            "SELECT s.id, s.user_id, u.email, u.email_shown, u.disabled_at, u.session_epoch, s.salt, s.generation, s.parent, s.ring, ",
            "s.created_at, COALESCE(s.authenticated_at, s.created_at) AS authenticated_at, ",
            "s.last_used_at, s.idle_expires_at, s.absolute_expires_at, s.revoked_at, s.revoked_reason, s.device, s.binding ",
            "FROM sessions s JOIN users u ON u.id = s.user_id ",
            $rest
        )
    };
}
pub(in crate::store) use select_sessions;

/// Its columns in their order.
pub(in crate::store) const SESSION_COLUMNS: [&str; 19] = [
    "id",
    "user_id",
    "email",
    "email_shown",
    "disabled_at",
    "session_epoch",
    "salt",
    "generation",
    "parent",
    "ring",
    "created_at",
    "authenticated_at",
    "last_used_at",
    "idle_expires_at",
    "absolute_expires_at",
    "revoked_at",
    "revoked_reason",
    "device",
    "binding",
];

/// The condition of a session that can still refresh; `$now` is the parameter of the present time.
macro_rules! living {
    ($now:literal) => {
        concat!("revoked_at IS NULL AND idle_expires_at > ", $now, " AND absolute_expires_at > ", $now)
    };
}
pub(in crate::store) use living;

/// How many sessions of a user live.
pub(in crate::store) const LIVING: &str =
    concat!("SELECT count(*) AS living FROM sessions WHERE user_id = $1 AND ", living!("$2"));

/// Writes a rotation to the row that its judge was shown, as long as it is that row and lives (compare-and-swap).
pub(in crate::store) const ROTATE: &str = "UPDATE sessions SET generation = $1, parent = $2, ring = $3, \
     idle_expires_at = $4, last_used_at = $5, authenticated_at = COALESCE($6, authenticated_at) \
     WHERE id = $7 AND generation = $8 AND revoked_at IS NULL";

/// A judge has something written to a session that has ended.
pub(in crate::store) fn ended_session() -> StoreError {
    StoreError::Corrupt("an ended session was to be rotated".into())
}

/// The steps of transactions, each on a connection with an open one. `lock` locks the row that is read.
macro_rules! session_steps {
    ($store:ty, lock = $lock:literal) => {
        impl $store {
            /// Opens a session with all that belongs to it.
            async fn insert_session(
                connection: &mut Conn,
                open: &OpenSession,
            ) -> Result<Result<Opened, Stale>, StoreError> {
                let OpenSession { session, verified_hash, .. } = open;
                if let Some(replaced) = &open.replaces
                    && replaced.user_id < session.user_id
                {
                    Self::lock_user(connection, replaced.user_id).await?;
                }
                let verified_hash = Some(verified_hash.clone());
                let guard = Guard { user_id: session.user_id, verified_hash, session_id: None };
                let session_epoch = match Self::check(connection, &guard).await? {
                    Ok(epoch) => epoch,
                    Err(stale) => return Ok(Err(stale)),
                };
                let mut ended = Vec::new();
                if let Some(replaced) = &open.replaces
                    && Self::end_one(connection, replaced).await?
                {
                    let EndSession { session_id, reason, ref event, .. } = *replaced;
                    ended.push(Revocation { session_id, at: event.at, reason });
                }
                ended.extend(Self::end_repeated(connection, open).await?);
                ended.extend(Self::end_unused_longest(connection, open).await?);
                sqlx::query(
                    "INSERT INTO sessions (id, user_id, salt, generation, parent, ring, created_at, last_used_at, \
                     idle_expires_at, absolute_expires_at, device, authenticated_at, submission) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
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
                .bind(open.submission.as_ref().map(Submission::as_bytes))
                .execute(&mut *connection)
                .await
                .map_err(unavailable)?;
                Self::insert_event(connection, &open.event).await.map_err(unavailable)?;
                Ok(Ok(Opened { session_epoch, ended }))
            }

            async fn locked_session(connection: &mut Conn, id: SessionId) -> Result<Option<Session>, StoreError> {
                let row = sqlx::query(concat!(select_sessions!("WHERE s.id = $1"), $lock))
                    .bind(id.0.as_slice())
                    .fetch_optional(connection)
                    .await
                    .map_err(unavailable)?;
                row.as_ref().map(Readable::session).transpose()
            }

            /// Reads a session under a lock and writes what the judge says.
            async fn rotate_one(
                connection: &mut Conn,
                id: SessionId,
                judge: &mut dyn Judge,
            ) -> Result<Option<Judged>, StoreError> {
                let Some(session) = Self::locked_session(connection, id).await? else { return Ok(None) };
                let generation = session.rotation.generation;
                let judged = ask(judge, session)?;
                if let Some(write) = &judged.write {
                    let updated = sqlx::query(ROTATE)
                        .bind(i64::from(write.next.generation))
                        .bind(write.next.parent.map(i64::from))
                        .bind(write.next.recently_superseded.to_bytes())
                        .bind(write.idle_expires_at.millis())
                        .bind(write.last_used_at.millis())
                        .bind(write.authenticated_at.map(Timestamp::millis))
                        .bind(id.0.as_slice())
                        .bind(i64::from(generation))
                        .execute(connection)
                        .await
                        .map_err(unavailable)?;
                    if updated.rows_affected() == 0 {
                        return Err(ended_session());
                    }
                }
                Ok(Some(judged))
            }

            /// Whether a query finds a row of this user (`$1`) that this submission (`$2`) has made.
            async fn is_there(
                &self,
                query: &'static str,
                id: UserId,
                submission: &Submission,
            ) -> Result<bool, StoreError> {
                let row = sqlx::query(query)
                    .bind(id.0.as_bytes().as_slice())
                    .bind(submission.as_bytes())
                    .fetch_optional(&mut *self.read().await?)
                    .await
                    .map_err(unavailable)?;
                Ok(row.is_some())
            }

            /// Ends the sessions that the same submission has opened before: one at most, if no store has been written by hand.
            async fn end_repeated(connection: &mut Conn, open: &OpenSession) -> Result<Vec<Revocation>, StoreError> {
                let OpenSession { session, repeated_event, .. } = open;
                let Some(submission) = &open.submission else { return Ok(Vec::new()) };
                let rows = sqlx::query(
                    "SELECT id FROM sessions WHERE user_id = $1 AND submission = $2 AND revoked_at IS NULL LIMIT $3",
                )
                .bind(session.user_id.0.as_bytes().as_slice())
                .bind(submission.as_bytes())
                .bind(i64::from(LIMIT_ENDED_MAX))
                .fetch_all(&mut *connection)
                .await
                .map_err(unavailable)?;
                let ids = collect(rows, |row| row.id("id").map(SessionId))?;
                Self::end_each(connection, session.user_id, &ids, RevokeReason::Replaced, repeated_event).await
            }

            /// Ends the sessions that leave no place for one more.
            async fn end_unused_longest(
                connection: &mut Conn,
                open: &OpenSession,
            ) -> Result<Vec<Revocation>, StoreError> {
                let OpenSession { session, living_max, limit_event, .. } = open;
                // Counted first: there is rarely one to end.
                let living = sqlx::query(LIVING)
                    .bind(session.user_id.0.as_bytes().as_slice())
                    .bind(session.created_at.millis())
                    .fetch_one(&mut *connection)
                    .await
                    .map_err(unavailable)?
                    .number("living")?;
                let too_many = (living + 1 - i64::from(*living_max)).min(i64::from(LIMIT_ENDED_MAX));
                if too_many <= 0 {
                    return Ok(Vec::new());
                }
                let rows = sqlx::query(concat!(
                    "SELECT id FROM sessions WHERE user_id = $1 AND ",
                    living!("$2"),
                    " ORDER BY last_used_at, id LIMIT $3",
                ))
                .bind(session.user_id.0.as_bytes().as_slice())
                .bind(session.created_at.millis())
                .bind(too_many)
                .fetch_all(&mut *connection)
                .await
                .map_err(unavailable)?;
                let ids = collect(rows, |row| row.id("id").map(SessionId))?;
                Self::end_each(connection, session.user_id, &ids, RevokeReason::SessionLimit, limit_event).await
            }

            /// Ends these sessions of a user, as far as they still live.
            async fn end_each(
                connection: &mut Conn,
                user_id: UserId,
                ids: &[SessionId],
                reason: RevokeReason,
                event: &SecurityEvent,
            ) -> Result<Vec<Revocation>, StoreError> {
                let mut ended = Vec::new();
                for &session_id in ids {
                    let event = SecurityEvent { session_id: Some(session_id), ..event.clone() };
                    let end = EndSession { user_id, session_id, reason, event, notice: None };
                    if Self::end_one(connection, &end).await? {
                        ended.push(Revocation { session_id, at: end.event.at, reason });
                    }
                }
                Ok(ended)
            }

            /// Ends one session, with its notice, its event and the notification of other instances.
            async fn end_one(connection: &mut Conn, end: &EndSession) -> Result<bool, StoreError> {
                if Self::lock_user(connection, end.user_id).await?.is_none() {
                    return Ok(false);
                }
                let EndSession { session_id, reason, ref event, .. } = *end;
                let updated = sqlx::query(
                    "UPDATE sessions SET revoked_at = $1, revoked_reason = $2 \
                     WHERE id = $3 AND user_id = $4 AND revoked_at IS NULL",
                )
                .bind(event.at.millis())
                .bind(reason.as_str())
                .bind(session_id.0.as_slice())
                .bind(end.user_id.0.as_bytes().as_slice())
                .execute(&mut *connection)
                .await
                .map_err(unavailable)?;
                if updated.rows_affected() == 0 {
                    return Ok(false);
                }
                if let Some(notice) = &end.notice {
                    Self::insert_notice(connection, notice).await?;
                }
                Self::insert_event(connection, event).await.map_err(unavailable)?;
                Self::notify_revoked(connection, &Revocation { session_id, at: event.at, reason }).await?;
                Ok(true)
            }

            /// Ends all sessions of a user whose row is locked, with one event and one notification. The number of statements
            /// does not depend on the number of sessions.
            async fn end_all(connection: &mut Conn, id: UserId, end: &EndAll) -> Result<EndedAll, StoreError> {
                Self::allow_time(connection).await?;
                let kept = end.kept.map_or(Vec::new(), |kept| kept.0.to_vec());
                let rows = sqlx::query(concat!(
                    "SELECT id, count(*) OVER () AS living FROM sessions WHERE user_id = $1 AND id <> $2 AND ",
                    living!("$3"),
                    " ORDER BY last_used_at DESC, id LIMIT $4",
                ))
                .bind(id.0.as_bytes().as_slice())
                .bind(&kept)
                .bind(end.event.at.millis())
                .bind(i64::from(ENDED_NAMED))
                .fetch_all(&mut *connection)
                .await
                .map_err(unavailable)?;
                let living = rows.first().map_or(Ok(0), |row| row.number("living"))?;
                let revocation = Self::begin_epoch(connection, id, end).await?;
                sqlx::query(
                    "UPDATE sessions SET revoked_at = $1, revoked_reason = $2, ended_by_epoch = $3 \
                     WHERE user_id = $4 AND id <> $5 AND revoked_at IS NULL",
                )
                .bind(end.event.at.millis())
                .bind(end.reason.as_str())
                .bind(i64::try_from(revocation.epoch).unwrap_or(i64::MAX))
                .bind(id.0.as_bytes().as_slice())
                .bind(&kept)
                .execute(&mut *connection)
                .await
                .map_err(unavailable)?;
                if living > 0 {
                    Self::insert_event(connection, &end.event).await.map_err(unavailable)?;
                }
                Ok(EndedAll {
                    revocation,
                    count: u32::try_from(living).unwrap_or(u32::MAX),
                    named: collect(rows, |row| row.id("id").map(SessionId))?,
                })
            }

            /// Begins the next session epoch of a user: access tokens of earlier ones are refused from now on.
            async fn begin_epoch(
                connection: &mut Conn,
                user_id: UserId,
                end: &EndAll,
            ) -> Result<UserRevocation, StoreError> {
                let row = sqlx::query(
                    "UPDATE users SET session_epoch = session_epoch + 1 WHERE id = $1 RETURNING session_epoch AS epoch",
                )
                .bind(user_id.0.as_bytes().as_slice())
                .fetch_one(&mut *connection)
                .await
                .map_err(unavailable)?;
                let (kept, at, reason) = (end.kept, end.event.at, end.reason);
                let revocation = UserRevocation { user_id, epoch: row.epoch("epoch")?, kept, at, reason };
                sqlx::query(
                    "INSERT INTO ended_users (user_id, epoch, kept, revoked_at, revoked_reason) \
                     VALUES ($1, $2, $3, $4, $5) ON CONFLICT (user_id) DO UPDATE SET epoch = excluded.epoch, \
                     kept = excluded.kept, revoked_at = excluded.revoked_at, revoked_reason = excluded.revoked_reason",
                )
                .bind(user_id.0.as_bytes().as_slice())
                .bind(row.number("epoch")?)
                .bind(kept.map(|kept| kept.0.to_vec()))
                .bind(at.millis())
                .bind(reason.as_str())
                .execute(&mut *connection)
                .await
                .map_err(unavailable)?;
                Self::notify_user_revoked(connection, &revocation).await?;
                Ok(revocation)
            }
        }
    };
}
pub(in crate::store) use session_steps;

/// Implements the port from the shared operations and from `$own`, those of one database.
macro_rules! sessions_sql {
    ($store:ty, lock = $lock:literal { $($own:item)* }) => {
        session_steps!($store, lock = $lock);

        #[async_trait::async_trait]
        impl Sessions for $store {
            $($own)*

            async fn open_session(&self, open: &OpenSession) -> Result<Result<Opened, Stale>, StoreError> {
                let mut transaction = self.begin().await?;
                let opened = Self::insert_session(&mut transaction, open).await?;
                if opened.is_ok() {
                    transaction.commit().await.map_err(unavailable)?;
                }
                Ok(opened)
            }

            async fn session(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
                let row = sqlx::query(select_sessions!("WHERE s.id = $1"))
                    .bind(id.0.as_slice())
                    .fetch_optional(&mut *self.read().await?)
                    .await
                    .map_err(unavailable)?;
                row.as_ref().map(Readable::session).transpose()
            }

            async fn was_opened_by(&self, id: UserId, submission: &Submission) -> Result<bool, StoreError> {
                self.is_there("SELECT 1 FROM sessions WHERE user_id = $1 AND submission = $2 LIMIT 1", id, submission).await
            }

            async fn sessions_of_user(&self, id: UserId) -> Result<Vec<Session>, StoreError> {
                let rows = sqlx::query(select_sessions!("WHERE s.user_id = $1 ORDER BY s.last_used_at DESC"))
                    .bind(id.0.as_bytes().as_slice())
                    .fetch_all(&mut *self.read().await?)
                    .await
                    .map_err(unavailable)?;
                collect(rows, Readable::session)
            }

            async fn living_sessions_of_user(
                &self,
                id: UserId,
                first: SessionId,
                now: Timestamp,
                limit: u32,
            ) -> Result<Vec<Session>, StoreError> {
                let rows = sqlx::query(concat!(
                    select_sessions!("WHERE s.user_id = $1 AND "),
                    living!("$2"),
                    " ORDER BY CASE s.id WHEN $3 THEN 0 ELSE 1 END, s.last_used_at DESC, s.id LIMIT $4",
                ))
                .bind(id.0.as_bytes().as_slice())
                .bind(now.millis())
                .bind(first.0.as_slice())
                .bind(i64::from(limit))
                .fetch_all(&mut *self.read().await?)
                .await
                .map_err(unavailable)?;
                collect(rows, Readable::session)
            }

            async fn rotate_guarded(
                &self,
                guard: &Guard,
                id: SessionId,
                mut judge: Box<dyn Judge>,
                event: &SecurityEvent,
            ) -> Result<Result<Option<Judged>, Stale>, StoreError> {
                let mut transaction = self.begin().await?;
                if let Err(stale) = Self::check(&mut transaction, guard).await? {
                    return Ok(Err(stale));
                }
                let judged = Self::rotate_one(&mut transaction, id, &mut *judge).await?;
                if matches!(&judged, Some(Judged { write: Some(_), .. })) {
                    Self::insert_event(&mut transaction, event).await.map_err(unavailable)?;
                    transaction.commit().await.map_err(unavailable)?;
                }
                Ok(Ok(judged))
            }

            async fn bind(&self, id: SessionId, mut judge: BindingJudge) -> Result<Option<Binding>, StoreError> {
                let mut transaction = self.begin().await?;
                let session = Self::locked_session(&mut transaction, id).await?;
                let Some(binding) = session.as_ref().and_then(&mut judge) else { return Ok(None) };
                let written = sqlx::query("UPDATE sessions SET binding = $1 WHERE id = $2 AND revoked_at IS NULL")
                    .bind(binding.to_bytes())
                    .bind(id.0.as_slice())
                    .execute(&mut *transaction)
                    .await
                    .map_err(unavailable)?;
                transaction.commit().await.map_err(unavailable)?;
                Ok((written.rows_affected() == 1).then_some(binding))
            }

            async fn end_session(&self, end: &EndSession) -> Result<bool, StoreError> {
                let mut transaction = self.begin().await?;
                let ended = Self::end_one(&mut transaction, end).await?;
                if ended {
                    transaction.commit().await.map_err(unavailable)?;
                }
                Ok(ended)
            }

            async fn end_all_sessions(
                &self,
                guard: &Guard,
                end: &EndAll,
            ) -> Result<Result<EndedAll, Stale>, StoreError> {
                let mut transaction = self.begin().await?;
                if let Err(stale) = Self::check(&mut transaction, guard).await? {
                    return Ok(Err(stale));
                }
                let ended = Self::end_all(&mut transaction, guard.user_id, end).await?;
                transaction.commit().await.map_err(unavailable)?;
                Ok(Ok(ended))
            }

            async fn revoked_since(&self, since: Timestamp) -> Result<Vec<Revocation>, StoreError> {
                let rows = sqlx::query(
                    "SELECT id, revoked_at, revoked_reason FROM sessions \
                     WHERE revoked_at >= $1 AND ended_by_epoch IS NULL \
                     UNION ALL SELECT id, revoked_at, revoked_reason FROM ended_sessions WHERE revoked_at >= $1",
                )
                .bind(since.millis())
                .fetch_all(&mut *self.read().await?)
                .await
                .map_err(unavailable)?;
                collect(rows, Readable::revocation)
            }

            async fn users_revoked_since(&self, since: Timestamp) -> Result<Vec<UserRevocation>, StoreError> {
                let rows = sqlx::query(
                    "SELECT user_id, epoch, kept, revoked_at, revoked_reason FROM ended_users WHERE revoked_at >= $1",
                )
                .bind(since.millis())
                .fetch_all(&mut *self.read().await?)
                .await
                .map_err(unavailable)?;
                collect(rows, Readable::user_revocation)
            }

            async fn purge_ended(&self, before: Timestamp) -> Result<u64, StoreError> {
                let mut transaction = self.begin().await?;
                let mut purged = 0;
                for statement in [
                    "DELETE FROM ended_sessions WHERE revoked_at < $1",
                    "DELETE FROM ended_users WHERE revoked_at < $1",
                ] {
                    let deleted = sqlx::query(statement).bind(before.millis()).execute(&mut *transaction).await;
                    purged += deleted.map_err(unavailable)?.rows_affected();
                }
                transaction.commit().await.map_err(unavailable)?;
                Ok(purged)
            }
        }
    };
}
pub(in crate::store) use sessions_sql;
