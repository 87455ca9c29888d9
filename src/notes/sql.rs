//! The notes port in SQL, for SQLite and PostgreSQL: the statements are valid in both dialects.

use sqlx::{Connection as _, PgConnection, SqliteConnection};

use crate::auth::model::user::UserId;
use crate::auth::store::StoreError;
use crate::store::rows::{Readable, collect};
use crate::store::sql::unavailable;
use crate::store::{postgres::PostgresStore, sqlite::SqliteStore};

use super::protocol::Note;
use super::store::{FoundPage, NotesStore, Place, Quota, Usage, WriteNote};

fn note(row: &impl Readable) -> Result<Note, StoreError> {
    Ok(Note {
        id: row.text("id")?,
        title: row.text("title")?,
        body: row.text("body")?,
        updated_at: row.time("updated_at")?,
    })
}

fn usage(row: &impl Readable) -> Result<Usage, StoreError> {
    let count = |column| row.number(column).map(i64::unsigned_abs);
    Ok(Usage { notes: count("notes")?, bytes: count("bytes")? })
}

/// Nothing to lock: the one writer of a SQLite file runs one transaction at a time.
#[expect(clippy::unused_async, reason = "the shared SQL awaits it")]
async fn lock_owner_sqlite(_: &mut SqliteConnection, _: UserId) -> Result<(), StoreError> {
    Ok(())
}

/// Lets one transaction at a time write notes of an owner. The next statement's snapshot is taken after the wait, so it counts
/// what the transaction before has written.
async fn lock_owner_postgres(connection: &mut PgConnection, owner: UserId) -> Result<(), StoreError> {
    sqlx::query("SELECT 1 FROM users WHERE id = $1 FOR NO KEY UPDATE")
        .bind(owner.0.as_bytes().as_slice())
        .execute(connection)
        .await
        .map_err(unavailable)?;
    Ok(())
}

