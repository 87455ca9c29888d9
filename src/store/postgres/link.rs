//! The cluster link: the connection that receives the notifications of other instances. A connection that is open proves
//! nothing: a proxy or a pooler between may swallow notifications. So the link sends a notification to itself every second,
//! through another connection (heartbeat), and is down when it does not hear it.

use std::time::Instant;

use futures::stream::{self, BoxStream, StreamExt as _};
use sqlx::postgres::{PgListener, PgPoolOptions, PgRow};
use sqlx::{ConnectOptions as _, Postgres, Row as _};
use tokio::time::{sleep, timeout};

use super::CHANNEL;
use super::connect::{Addresses, Pool};
use super::connection::{PoolMode, PostgresConnection};
use crate::store::sql::prelude::*;

/// How often the link sends a notification to itself.
const EVERY: Duration = Duration::from_secs(1);
/// How long it waits to hear it, or for a connection.
const LIMIT: Duration = Duration::from_secs(1);
/// The same at a start: it is refused for want of an answer, so a database that is slow gets more time.
const START_LIMIT: Duration = Duration::from_secs(5);
/// The pause between attempts to restore the link.
const RECONNECT: Duration = Duration::from_millis(200);
/// A link that lived shorter than this was cut; the next one has to last for [`EVERY`] before it counts.
const SHORT: Duration = Duration::from_secs(5);
/// How often the log repeats that the link is down.
const REPEAT: Duration = Duration::from_secs(60);

/// The changes that other instances make.
pub(super) fn changes(pool: Pool) -> BoxStream<'static, Change> {
    let down = Link { pool, cut: false, told: None, up: None };
    stream::unfold(down, |mut link| async move { link.next().await.map(|change| (change, link)) }).boxed()
}

/// Proves that a notification which is sent through the main address arrives where the link listens.
///
/// # Errors
///
/// A sentence that says what to change.
pub(super) async fn hears_itself(addresses: &Addresses) -> Result<(), String> {
    let heard = async {
        timeout(START_LIMIT, check_sessions(addresses)).await.map_err(|_| Broken::Silent)??;
        Up::connect(addresses, START_LIMIT).await?.echo().await
    };
    heard.await.map_err(|error| error.to_string())
}

/// Finds a pooler that lends a session for a transaction: two of its clients get the same one. Before anything listens there: the
/// session would go on to, and whoever gets it next would be sent notifications that they do not expect.
async fn check_sessions(addresses: &Addresses) -> Result<(), Broken> {
    let has_listen_address = addresses.listen.is_some();
    let broken = |error| if has_listen_address { Broken::ListenAddress(error) } else { error.into() };
    let mut main = addresses.main.connect().await?;
    let mut one = addresses.session().connect().await.map_err(broken)?;
    let mut other = addresses.session().connect().await.map_err(broken)?;
    // A busy pooler may lend the session to a third client in between.
    for _ in 0..3 {
        if session_of(&mut one).await.map_err(broken)? == session_of(&mut other).await.map_err(broken)? {
            return Err(if has_listen_address { Broken::PooledListenAddress } else { Broken::Pooled });
        }
    }
    let ((_, main_database), (_, listen_database)) = (session_of(&mut main).await?, session_of(&mut one).await?);
    for connection in [main, one, other] {
        let _ = connection.close().await;
    }
    match main_database == listen_database {
        true => Ok(()),
        false => Err(Broken::OtherDatabase { listen: listen_database, main: main_database }),
    }
}

struct Link {
    pool: Pool,
    /// Whether the last link was cut soon after it came up.
    cut: bool,
    /// When the log last said that the link is down.
    told: Option<Instant>,
    up: Option<Up>,
}

struct Up {
    listener: PgListener,
    /// Sends the echo, through the address where every announcement is made. A connection of its own: a pooler could hand the
    /// listener's own notification back although it forwards no other.
    speaker: PostgresConnection,
    has_listen_address: bool,
    echo: String,
    limit: Duration,
    since: Instant,
    /// When the echo that was sent must have been heard.
    expected: Option<Instant>,
    /// When the next one is sent.
    next: Instant,
}

