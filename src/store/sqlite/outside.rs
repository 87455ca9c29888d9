//! What other processes write to the file: a command beside the server, such as `users disable`. SQLite notifies nobody, so
//! the server asks twice a second whether another connection than its writer has committed (`PRAGMA data_version`).

use std::time::Duration;

use futures::stream::{self, BoxStream, StreamExt as _};
use sqlx::SqlitePool;

use crate::auth::store::Change;

/// How often the server asks.
const EVERY: Duration = Duration::from_millis(500);

/// [`Change::Connected`] at first and after each commit of another process: whatever it was, it is read anew.
pub(super) fn changes(writer: SqlitePool) -> BoxStream<'static, Change> {
    stream::unfold((writer, None), |(writer, seen)| async move {
        loop {
            if writer.is_closed() {
                return None;
            }
            match version(&writer).await {
                Ok(now) if seen != Some(now) => return Some((Change::Connected, (writer, Some(now)))),
                Ok(_) => {}
                Err(error) => tracing::debug!(%error, "cannot ask for changes of other processes yet"),
            }
            tokio::time::sleep(EVERY).await;
        }
    })
    .boxed()
}

/// A number that changes when another connection commits. The writer is one connection, and the only one that writes.
async fn version(writer: &SqlitePool) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("PRAGMA data_version").fetch_one(writer).await
}