macro_rules! notes_sql {
    ($store:ty, $connection:ty, $lock_owner:ident) => {
        impl $store {
            /// Why a write of a note wrote nothing.
            async fn why_not_written(
                connection: &mut $connection,
                owner: UserId,
                id: &str,
            ) -> Result<Option<Usage>, StoreError> {
                let elsewhere = sqlx::query("SELECT 1 FROM notes WHERE id = $1 AND owner_id <> $2")
                    .bind(id)
                    .bind(owner.0.as_bytes().as_slice())
                    .fetch_optional(&mut *connection)
                    .await
                    .map_err(unavailable)?;
                if elsewhere.is_some() {
                    return Ok(None);
                }
                let row = sqlx::query(
                    "SELECT count(*) AS notes, coalesce(sum(octet_length(title) + octet_length(body)), 0) AS bytes \
                     FROM notes WHERE owner_id = $1 AND id <> $2",
                )
                .bind(owner.0.as_bytes().as_slice())
                .bind(id)
                .fetch_one(connection)
                .await
                .map_err(unavailable)?;
                usage(&row).map(Some)
            }
        }

        #[async_trait::async_trait]
        impl NotesStore for $store {
            async fn notes(&self, owner: UserId, after: &Place, most: Quota) -> Result<FoundPage, StoreError> {
                let rows = sqlx::query(
                    "SELECT id, title, body, updated_at, found FROM ( \
                         SELECT id, title, body, updated_at, count(*) OVER () AS found, \
                             octet_length(title) + octet_length(body) AS own, \
                             sum(octet_length(title) + octet_length(body)) \
                                 OVER (ORDER BY updated_at DESC, id DESC) AS upto \
                         FROM ( \
                             SELECT id, title, body, updated_at FROM notes WHERE owner_id = $1 \
                                 AND (updated_at < $2 OR (updated_at = $2 AND id < $3)) \
                             ORDER BY updated_at DESC, id DESC LIMIT $4 \
                         ) AS page \
                     ) AS measured WHERE upto <= $5 OR upto = own ORDER BY updated_at DESC, id DESC",
                )
                .bind(owner.0.as_bytes().as_slice())
                .bind(after.updated_at.millis())
                .bind(&after.id)
                .bind(i64::from(most.notes) + 1)
                .bind(i64::from(most.bytes))
                .fetch_all(&mut *self.read().await?)
                .await
                .map_err(unavailable)?;
                let found = rows.first().map_or(Ok(0), |row| row.number("found"))?;
                let mut notes = collect(rows, note)?;
                notes.truncate(usize::try_from(most.notes).unwrap_or(usize::MAX));
                Ok(FoundPage { more: found > i64::try_from(notes.len()).unwrap_or(i64::MAX), notes })
            }

            async fn create_note(&self, owner: UserId, note: &Note, quota: Quota) -> Result<WriteNote, StoreError> {
                let mut connection = self.write().await?;
                let mut transaction = connection.begin().await.map_err(unavailable)?;
                $lock_owner(&mut transaction, owner).await?;
                let written = sqlx::query(
                    "INSERT INTO notes (id, owner_id, title, body, updated_at) SELECT $1, $2, $3, $4, $5 \
                     WHERE (SELECT count(*) FROM notes WHERE owner_id = $2 AND id <> $1) < $6 \
                     AND (SELECT coalesce(sum(octet_length(title) + octet_length(body)), 0) FROM notes \
                          WHERE owner_id = $2 AND id <> $1) + $7 <= $8 \
                     ON CONFLICT (id) DO UPDATE SET title = excluded.title, body = excluded.body, \
                     updated_at = excluded.updated_at WHERE notes.owner_id = excluded.owner_id",
                )
                .bind(&note.id)
                .bind(owner.0.as_bytes().as_slice())
                .bind(&note.title)
                .bind(&note.body)
                .bind(note.updated_at.millis())
                .bind(i64::from(quota.notes))
                .bind(i64::from(note.bytes()))
                .bind(i64::from(quota.bytes))
                .execute(&mut *transaction)
                .await
                .map_err(unavailable)?;
                let outcome = match written.rows_affected() {
                    1 => WriteNote::Written,
                    _ => match Self::why_not_written(&mut transaction, owner, &note.id).await? {
                        Some(usage) => WriteNote::NoRoom(usage),
                        None => WriteNote::NotFound,
                    },
                };
                transaction.commit().await.map_err(unavailable)?;
                Ok(outcome)
            }

            async fn update_note(&self, owner: UserId, note: &Note, quota: Quota) -> Result<WriteNote, StoreError> {
                let mut connection = self.write().await?;
                let mut transaction = connection.begin().await.map_err(unavailable)?;
                $lock_owner(&mut transaction, owner).await?;
                let updated = sqlx::query(
                    "UPDATE notes SET title = $1, body = $2, updated_at = $3 WHERE id = $4 AND owner_id = $5 \
                     AND (octet_length(title) + octet_length(body) >= $6 \
                          OR (SELECT coalesce(sum(octet_length(title) + octet_length(body)), 0) FROM notes \
                              WHERE owner_id = $5 AND id <> $4) + $6 <= $7)",
                )
                .bind(&note.title)
                .bind(&note.body)
                .bind(note.updated_at.millis())
                .bind(&note.id)
                .bind(owner.0.as_bytes().as_slice())
                .bind(i64::from(note.bytes()))
                .bind(i64::from(quota.bytes))
                .execute(&mut *transaction)
                .await
                .map_err(unavailable)?;
                if updated.rows_affected() == 1 {
                    transaction.commit().await.map_err(unavailable)?;
                    return Ok(WriteNote::Written);
                }
                let own = sqlx::query("SELECT 1 FROM notes WHERE id = $1 AND owner_id = $2")
                    .bind(&note.id)
                    .bind(owner.0.as_bytes().as_slice())
                    .fetch_optional(&mut *transaction)
                    .await
                    .map_err(unavailable)?;
                Ok(match own {
                    None => WriteNote::NotFound,
                    Some(_) => match Self::why_not_written(&mut transaction, owner, &note.id).await? {
                        Some(usage) => WriteNote::NoRoom(usage),
                        None => WriteNote::NotFound,
                    },
                })
            }

            async fn delete_note(&self, owner: UserId, id: &str) -> Result<bool, StoreError> {
                let deleted = sqlx::query("DELETE FROM notes WHERE id = $1 AND owner_id = $2")
                    .bind(id)
                    .bind(owner.0.as_bytes().as_slice())
                    .execute(&mut *self.write().await?)
                    .await
                    .map_err(unavailable)?;
                Ok(deleted.rows_affected() == 1)
            }
        }
    };
}

notes_sql!(SqliteStore, SqliteConnection, lock_owner_sqlite);
notes_sql!(PostgresStore, PgConnection, lock_owner_postgres);
