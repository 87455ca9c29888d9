//! The notes port in SQL, for SQLite and PostgreSQL: the statements are valid in both dialects.

use sqlx::SqliteConnection;

use crate::auth::model::user::UserId;
use crate::auth::store::StoreError;
use crate::clock::Timestamp;
use crate::store::postgres::{PostgresStore, connection::PostgresConnection};
use crate::store::rows::{Readable, collect};
use crate::store::sql::unavailable;
use crate::store::sqlite::SqliteStore;

use super::protocol::Note;
use super::store::{DELETED_IDS, DeleteNote, FoundPage, NotesStore, Obstacles, Place, Quota, Seen, Usage, WriteNote};

fn note(row: &impl Readable) -> Result<Note, StoreError> {
    Ok(Note {
        id: row.text("id")?,
        title: row.text("title")?,
        body: row.text("body")?,
        version: version(row)?,
        updated_at: row.time("updated_at")?,
    })
}

fn version(row: &impl Readable) -> Result<u32, StoreError> {
    let version = row.number("version")?;
    u32::try_from(version).map_err(|_| StoreError::Corrupt(format!("a note has the version {version}")))
}

fn obstacles(row: &impl Readable) -> Result<Obstacles, StoreError> {
    let count = |column| row.number(column).map(i64::unsigned_abs);
    Ok(Obstacles {
        is_of_another: count("of_others")? > 0,
        was_deleted: count("deleted")? > 0,
        own_is_as_seen: (count("own")? > 0).then_some(count("as_seen")? > 0),
        others: Usage { notes: count("notes")?, bytes: count("bytes")? },
    })
}

/// Nothing to lock: the one writer of a SQLite file runs one transaction at a time.
#[expect(clippy::unused_async, reason = "the shared SQL awaits it")]
async fn lock_owner_sqlite(_: &mut SqliteConnection, _: UserId) -> Result<(), StoreError> {
    Ok(())
}

