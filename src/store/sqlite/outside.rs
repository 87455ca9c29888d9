//! What other processes write to the file: a command beside the server, such as `users disable`. SQLite notifies nobody. So a
//! connection of any process but the server counts each change that matters to a running server, by triggers of its own and in
//! the same transaction; the server looks at the count twice a second.

use std::time::Duration;

use futures::stream::{self, BoxStream, StreamExt as _};
use sqlx::{SqliteConnection, SqlitePool};

use crate::auth::store::Change;

/// How often the server asks.
const EVERY: Duration = Duration::from_millis(500);

macro_rules! announced {
    ($($name:literal = $event:literal),* $(,)?) => {
        concat!($(
            "CREATE TEMP TRIGGER IF NOT EXISTS ", $name, " AFTER ", $event,
            " BEGIN UPDATE announcements SET number = number + 1; END;"
        ),*)
    };
}

/// The ends of sessions, and the signing keys: what a server keeps in memory.
const ANNOUNCE: &str = announced![
    "session_ended" = "UPDATE OF revoked_at ON main.sessions",
    "deleted_session_ended" = "INSERT ON main.ended_sessions",
    "all_sessions_ended" = "INSERT ON main.ended_users",
    "all_sessions_ended_again" = "UPDATE ON main.ended_users",
    "key_added" = "INSERT ON main.signing_keys",
    "key_changed" = "UPDATE ON main.signing_keys",
    "key_deleted" = "DELETE ON main.signing_keys",
];

/// Lets a connection of a process that does not own the file announce what it changes, once the file has the tables for it.
pub(super) async fn announce(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let table = "SELECT 1 FROM sqlite_schema WHERE name = 'announcements'";
    if sqlx::query(table).fetch_optional(&mut *connection).await?.is_some() {
        sqlx::raw_sql(ANNOUNCE).execute(connection).await?;
    }
    Ok(())
}

/// [`Change::Connected`] at first and after each change of another process: whatever it was, it is read anew.
pub(super) fn changes(readers: SqlitePool) -> BoxStream<'static, Change> {
    stream::unfold((readers, None), |(readers, seen)| async move {
        loop {
            if readers.is_closed() {
                return None;
            }
            match announcements(&readers).await {
                Ok(now) if seen != Some(now) => return Some((Change::Connected, (readers, Some(now)))),
                Ok(_) => {}
                Err(error) => tracing::debug!(%error, "cannot ask for changes of other processes yet"),
            }
            tokio::time::sleep(EVERY).await;
        }
    })
    .boxed()
}

async fn announcements(readers: &SqlitePool) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT number FROM announcements").fetch_one(readers).await
}
