//! The port of the sample (repository): what the rules of notes persist. Every query names the
//! owner.

use std::sync::Arc;

use async_trait::async_trait;

use super::protocol::Note;
use crate::auth::model::user::UserId;
use crate::auth::store::StoreError;
use crate::clock::Timestamp;
use crate::store::Database;

/// How many notes and bytes of them (titles and bodies) are allowed together.
#[derive(Clone, Copy, Debug)]
pub struct Quota {
    pub notes: u32,
    pub bytes: u32,
}

/// How many notes an owner has beside the one being written, and their bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    pub notes: u64,
    pub bytes: u64,
}

/// The outcome of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum WriteNote {
    Written,
    /// The id is another owner's, or nobody's.
    NotFound,
    /// The quota allows no more beside these.
    NoRoom(Usage),
}

/// A position in a list (keyset pagination): that of a note, by which the list is ordered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub updated_at: Timestamp,
    pub id: String,
}

impl Place {
    /// Before every note.
    pub fn start() -> Self {
        Self { updated_at: Timestamp(i64::MAX), id: String::new() }
    }

    /// That of a note.
    pub fn of(note: &Note) -> Self {
        Self { updated_at: note.updated_at, id: note.id.clone() }
    }
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundPage {
    pub notes: Vec<Note>,
    /// Whether there are notes after these.
    pub more: bool,
}

/// Persistence of notes.
#[async_trait]
pub trait NotesStore: Send + Sync + 'static {
    /// A user's notes after a place, the last changed first: at most as many, and of as many bytes,
    /// as `most` says, but one if there is one.
    async fn notes(&self, owner: UserId, after: &Place, most: Quota) -> Result<FoundPage, StoreError>;
    /// Inserts, or overwrites the owner's note of the same id (upsert), unless the owner's notes
    /// would then exceed the quota. Concurrent writes do not exceed it either.
    async fn create_note(&self, owner: UserId, note: &Note, quota: Quota) -> Result<WriteNote, StoreError>;
    /// The same for a note that exists. A note that does not grow is written whatever the quota.
    async fn update_note(&self, owner: UserId, note: &Note, quota: Quota) -> Result<WriteNote, StoreError>;
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
