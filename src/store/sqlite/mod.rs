//! SQLite, for one instance: one file in WAL mode, one writer. A commit is synced to disk before the operation returns
//! (`synchronous=FULL`, durability). Concurrent rotations share one commit (group commit, [`rotations`]), and concurrent
//! session lookups one statement (batching, [`lookups`]).

use std::{path::Path, str::FromStr};

use futures::stream::{BoxStream, StreamExt as _};
use sqlx::{
    Sqlite, SqliteConnection as Conn, SqlitePool, Transaction,
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

    /// Begins a transaction with the write lock: one that took it only at its first write would fail there when another
    /// process wrote meanwhile.
    async fn begin(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        self.writer.begin_with("BEGIN IMMEDIATE").await.map_err(unavailable)
    }

    /// Does nothing: no statement has a time limit here.
    #[expect(clippy::unused_async, reason = "the shared SQL awaits it; PostgreSQL sets a limit here")]
    async fn allow_time(_: &mut Conn) -> Result<(), StoreError> {
        Ok(())
    }

    /// Does nothing: one process owns the file.
    #[expect(clippy::unused_async, reason = "the shared SQL awaits it; PostgreSQL notifies other instances here")]
    async fn notify_key_rotation(_: &mut Conn) -> Result<(), StoreError> {
        Ok(())
    }

    /// Does nothing: one process owns the file.
    #[expect(clippy::unused_async, reason = "the shared SQL awaits it; PostgreSQL notifies other instances here")]
    async fn notify_revoked(_: &mut Conn, _: &Revocation) -> Result<(), StoreError> {
        Ok(())
    }

    /// Does nothing: one process owns the file.
    #[expect(clippy::unused_async, reason = "the shared SQL awaits it; PostgreSQL notifies other instances here")]
    async fn notify_user_revoked(_: &mut Conn, _: &UserRevocation) -> Result<(), StoreError> {
        Ok(())
    }
}

users_sql!(SqliteStore, lock = "");
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
