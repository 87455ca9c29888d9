//! The notes port in SQL, for SQLite and PostgreSQL: the statements are valid in both dialects.

use crate::auth::model::user::UserId;
use crate::auth::store::StoreError;
use crate::store::rows::{Readable, collect};
use crate::store::sql::unavailable;
use crate::store::{postgres::PostgresStore, sqlite::SqliteStore};

use super::protocol::Note;
use super::store::NotesStore;

fn note(row: &impl Readable) -> Result<Note, StoreError> {
    Ok(Note {
        id: row.text("id")?,
        title: row.text("title")?,
        body: row.text("body")?,
        updated_at: row.time("updated_at")?,
    })
}

macro_rules! notes_sql {
    ($store:ty) => {
        #[async_trait::async_trait]
        impl NotesStore for $store {
            async fn notes(&self, owner: UserId) -> Result<Vec<Note>, StoreError> {
                let rows = sqlx::query(
                    "SELECT id, title, body, updated_at FROM notes WHERE owner_id = $1 \
                     ORDER BY updated_at DESC, id DESC",
                )
                .bind(owner.0.as_bytes().as_slice())
                .fetch_all(&mut *self.read().await?)
                .await
                .map_err(unavailable)?;
                collect(rows, note)
            }

            async fn create_note(&self, owner: UserId, note: &Note) -> Result<bool, StoreError> {
                let written = sqlx::query(
                    "INSERT INTO notes (id, owner_id, title, body, updated_at) VALUES ($1, $2, $3, $4, $5) \
                     ON CONFLICT (id) DO UPDATE SET title = excluded.title, body = excluded.body, \
                     updated_at = excluded.updated_at WHERE notes.owner_id = excluded.owner_id",
                )
                .bind(&note.id)
                .bind(owner.0.as_bytes().as_slice())
                .bind(&note.title)
                .bind(&note.body)
                .bind(note.updated_at.millis())
                .execute(&mut *self.write().await?)
                .await
                .map_err(unavailable)?;
                Ok(written.rows_affected() == 1)
            }

            async fn update_note(&self, owner: UserId, note: &Note) -> Result<bool, StoreError> {
                let updated = sqlx::query(
                    "UPDATE notes SET title = $1, body = $2, updated_at = $3 WHERE id = $4 AND owner_id = $5",
                )
                .bind(&note.title)
                .bind(&note.body)
                .bind(note.updated_at.millis())
                .bind(&note.id)
                .bind(owner.0.as_bytes().as_slice())
                .execute(&mut *self.write().await?)
                .await
                .map_err(unavailable)?;
                Ok(updated.rows_affected() == 1)
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

notes_sql!(SqliteStore);
notes_sql!(PostgresStore);
