//! SQLite, for one instance: one file in WAL mode, one writer. A commit is synced to disk before the operation returns
//! (`synchronous=FULL`, durability). Concurrent rotations share one commit (group commit, [`rotations`]); they take turns with
//! everything else that writes ([`turns`]).

use futures::stream::BoxStream;
use sqlx::{AssertSqlSafe, Sqlite, SqliteConnection as Conn, SqlitePool, pool::PoolConnection};

use super::sql::prelude::*;
use super::{Access, Inspection, PoolSize};

mod connect;
pub(super) mod files;
mod link;
mod outside;
mod rotations;
mod turns;

use rotations::Rotations;
use turns::{Turns, WriteConnection, WriteTransaction, Writing};

/// The longest wait for a turn to write.
const TURN: Duration = Duration::from_secs(4);

/// One database file: a pool of readers and one writer.
pub struct SqliteStore {
    readers: SqlitePool,
    /// One connection, taken in turns. A pool of one, because the pool rolls back after a failed commit or a cancelled caller.
    writer: SqlitePool,
    rotations: Rotations,
    turns: Turns,
    /// Held until the store is dropped.
    _owner: Option<files::OwnerLock>,
}

impl SqliteStore {
    /// Opens the database of a `sqlite://` URL and runs the pending migrations.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`].
    pub async fn open(url: &str, access: Access) -> Result<Self, StoreError> {
        let connect::Opened { settings, writer, readers, owner } = connect::open(url, access).await?;
        let turns = Turns::default();
        let rotations = Rotations::start(settings, turns.clone());
        Ok(Self { readers, writer, rotations, turns, _owner: owner })
    }

    pub(super) async fn inspect(url: &str) -> Result<Inspection, StoreError> {
        connect::inspect(url).await
    }

    /// Copies the database, as it is at one moment, into a file that is empty. Others read and write meanwhile.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`].
    pub async fn copy_to(&self, file: &std::path::Path) -> Result<(), StoreError> {
        let file = file.to_str().ok_or_else(|| StoreError::Unavailable("the name of the copy is not UTF-8".into()))?;
        sqlx::query("VACUUM INTO $1").bind(file).execute(&self.writer).await.map_err(unavailable)?;
        Ok(())
    }

    pub(super) fn pools(&self) -> Vec<PoolSize> {
        vec![PoolSize::of("readers", &self.readers), PoolSize::of("writer", &self.writer)]
    }

    /// Closes the connections; the last one empties the write-ahead log.
    pub(super) async fn close(&self) {
        self.rotations.close().await;
        self.readers.close().await;
        self.writer.close().await;
    }

    pub(crate) async fn read(&self) -> Result<PoolConnection<Sqlite>, StoreError> {
        self.readers.acquire().await.map_err(unavailable)
    }

    pub(crate) async fn write(&self) -> Result<WriteConnection, StoreError> {
        let turn = self.turns.take(TURN).await?;
        Ok(Writing::new(self.writer.acquire().await.map_err(unavailable)?, turn))
    }

    /// Begins a transaction with the write lock: one that took it only at its first write would fail there when another
    /// process wrote meanwhile.
    pub(crate) async fn begin(&self) -> Result<WriteTransaction, StoreError> {
        let turn = self.turns.take(TURN).await?;
        Ok(Writing::new(self.writer.begin_with("BEGIN IMMEDIATE").await.map_err(unavailable)?, turn))
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

users_sql!(SqliteStore, lock = "", not_ascii = "length(CAST(email AS BLOB)) <> length(email)");
keys_sql!(SqliteStore);
attempts_sql!(SqliteStore);
events_sql!(SqliteStore);
notices_sql!(SqliteStore);

sessions_sql! { SqliteStore, lock = "" {
    async fn rotate(&self, id: SessionId, judge: Box<dyn Judge>) -> Result<Option<Judged>, StoreError> {
        self.rotations.rotate(id, judge).await
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

#[async_trait::async_trait]
impl Cluster for SqliteStore {
    fn changes(&self) -> BoxStream<'static, Change> {
        outside::changes(self.readers.clone())
    }

    /// Writes the number in the file's header that SQLite keeps for applications: a full disk refuses it.
    async fn ping(&self) -> Result<(), StoreError> {
        let mut connection = self.write().await?;
        let number: i32 =
            sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut *connection).await.map_err(unavailable)?;
        let next = AssertSqlSafe(format!("PRAGMA user_version = {}", number.wrapping_add(1)));
        sqlx::query(next).execute(&mut *connection).await.map_err(unavailable)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_close_waits_for_the_thread_and_the_last_connection_empties_the_log() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/a.db", folder.path().display());
        let store = SqliteStore::open(&url, Access::Server).await.unwrap();
        let turn = store.turns.take(TURN).await.unwrap();
        let rotation = store.rotate(SessionId([0; 16]), Box::new(|_| unreachable!("there is no session")));
        tokio::pin!(rotation);
        let soon = Duration::from_millis(200);
        assert!(tokio::time::timeout(soon, &mut rotation).await.is_err(), "it waits for its turn");
        let closing = store.close();
        tokio::pin!(closing);
        assert!(tokio::time::timeout(soon, &mut closing).await.is_err());
        drop(turn);
        assert!(rotation.await.unwrap().is_none());
        closing.await;
        assert!(folder.path().join("a.db").exists() && !folder.path().join("a.db-wal").exists());
    }

    #[tokio::test]
    async fn a_sign_in_looks_at_no_session_that_has_ended() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/a.db", folder.path().display());
        let store = SqliteStore::open(&url, Access::Server).await.unwrap();
        let plan = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {LIVING}"));
        let mut reader = store.read().await.unwrap();
        let plan = sqlx::query(plan).bind([0; 16].as_slice()).bind(0).fetch_all(&mut *reader).await.unwrap();
        let steps: Vec<String> = plan.iter().map(|step| sqlx::Row::get(step, "detail")).collect();
        assert!(steps.len() == 1 && steps[0].contains("INDEX sessions_living (user_id=?"), "{steps:?}");
        drop(reader);
        store.close().await;
    }
}