#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    #[error("TWO_TOKENS_LISTEN_URL: {0}")]
    ListenAddress(sqlx::Error),
    #[error("the database does not answer")]
    Silent,
    #[error(
        "TWO_TOKENS_DATABASE_URL leads to a pooler in transaction mode, where notifications of other instances get lost: set \
         TWO_TOKENS_LISTEN_URL to the address of PostgreSQL itself, or let the pooler work in session mode"
    )]
    Pooled,
    #[error(
        "TWO_TOKENS_LISTEN_URL leads to a pooler in transaction mode, where notifications get lost: it must lead to PostgreSQL \
         itself, or to a pooler in session mode"
    )]
    PooledListenAddress,
    #[error(
        "TWO_TOKENS_LISTEN_URL leads to the database {listen} and TWO_TOKENS_DATABASE_URL to {main}: both must lead to one"
    )]
    OtherDatabase { listen: String, main: String },
    #[error(
        "this instance does not hear its own notifications: something between it and PostgreSQL swallows them, as a pooler in \
         transaction mode does. Set TWO_TOKENS_LISTEN_URL to the address of PostgreSQL itself"
    )]
    Deaf,
    #[error(
        "a notification that is sent through TWO_TOKENS_DATABASE_URL is not heard at TWO_TOKENS_LISTEN_URL: both must lead to one \
         database, and TWO_TOKENS_LISTEN_URL to PostgreSQL itself, or to a pooler in session mode"
    )]
    DeafAtListenAddress,
}

impl Link {
    async fn next(&mut self) -> Option<Change> {
        if let Some(up) = &mut self.up {
            match up.receive().await {
                Ok(change) => return Some(change),
                Err(error) => {
                    self.cut = up.since.elapsed() < SHORT;
                    self.up = None;
                    self.told = Some(Instant::now());
                    tracing::warn!(%error, "cluster link: down; this instance is not ready");
                    return Some(Change::Disconnected);
                }
            }
        }
        while !self.pool.connections.is_closed() {
            match Up::steady(&self.pool.addresses, self.cut).await {
                Ok(up) => {
                    tracing::info!("cluster link: up");
                    (self.up, self.told) = (Some(up), None);
                    return Some(Change::Connected);
                }
                Err(error) if self.told.is_none_or(|told| told.elapsed() > REPEAT) => {
                    self.told = Some(Instant::now());
                    tracing::warn!(%error, "cluster link: cannot be made yet; this instance is not ready");
                }
                Err(_) => {}
            }
            sleep(RECONNECT).await;
        }
        None
    }
}

impl Up {
    /// Listens, and hears itself; `after_a_cut` means that the link has to last a while too.
    async fn steady(addresses: &Addresses, after_a_cut: bool) -> Result<Self, Broken> {
        let mut up = Self::connect(addresses, LIMIT).await?;
        up.echo().await?;
        if after_a_cut {
            // Changes that arrive meanwhile are not lost: the instance reads them when the link counts as up.
            while up.since.elapsed() < EVERY {
                up.step().await?;
            }
            up.echo().await?;
        }
        Ok(up)
    }

    async fn connect(addresses: &Addresses, limit: Duration) -> Result<Self, Broken> {
        let has_listen_address = addresses.listen.is_some();
        let listening = async {
            // A pool of its own: with the shared one a link could not be made while requests hold every connection.
            let own = PgPoolOptions::new().max_connections(1).connect_with(addresses.session().clone()).await?;
            let mut listener = PgListener::connect_with(&own).await?;
            listener.eager_reconnect(false);
            listener.ignore_pool_close_event(true);
            listener.listen(CHANNEL).await?;
            Ok(listener)
        };
        let connecting = async {
            let broken = |error| if has_listen_address { Broken::ListenAddress(error) } else { error.into() };
            // It needs no session, and must not rely on one before it is proven.
            let speaker = PostgresConnection::connect(&addresses.main, PoolMode::Transaction).await?;
            Ok::<_, Broken>((listening.await.map_err(broken)?, speaker))
        };
        let (listener, speaker) = timeout(limit + limit, connecting).await.map_err(|_| Broken::Silent)??;
        let echo = format!("echo {}", uuid::Uuid::new_v4().simple());
        let now = Instant::now();
        Ok(Self { listener, speaker, has_listen_address, echo, limit, since: now, expected: None, next: now })
    }

