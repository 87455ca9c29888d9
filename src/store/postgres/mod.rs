//! PostgreSQL, for several instances. Every operation is one transaction at READ COMMITTED; concurrent
//! rotations share one `UPDATE` ([`rotations`]). Revocations and key rotations are announced to the
//! other instances by `NOTIFY` in the same transaction (publish/subscribe), so a rollback announces nothing.
//! Behind a pooler in transaction mode notifications have a second address ([`connection`], [`link`]).

use futures::stream::BoxStream;

use self::connect::Pool;
use self::connection::{PostgresConnection as Conn, PostgresTransaction};

use super::rotation_queue::RotationQueue;
use super::sql::prelude::*;
use super::{Access, DatabaseLocation, Inspection, PoolSize};

pub(super) mod connect;
pub(crate) mod connection;
mod link;
pub(super) mod read_only;
mod rotations;

/// The `LISTEN`/`NOTIFY` channel.
const CHANNEL: &str = "two_tokens";
/// The longest that one statement may take which ends all sessions of a user.
const ALL_ROWS_TIMEOUT: &str = "60s";
/// The advisory lock under which one instance at a time purges.
pub const PURGE_LOCK: i64 = 0x7774_6f6b;

/// A pool of connections to one database, and those of the rotations.
pub struct PostgresStore {
    pool: Pool,
    rotations: RotationQueue,
}

impl PostgresStore {
    /// Connects to the database of a `postgres://` URL, proves that notifications arrive, and runs the pending migrations.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`].
    pub async fn open(location: DatabaseLocation<'_>, access: Access) -> Result<Self, StoreError> {
        let pool = connect::open(location, access).await?;
        Ok(Self { rotations: rotations::start(&pool), pool })
    }

    pub(super) async fn inspect(location: DatabaseLocation<'_>) -> Result<Inspection, StoreError> {
        connect::inspect(location).await
    }

    pub(super) fn pools(&self) -> Vec<PoolSize> {
        vec![PoolSize::of("postgres", &self.pool.connections)]
    }

    /// Closes the connections.
    pub(super) async fn close(&self) {
        self.pool.connections.close().await;
    }

    pub(crate) async fn read(&self) -> Result<Box<Conn>, StoreError> {
        self.pool.acquire().await.map_err(unavailable)
    }

    pub(crate) async fn write(&self) -> Result<Box<Conn>, StoreError> {
        self.read().await
    }

    pub(crate) async fn begin(&self) -> Result<PostgresTransaction, StoreError> {
        self.pool.begin().await.map_err(unavailable)
    }

    /// Lets the statements of this transaction take as long as hundreds of thousands of rows need.
    async fn allow_time(connection: &mut Conn) -> Result<(), StoreError> {
        sqlx::query("SELECT set_config('statement_timeout', $1, true)")
            .bind(ALL_ROWS_TIMEOUT)
            .execute(connection)
            .await
            .map_err(unavailable)?;
        Ok(())
    }

    async fn notify_key_rotation(connection: &mut Conn) -> Result<(), StoreError> {
        Self::notify(connection, "keys".into()).await
    }

    async fn notify_revoked(connection: &mut Conn, revocation: &Revocation) -> Result<(), StoreError> {
        let Revocation { session_id, at, reason } = revocation;
        let id = u128::from_be_bytes(session_id.0);
        Self::notify(connection, format!("revoked {id:032x} {} {}", at.millis(), reason.as_str())).await
    }

    async fn notify_user_revoked(connection: &mut Conn, revocation: &UserRevocation) -> Result<(), StoreError> {
        let UserRevocation { user_id, epoch, kept, at, reason } = revocation;
        let kept = kept.map_or("-".into(), |kept| format!("{:032x}", u128::from_be_bytes(kept.0)));
        let (id, at, reason) = (user_id.0.simple(), at.millis(), reason.as_str());
        Self::notify(connection, format!("user-revoked {id} {epoch} {kept} {at} {reason}")).await
    }

    /// Notifies the other instances when the transaction commits.
    async fn notify(connection: &mut Conn, payload: String) -> Result<(), StoreError> {
        sqlx::query("SELECT pg_notify($1, $2)")
            .bind(CHANNEL)
            .bind(payload)
            .execute(connection)
            .await
            .map_err(unavailable)?;
        Ok(())
    }
}

users_sql!(PostgresStore, lock = " FOR NO KEY UPDATE", not_ascii = "octet_length(email) <> char_length(email)");
keys_sql!(PostgresStore);
attempts_sql!(PostgresStore);
events_sql!(PostgresStore);
notices_sql!(PostgresStore);

sessions_sql! { PostgresStore, lock = " FOR NO KEY UPDATE OF s" {
    async fn rotate(&self, id: SessionId, judge: Box<dyn Judge>) -> Result<Option<Judged>, StoreError> {
        self.rotations.rotate(id, judge).await
    }

    async fn purge_sessions(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let purged = sqlx::query(
            "WITH lease AS MATERIALIZED (SELECT pg_try_advisory_xact_lock($3) AS mine) \
             DELETE FROM sessions WHERE (SELECT mine FROM lease) AND id IN (SELECT id FROM sessions \
             WHERE revoked_at < $1 OR absolute_expires_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED)",
        )
        .bind(before.millis())
        .bind(i64::from(limit))
        .bind(PURGE_LOCK)
        .execute(&mut *self.write().await?)
        .await
        .map_err(unavailable)?;
        Ok(purged.rows_affected())
    }
} }

#[async_trait::async_trait]
impl Cluster for PostgresStore {
    fn changes(&self) -> BoxStream<'static, Change> {
        link::changes(self.pool.clone())
    }

    /// A statement that a read-only database refuses although it changes no row, and a transaction id, whose commit is
    /// written to the disk.
    async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("WITH refused AS (DELETE FROM attempts WHERE false RETURNING 1) SELECT txid_current()")
            .execute(&mut *self.write().await?)
            .await
            .map_err(unavailable)?;
        read_only::record_success();
        Ok(())
    }
}
