//! PostgreSQL, for several instances. Every operation is one transaction at READ COMMITTED; the compare-and-swap is one
//! `UPDATE`, whose condition PostgreSQL evaluates again after a lock wait. Revocations and key rotations are announced to the
//! other instances by `NOTIFY` in the same transaction (publish/subscribe), so a rollback announces nothing.

use std::str::FromStr;

use futures::stream::{self, BoxStream, StreamExt as _};
use sqlx::{
    PgConnection as Conn, PgPool, Postgres, Transaction,
    pool::PoolConnection,
    postgres::{PgConnectOptions, PgListener, PgPoolOptions},
};

use super::sql::prelude::*;

/// The `LISTEN`/`NOTIFY` channel.
const CHANNEL: &str = "two_tokens";
/// Size of the connection pool.
const CONNECTIONS: u32 = 16;
/// The longest wait for a connection; then the request fails as unavailable.
const ACQUIRE: Duration = Duration::from_secs(2);
/// Heartbeat: after this long without a notification the link is pinged.
const PING_AFTER: Duration = Duration::from_secs(5);
/// A link that does not answer a ping within this time is down.
const PING_TIMEOUT: Duration = Duration::from_secs(2);
/// The pause between attempts to restore the link.
const RECONNECT: Duration = Duration::from_millis(200);
/// The longest that one statement may take which ends all sessions of a user.
const ALL_ROWS_TIMEOUT: &str = "60s";
/// The advisory lock under which one instance at a time purges.
pub const PURGE_LOCK: i64 = 0x7774_6f6b;

/// A pool of connections to one database.
pub struct PostgresStore {
    pool: PgPool,
}

impl PostgresStore {
    /// Connects to the database of a `postgres://` URL and runs the pending migrations.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`].
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let options = PgConnectOptions::from_str(url)
            .map_err(|error| StoreError::Unavailable(format!("not a PostgreSQL URL: {error}")))?
            .application_name("two-tokens")
            .options([
                ("statement_timeout", "5s"),
                ("lock_timeout", "2s"),
                ("idle_in_transaction_session_timeout", "10s"),
            ]);
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(ACQUIRE)
            .connect_with(options)
            .await
            .map_err(unavailable)?;
        sqlx::migrate!("migrations/postgres")
            .run(&pool)
            .await
            .map_err(|error| StoreError::Unavailable(format!("running the migrations: {error}")))?;
        Ok(Self { pool })
    }

    pub(crate) async fn read(&self) -> Result<PoolConnection<Postgres>, StoreError> {
        self.pool.acquire().await.map_err(unavailable)
    }

    pub(crate) async fn write(&self) -> Result<PoolConnection<Postgres>, StoreError> {
        self.read().await
    }

    async fn begin(&self) -> Result<Transaction<'static, Postgres>, StoreError> {
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

users_sql!(PostgresStore, lock = " FOR NO KEY UPDATE");
keys_sql!(PostgresStore);
attempts_sql!(PostgresStore);
events_sql!(PostgresStore);
notices_sql!(PostgresStore);

