//! SQLite: one file, one writer, WAL. Every commit is synced to disk before it is told (`synchronous=FULL`); turns of the
//! ratchet that arrive together share one commit ([`rotations`]), which is what makes a durable refresh cheap.

use std::{path::Path, str::FromStr, time::Duration};

use futures::stream::{BoxStream, StreamExt as _};
use sqlx::{
    Connection, Sqlite, SqliteConnection, SqlitePool,
    pool::PoolConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::rows::{Readable, collect};
use super::sql::{select_sessions, sql_store, unavailable};
use super::{Change, CountAttempt, CreateUser, Rotate, Store, StoreError, Swap};
use crate::api::error::RevokeReason;
use crate::api::notes::Note;
use crate::auth::{
    event::{ReuseNotice, SecurityEvent},
    keys::StoredKey,
    revoked::Revocation,
    session::{Session, SessionId},
    throttle::{AttemptKey, Count},
    user::{UserId, UserRecord},
};
use crate::clock::Timestamp;

mod batch;
mod lookups;
mod rotations;

/// A statement that waits for the database's lock longer than this fails as unavailable.
const BUSY: Duration = Duration::from_secs(2);

pub struct SqliteStore {
    readers: SqlitePool,
    /// One connection. A pool of one, because it tidies up what a failed commit or a caller that went away leaves behind.
    writer: SqlitePool,
    lookups: lookups::Queue,
    rotations: rotations::Queue,
}

impl SqliteStore {
    /// Opens or makes the database of a `sqlite://` URL and brings its tables up to date.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::from_str(url)
            .map_err(|error| StoreError::Unavailable(format!("{url} is no SQLite URL: {error}")))?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY);
        if let Some(folder) = options.get_filename().parent().filter(|folder| *folder != Path::new("")) {
            std::fs::create_dir_all(folder)
                .map_err(|error| StoreError::Unavailable(format!("cannot make {}: {error}", folder.display())))?;
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
            .map_err(|error| StoreError::Unavailable(format!("bringing the tables up to date: {error}")))?;
        let readers = SqlitePoolOptions::new()
            .min_connections(1)
            .max_connections(4)
            .acquire_timeout(BUSY)
            .connect_with(options.read_only(true).create_if_missing(false))
            .await
            .map_err(unavailable)?;
        let lookups = lookups::Queue::start(readers.clone());
        let rotations = rotations::Queue::start(writer.clone());
        Ok(Self { readers, writer, lookups, rotations })
    }

    async fn read(&self) -> Result<PoolConnection<Sqlite>, StoreError> {
        self.readers.acquire().await.map_err(unavailable)
    }

    async fn write(&self) -> Result<PoolConnection<Sqlite>, StoreError> {
        self.writer.acquire().await.map_err(unavailable)
    }

    /// One process owns the file: there is nobody to tell.
    #[expect(clippy::unused_async, reason = "PostgreSQL has instances to tell")]
    async fn announce_keys(_: &mut SqliteConnection) -> Result<(), StoreError> {
        Ok(())
    }
}

sql_store! { SqliteStore {
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

    fn changes(&self) -> BoxStream<'static, Change> {
        futures::stream::empty().boxed()
    }
} }
