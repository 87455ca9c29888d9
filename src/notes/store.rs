//! The port of the sample (repository): what the rules of notes persist. Every query names the
//! owner.

use std::sync::Arc;

use async_trait::async_trait;

use super::protocol::Note;
use crate::auth::model::user::UserId;
use crate::auth::store::StoreError;
use crate::store::Database;

/// Persistence of notes.
#[async_trait]
pub trait NotesStore: Send + Sync + 'static {
    /// A user's notes, the last changed first.
    async fn notes(&self, owner: UserId) -> Result<Vec<Note>, StoreError>;
    /// Inserts, or overwrites the owner's note of the same id (upsert). `false` when the id is
    /// another owner's.
    async fn create_note(&self, owner: UserId, note: &Note) -> Result<bool, StoreError>;
    /// `false` when this owner has no such note.
    async fn update_note(&self, owner: UserId, note: &Note) -> Result<bool, StoreError>;
    /// `false` when this owner has no such note.
    async fn delete_note(&self, owner: UserId, id: &str) -> Result<bool, StoreError>;
}

/// The port on an open database.
pub fn of(database: &Database) -> Arc<dyn NotesStore> {
    match database {
        Database::Sqlite(store) => store.clone(),
        Database::Postgres(store) => store.clone(),
    }
}