    /// Sends a notification and hears it.
    async fn echo(&mut self) -> Result<(), Broken> {
        self.next = Instant::now();
        self.expected = None;
        loop {
            self.step().await?;
            if self.expected.is_none() && self.next > Instant::now() {
                return Ok(());
            }
        }
    }

    async fn receive(&mut self) -> Result<Change, Broken> {
        loop {
            if let Some(change) = self.step().await? {
                return Ok(change);
            }
        }
    }

    /// Sends the echo when it is due, or waits for one notification.
    async fn step(&mut self) -> Result<Option<Change>, Broken> {
        let wake = self.expected.unwrap_or(self.next);
        let left = wake.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return match (self.expected, self.has_listen_address) {
                (None, _) => self.send().await.map(|()| None),
                (Some(_), false) => Err(Broken::Deaf),
                (Some(_), true) => Err(Broken::DeafAtListenAddress),
            };
        }
        match timeout(left, self.listener.try_recv()).await {
            Ok(Ok(Some(notification))) if notification.payload() == self.echo => {
                self.expected = None;
                self.next = Instant::now() + EVERY;
                Ok(None)
            }
            Ok(Ok(Some(notification))) => Ok(parse(notification.payload())),
            Ok(Ok(None)) => Err(Broken::Database(sqlx::Error::PoolClosed)),
            Ok(Err(error)) => Err(error.into()),
            Err(_) => Ok(None),
        }
    }

    async fn send(&mut self) -> Result<(), Broken> {
        self.expected = Some(Instant::now() + self.limit);
        let query = sqlx::query("SELECT pg_notify($1, $2)").bind(CHANNEL).bind(&self.echo);
        timeout(self.limit, query.execute(&mut self.speaker)).await.map_err(|_| Broken::Silent)??;
        Ok(())
    }
}

/// The session in which a statement of a client runs, and its database. A simple query: nothing is prepared.
async fn session_of<'c>(client: impl sqlx::Executor<'c, Database = Postgres>) -> Result<(String, String), sqlx::Error> {
    let row: PgRow = client.fetch_one("SELECT pg_backend_pid()::text, current_database()::text").await?;
    Ok((row.try_get(0)?, row.try_get(1)?))
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
            reason: RevokeReason::of_any_version(reason),
        })),
        ["user-revoked", id, epoch, kept, at, reason] => Some(Change::UserRevoked(UserRevocation {
            user_id: UserId::parse(id)?,
            epoch: epoch.parse().ok()?,
            kept: if kept == "-" { None } else { Some(session_id(kept)?) },
            at: Timestamp(at.parse().ok()?),
            reason: RevokeReason::of_any_version(reason),
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
        let newer = parse(&format!("user-revoked {user} 3 - 17 a_reason_of_a_newer_program"));
        let known = UserRevocation { kept: None, reason: RevokeReason::SignedOutElsewhere, ..user_revocation };
        assert_eq!(newer, Some(Change::UserRevoked(known)), "whatever the reason, the sessions have ended");
        assert_eq!(parse("keys"), Some(Change::KeysRotated));
        for nonsense in [
            "",
            "revoked",
            "revoked x 1 reuse",
            "revoked 00 x reuse",
            "keys keys",
            "echo 00",
            "user-revoked x 1 - 1 reuse",
        ] {
            assert_eq!(parse(nonsense), None, "{nonsense}");
        }
    }
}
