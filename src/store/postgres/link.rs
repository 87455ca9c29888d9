//! The cluster link: the connection that receives the notifications of other instances. A connection that is open proves
//! nothing: a proxy or a pooler between may swallow notifications. So the link sends a notification to itself every second,
//! through another connection (heartbeat), and is down when it does not hear it.

use std::time::Instant;

use futures::stream::{self, BoxStream, StreamExt as _};
use sqlx::{
    ConnectOptions as _, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgListener},
};
use tokio::time::{sleep, timeout};

use super::CHANNEL;
use crate::store::sql::prelude::*;

/// How often the link sends a notification to itself.
const EVERY: Duration = Duration::from_secs(1);
/// How long it waits to hear it, or for a connection.
const LIMIT: Duration = Duration::from_secs(1);
/// The pause between attempts to restore the link.
const RECONNECT: Duration = Duration::from_millis(200);
/// A link that lived shorter than this was cut; the next one has to last for [`EVERY`] before it counts.
const SHORT: Duration = Duration::from_secs(5);
/// How often the log repeats that the link is down.
const REPEAT: Duration = Duration::from_secs(60);

/// The changes that other instances make.
pub(super) fn changes(pool: PgPool) -> BoxStream<'static, Change> {
    let down = Link { pool, cut: false, told: None, up: None };
    stream::unfold(down, |mut link| async move { link.next().await.map(|change| (change, link)) }).boxed()
}

/// Whether a notification that is sent comes back.
pub(super) async fn hears_itself(options: &PgConnectOptions) -> Result<(), String> {
    Up::connect(options, false).await.map(drop).map_err(|error| error.to_string())
}

struct Link {
    pool: PgPool,
    /// Whether the last link was cut soon after it came up.
    cut: bool,
    /// When the log last said that the link is down.
    told: Option<Instant>,
    up: Option<Up>,
}

struct Up {
    listener: PgListener,
    /// Sends the echo: a pooler could hand the listener's own notification back although it forwards no other.
    speaker: PgConnection,
    echo: String,
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
    #[error("the database does not answer")]
    Silent,
    #[error(
        "this instance does not hear its own notifications; does a proxy or a pooler in transaction mode stand between? \
         LISTEN needs a connection of its own"
    )]
    Deaf,
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
        while !self.pool.is_closed() {
            match Up::connect(&self.pool.connect_options(), self.cut).await {
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
    /// Listens, and hears itself; `steady` means that the link has to last a while too.
    async fn connect(options: &PgConnectOptions, steady: bool) -> Result<Self, Broken> {
        let connecting = async {
            // A pool of its own: with the shared one a link could not be made while requests hold every connection.
            let own = sqlx::postgres::PgPoolOptions::new().max_connections(1).connect_with(options.clone()).await?;
            let mut listener = PgListener::connect_with(&own).await?;
            listener.eager_reconnect(false);
            listener.ignore_pool_close_event(true);
            listener.listen(CHANNEL).await?;
            Ok::<_, sqlx::Error>((listener, options.connect().await?))
        };
        let (listener, speaker) = timeout(LIMIT + LIMIT, connecting).await.map_err(|_| Broken::Silent)??;
        let echo = format!("echo {}", uuid::Uuid::new_v4().simple());
        let now = Instant::now();
        let mut up = Self { listener, speaker, echo, since: now, expected: None, next: now };
        up.echo().await?;
        if steady {
            // Changes that arrive meanwhile are not lost: the instance reads them when the link counts as up.
            while up.since.elapsed() < EVERY {
                up.step().await?;
            }
            up.echo().await?;
        }
        Ok(up)
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
            return if self.expected.is_some() { Err(Broken::Deaf) } else { self.send().await.map(|()| None) };
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
        self.expected = Some(Instant::now() + LIMIT);
        let query = sqlx::query("SELECT pg_notify($1, $2)").bind(CHANNEL).bind(&self.echo);
        timeout(LIMIT, query.execute(&mut self.speaker)).await.map_err(|_| Broken::Silent)??;
        Ok(())
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