sessions_sql! { PostgresStore {
    async fn session(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        let row = sqlx::query(select_sessions!("WHERE s.id = $1"))
            .bind(id.0.as_slice())
            .fetch_optional(&mut *self.read().await?)
            .await
            .map_err(unavailable)?;
        row.as_ref().map(Readable::session).transpose()
    }

    async fn rotate(&self, rotate: Rotate) -> Result<Swap, StoreError> {
        let updated = sqlx::query(
            "UPDATE sessions SET generation = $1, parent = $2, ring = $3, idle_expires_at = $4, last_used_at = $5, \
             authenticated_at = COALESCE($6, authenticated_at) \
             WHERE id = $7 AND generation = $8 AND revoked_at IS NULL",
        )
            .bind(i64::from(rotate.next.generation))
            .bind(rotate.next.parent.map(i64::from))
            .bind(rotate.next.recently_superseded.to_bytes())
            .bind(rotate.idle_expires_at.millis())
            .bind(rotate.last_used_at.millis())
            .bind(rotate.authenticated_at.map(Timestamp::millis))
            .bind(rotate.session_id.0.as_slice())
            .bind(i64::from(rotate.expected))
            .execute(&mut *self.write().await?)
            .await
            .map_err(unavailable)?;
        Ok(if updated.rows_affected() == 1 { Swap::Done } else { Swap::Lost })
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

cluster_sql! { PostgresStore {
    fn changes(&self) -> BoxStream<'static, Change> {
        let pool = self.pool.clone();
        stream::unfold(Link::Down, move |link| next_change(pool.clone(), link)).boxed()
    }
} }

/// The connection that receives the notifications of other instances.
enum Link {
    Down,
    Up(PgListener),
}

async fn next_change(pool: PgPool, link: Link) -> Option<(Change, Link)> {
    match link {
        Link::Down => loop {
            if pool.is_closed() {
                return None;
            }
            match connect(&pool).await {
                Ok(listener) => return Some((Change::Connected, Link::Up(listener))),
                Err(error) => tracing::warn!(%error, "cluster link: cannot connect yet"),
            }
            tokio::time::sleep(RECONNECT).await;
        },
        Link::Up(mut listener) => loop {
            match receive(&mut listener).await {
                Ok(Some(change)) => return Some((change, Link::Up(listener))),
                Ok(None) => {}
                Err(error) => {
                    tracing::warn!(%error, "cluster link: disconnected");
                    return Some((Change::Disconnected, Link::Down));
                }
            }
        },
    }
}

async fn connect(pool: &PgPool) -> Result<PgListener, sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.eager_reconnect(false);
    listener.ignore_pool_close_event(false);
    listener.listen(CHANNEL).await?;
    Ok(listener)
}

/// The next change; `None` after a successful ping or an unknown notification.
async fn receive(listener: &mut PgListener) -> Result<Option<Change>, sqlx::Error> {
    match tokio::time::timeout(PING_AFTER, listener.try_recv()).await {
        Ok(Ok(Some(notification))) => Ok(parse(notification.payload())),
        Ok(Ok(None)) => Err(sqlx::Error::PoolClosed),
        Ok(Err(error)) => Err(error),
        Err(_) => match tokio::time::timeout(PING_TIMEOUT, sqlx::query("SELECT 1").execute(&mut *listener)).await {
            Ok(answer) => answer.map(|_| None),
            Err(_) => Err(sqlx::Error::PoolTimedOut),
        },
    }
}

/// Parses a notification: `revoked <session id, hex> <Unix time, ms> <reason>`,
/// `user-revoked <user id, hex> <epoch> <kept session id, hex, or -> <Unix time, ms> <reason>`, or `keys`.
fn parse(payload: &str) -> Option<Change> {
    let words: Vec<_> = payload.split(' ').collect();
    match words[..] {
        ["keys"] => Some(Change::KeysRotated),
        ["revoked", id, at, reason] => Some(Change::Revoked(Revocation {
            session_id: session_id(id)?,
            at: Timestamp(at.parse().ok()?),
            reason: RevokeReason::parse(reason)?,
        })),
        ["user-revoked", id, epoch, kept, at, reason] => Some(Change::UserRevoked(UserRevocation {
            user_id: UserId::parse(id)?,
            epoch: epoch.parse().ok()?,
            kept: if kept == "-" { None } else { Some(session_id(kept)?) },
            at: Timestamp(at.parse().ok()?),
            reason: RevokeReason::parse(reason)?,
        })),
        _ => None,
    }
}

fn session_id(hex: &str) -> Option<SessionId> {
    Some(SessionId(u128::from_str_radix(hex, 16).ok()?.to_be_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notifications_are_parsed_and_nonsense_is_ignored() {
        let revocation =
            Revocation { session_id: SessionId([0xab; 16]), at: Timestamp(17), reason: RevokeReason::Reuse };
        assert_eq!(parse(&format!("revoked {} 17 reuse", "ab".repeat(16))), Some(Change::Revoked(revocation)));
        let (user, session) = ("01".repeat(16), "ab".repeat(16));
        let user_revocation = UserRevocation {
            user_id: UserId(uuid::Uuid::from_bytes([1; 16])),
            epoch: 3,
            kept: Some(SessionId([0xab; 16])),
            at: Timestamp(17),
            reason: RevokeReason::PasswordChanged,
        };
        for (kept, word) in [(user_revocation.kept, session.as_str()), (None, "-")] {
            let told = format!("user-revoked {user} 3 {word} 17 password_changed");
            assert_eq!(parse(&told), Some(Change::UserRevoked(UserRevocation { kept, ..user_revocation })));
        }
        assert_eq!(parse("keys"), Some(Change::KeysRotated));
        for nonsense in [
            "",
            "revoked",
            "revoked x 1 reuse",
            "revoked 00 x reuse",
            "revoked 00 1 whim",
            "keys keys",
            "user-revoked x 1 - 1 reuse",
        ] {
            assert_eq!(parse(nonsense), None, "{nonsense}");
        }
    }
}