/// Lets one transaction at a time write notes of an owner. The next statement's snapshot is taken after the wait, so it counts
/// what the transaction before has written.
async fn lock_owner_postgres(connection: &mut PostgresConnection, owner: UserId) -> Result<(), StoreError> {
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
            async fn obstacles(
                connection: &mut $connection,
                owner: UserId,
                note: &Note,
                seen: Seen<'_>,
            ) -> Result<Obstacles, StoreError> {
                let row = sqlx::query(
                    "SELECT (SELECT count(*) FROM notes WHERE id = $1 AND owner_id <> $2) AS of_others, \
                     (SELECT count(*) FROM deleted_notes WHERE id = $1 AND owner_id = $2) AS deleted, \
                     (SELECT count(*) FROM notes WHERE id = $1 AND owner_id = $2) AS own, \
                     (SELECT count(*) FROM notes WHERE id = $1 AND owner_id = $2 \
                      AND (version = $3 OR change_key = $4 OR (title = $5 AND body = $6))) AS as_seen, \
                     count(*) AS notes, coalesce(sum(octet_length(title) + octet_length(body)), 0) AS bytes \
                     FROM notes WHERE owner_id = $2 AND id <> $1",
                )
                .bind(&note.id)
                .bind(owner.0.as_bytes().as_slice())
                .bind(i64::from(seen.version))
                .bind(seen.change)
                .bind(&note.title)
                .bind(&note.body)
                .fetch_one(connection)
                .await
                .map_err(unavailable)?;
                obstacles(&row)
            }
        }

        #[async_trait::async_trait]
        impl NotesStore for $store {
            async fn notes(&self, owner: UserId, after: &Place, most: Quota) -> Result<FoundPage, StoreError> {
                let rows = sqlx::query(
                    "SELECT id, title, body, version, updated_at, found FROM ( \
                         SELECT id, title, body, version, updated_at, count(*) OVER () AS found, \
                             octet_length(title) + octet_length(body) AS own, \
                             sum(octet_length(title) + octet_length(body)) \
                                 OVER (ORDER BY updated_at DESC, id DESC) AS upto \
                         FROM ( \
                             SELECT id, title, body, version, updated_at FROM notes WHERE owner_id = $1 \
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

            async fn note(&self, owner: UserId, id: &str) -> Result<Option<Note>, StoreError> {
                sqlx::query("SELECT id, title, body, version, updated_at FROM notes WHERE id = $1 AND owner_id = $2")
                    .bind(id)
                    .bind(owner.0.as_bytes().as_slice())
                    .fetch_optional(&mut *self.read().await?)
                    .await
                    .map_err(unavailable)?
                    .map(|row| note(&row))
                    .transpose()
            }

            async fn create_note(&self, owner: UserId, note: &Note, quota: Quota) -> Result<WriteNote, StoreError> {
                let mut transaction = self.begin().await?;
                $lock_owner(&mut transaction, owner).await?;
                let written = sqlx::query(
                    "INSERT INTO notes (id, owner_id, title, body, updated_at, version, change_key) \
                     SELECT $1, $2, $3, $4, $5, 1, $1 \
                     WHERE NOT EXISTS (SELECT 1 FROM deleted_notes WHERE id = $1 AND owner_id = $2) \
                     AND (SELECT count(*) FROM notes WHERE owner_id = $2 AND id <> $1) < $6 \
                     AND (SELECT coalesce(sum(octet_length(title) + octet_length(body)), 0) FROM notes \
                          WHERE owner_id = $2 AND id <> $1) + $7 <= $8 \
                     ON CONFLICT (id) DO UPDATE SET title = excluded.title, body = excluded.body, \
                     updated_at = excluded.updated_at, version = notes.version + CASE \
                         WHEN notes.title = excluded.title AND notes.body = excluded.body THEN 0 ELSE 1 END \
                     WHERE notes.owner_id = excluded.owner_id AND (notes.change_key = excluded.change_key \
                         OR (notes.title = excluded.title AND notes.body = excluded.body)) \
                     RETURNING version",
                )
                .bind(&note.id)
                .bind(owner.0.as_bytes().as_slice())
                .bind(&note.title)
                .bind(&note.body)
                .bind(note.updated_at.millis())
                .bind(i64::from(quota.notes))
                .bind(i64::from(note.bytes()))
                .bind(i64::from(quota.bytes))
                .fetch_optional(&mut *transaction)
                .await
                .map_err(unavailable)?;
                let outcome = match written {
                    Some(row) => WriteNote::Written(version(&row)?),
                    None => {
                        let seen = Seen { version: 0, change: Some(&note.id) };
                        Self::obstacles(&mut transaction, owner, note, seen).await?.of_create()
                    }
                };
                transaction.commit().await.map_err(unavailable)?;
                Ok(outcome)
            }

            async fn update_note(
                &self,
                owner: UserId,
                note: &Note,
                seen: Seen<'_>,
                quota: Quota,
            ) -> Result<WriteNote, StoreError> {
                let mut transaction = self.begin().await?;
                $lock_owner(&mut transaction, owner).await?;
                let written = sqlx::query(
                    "UPDATE notes SET title = $1, body = $2, updated_at = $3, change_key = $9, \
                     version = version + CASE WHEN title = $1 AND body = $2 THEN 0 ELSE 1 END \
                     WHERE id = $4 AND owner_id = $5 \
                     AND (version = $8 OR change_key = $9 OR (title = $1 AND body = $2)) \
                     AND (octet_length(title) + octet_length(body) >= $6 \
                          OR (SELECT coalesce(sum(octet_length(title) + octet_length(body)), 0) FROM notes \
                              WHERE owner_id = $5 AND id <> $4) + $6 <= $7) \
                     RETURNING version",
                )
                .bind(&note.title)
                .bind(&note.body)
                .bind(note.updated_at.millis())
                .bind(&note.id)
                .bind(owner.0.as_bytes().as_slice())
                .bind(i64::from(note.bytes()))
                .bind(i64::from(quota.bytes))
                .bind(i64::from(seen.version))
                .bind(seen.change)
                .fetch_optional(&mut *transaction)
                .await
                .map_err(unavailable)?;
                let outcome = match written {
                    Some(row) => WriteNote::Written(version(&row)?),
                    None => Self::obstacles(&mut transaction, owner, note, seen).await?.of_update(),
                };
                transaction.commit().await.map_err(unavailable)?;
                Ok(outcome)
            }

            async fn delete_note(
                &self,
                owner: UserId,
                id: &str,
                version: u32,
                now: Timestamp,
            ) -> Result<DeleteNote, StoreError> {
                let mut transaction = self.begin().await?;
                $lock_owner(&mut transaction, owner).await?;
                let deleted = sqlx::query("DELETE FROM notes WHERE id = $1 AND owner_id = $2 AND version = $3")
                    .bind(id)
                    .bind(owner.0.as_bytes().as_slice())
                    .bind(i64::from(version))
                    .execute(&mut *transaction)
                    .await
                    .map_err(unavailable)?;
                if deleted.rows_affected() == 0 {
                    let own = sqlx::query("SELECT 1 FROM notes WHERE id = $1 AND owner_id = $2")
                        .bind(id)
                        .bind(owner.0.as_bytes().as_slice())
                        .fetch_optional(&mut *transaction)
                        .await
                        .map_err(unavailable)?;
                    return Ok(if own.is_some() { DeleteNote::Stale } else { DeleteNote::NotFound });
                }
                sqlx::query(
                    "INSERT INTO deleted_notes (owner_id, id, deleted_at) VALUES ($1, $2, $3) \
                     ON CONFLICT (owner_id, id) DO UPDATE SET deleted_at = excluded.deleted_at",
                )
                .bind(owner.0.as_bytes().as_slice())
                .bind(id)
                .bind(now.millis())
                .execute(&mut *transaction)
                .await
                .map_err(unavailable)?;
                sqlx::query(
                    "DELETE FROM deleted_notes WHERE owner_id = $1 AND id NOT IN (SELECT id FROM deleted_notes \
                     WHERE owner_id = $1 ORDER BY deleted_at DESC, id DESC LIMIT $2)",
                )
                .bind(owner.0.as_bytes().as_slice())
                .bind(i64::from(DELETED_IDS))
                .execute(&mut *transaction)
                .await
                .map_err(unavailable)?;
                transaction.commit().await.map_err(unavailable)?;
                Ok(DeleteNote::Deleted)
            }
        }
    };
}

notes_sql!(SqliteStore, SqliteConnection, lock_owner_sqlite);
notes_sql!(PostgresStore, PostgresConnection, lock_owner_postgres);
