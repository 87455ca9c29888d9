//! SQLite, for one instance: one file in WAL mode, one writer. A commit is synced to disk before the operation returns
//! (`synchronous=FULL`, durability). Concurrent rotations share one commit (group commit, [`rotations`]), and concurrent
//! session lookups one statement (batching, [`lookups`]).

use std::{path::Path, str::FromStr};

use futures::stream::{BoxStream, StreamExt as _};
use sqlx::{
    Sqlite, SqliteConnection, SqlitePool,
    pool::PoolConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::sql::prelude::*;

mod batch;
mod lookups;
mod rotations;

use lookups::LookupQueue;
use rotations::RotationQueue;

/// Busy timeout: a statement that waits longer for the database lock fails as unavailable.
const BUSY: Duration = Duration::from_secs(2);

/// One database file: a pool of readers and one writer.
pub struct SqliteStore {
    readers: SqlitePool,
    /// One connection. A pool of one, because the pool rolls back after a failed commit or a cancelled caller.
    writer: SqlitePool,
    lookups: LookupQueue,
    rotations: RotationQueue,
}

impl SqliteStore {
    /// Opens the database of a `sqlite://` URL, creating the file when it is missing, and runs the pending migrations.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`].
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::from_str(url)
            .map_err(|error| StoreError::Unavailable(format!("{url} is not a SQLite URL: {error}")))?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY);
        if let Some(folder) = options.get_filename().parent().filter(|folder| *folder != Path::new("")) {
            std::fs::create_dir_all(folder)
                .map_err(|error| StoreError::Unavailable(format!("cannot create {}: {error}", folder.display())))?;
        }
        let writer = SqlitePoolOptions::new()
            .min_connections(1)
            .max_connections(1)
            .acquire_timeout(BUSY + BUSY)
            .connect_with(options.clone())
            .await
            .map_err(unavailable)?;
        sqlx::migrate!("migrations/sqlite")
            .run(&writer)
            .await
            .map_err(|error| StoreError::Unavailable(format!("running the migrations: {error}")))?;
        let readers = SqlitePoolOptions::new()
            .min_connections(1)
            .max_connections(4)
            .acquire_timeout(BUSY)
            .connect_with(options.read_only(true).create_if_missing(false))
            .await
            .map_err(unavailable)?;
        let lookups = LookupQueue::start(readers.clone());
        let rotations = RotationQueue::start(writer.clone());
        Ok(Self { readers, writer, lookups, rotations })
    }

    pub(crate) async fn read(&self) -> Result<PoolConnection<Sqlite>, StoreError> {
        self.readers.acquire().await.map_err(unavailable)
    }

    pub(crate) async fn write(&self) -> Result<PoolConnection<Sqlite>, StoreError> {
        self.writer.acquire().await.map_err(unavailable)
    }

    /// Does nothing: one process owns the file.
    #[expect(clippy::unused_async, reason = "the shared SQL awaits it; PostgreSQL notifies other instances here")]
    async fn notify_key_rotation(_: &mut SqliteConnection) -> Result<(), StoreError> {
        Ok(())
    }
}

users_sql!(SqliteStore);
keys_sql!(SqliteStore);
attempts_sql!(SqliteStore);
events_sql!(SqliteStore);
notices_sql!(SqliteStore);

sessions_sql! { SqliteStore {
    async fn session(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        self.lookups.session(id).await
    }

    async fn rotate(&self, rotate: Rotate) -> Result<Swap, StoreError> {
        self.rotations.rotate(rotate).await
    }

    async fn revoke_session(&self, id: SessionId, reason: RevokeReason, at: Timestamp) -> Result<bool, StoreError> {
        let revoked = sqlx::query(
            "UPDATE sessions SET revoked_at = $1, revoked_reason = $2 WHERE id = $3 AND revoked_at IS NULL",
        )
        .bind(at.millis())
        .bind(reason.as_str())
        .bind(id.0.as_slice())
        .execute(&mut *self.write().await?)
        .await
        .map_err(unavailable)?;
        Ok(revoked.rows_affected() == 1)
    }

    async fn revoke_sessions_of_user(
        &self,
        id: UserId,
        except: Option<SessionId>,
        reason: RevokeReason,
        at: Timestamp,
    ) -> Result<Vec<SessionId>, StoreError> {
        let rows = sqlx::query(
            "UPDATE sessions SET revoked_at = $1, revoked_reason = $2 \
             WHERE user_id = $3 AND id <> $4 AND revoked_at IS NULL RETURNING id",
        )
        .bind(at.millis())
        .bind(reason.as_str())
        .bind(id.0.as_bytes().as_slice())
        .bind(except.map_or(Vec::new(), |id| id.0.to_vec()))
        .fetch_all(&mut *self.write().await?)
        .await
        .map_err(unavailable)?;
        collect(rows, |row| row.id("id").map(SessionId))
    }

    async fn purge_sessions(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let purged = sqlx::query(
            "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions \
             WHERE revoked_at < $1 OR absolute_expires_at < $1 LIMIT $2)",
        )
        .bind(before.millis())
        .bind(i64::from(limit))
        .execute(&mut *self.write().await?)
        .await
        .map_err(unavailable)?;
        Ok(purged.rows_affected())
    }
} }

cluster_sql! { SqliteStore {
    fn changes(&self) -> BoxStream<'static, Change> {
        futures::stream::empty().boxed()
    }
} }
