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

/// What a write of an existing note requires of it (a precondition, RFC 9110 section 13).
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// The version that the caller has seen.
    pub version: u32,
    /// The key of the write. A write of the same key before it, whose answer was lost, is no conflict.
    pub change: Option<&'a str>,
}

/// The outcome of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum WriteNote {
    /// The note has this version now.
    Written(u32),
    /// The id is another owner's, or nobody's.
    NotFound,
    /// The note was changed by another write, or, for a new one, deleted meanwhile.
    Stale,
    /// The quota allows no more beside these.
    NoRoom(Usage),
}

/// The outcome of a deletion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum DeleteNote {
    Deleted,
    NotFound,
    /// The note has another version.
    Stale,
}

/// What a store finds after a write that wrote nothing.
#[derive(Clone, Copy, Debug)]
pub struct Obstacles {
    /// A note of another owner has the id.
    pub is_of_another: bool,
    /// The owner has deleted a note of the id.
    pub was_deleted: bool,
    /// The owner's note of the id, if there is one: whether it is as the writer has seen it.
    pub own_is_as_seen: Option<bool>,
    /// The owner's other notes.
    pub others: Usage,
}

impl Obstacles {
    /// Why an insert wrote nothing.
    pub fn of_create(self) -> WriteNote {
        match self {
            Self { is_of_another: true, .. } => WriteNote::NotFound,
            Self { was_deleted: true, .. } | Self { own_is_as_seen: Some(false), .. } => WriteNote::Stale,
            Self { others, .. } => WriteNote::NoRoom(others),
        }
    }

    /// Why an update wrote nothing.
    pub fn of_update(self) -> WriteNote {
        match self.own_is_as_seen {
            None => WriteNote::NotFound,
            Some(false) => WriteNote::Stale,
            Some(true) => WriteNote::NoRoom(self.others),
        }
    }
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
    /// The owner's note of an id.
    async fn note(&self, owner: UserId, id: &str) -> Result<Option<Note>, StoreError>;
    /// Inserts as version 1, with the note's id as the key of the write. The same insert again writes
    /// over its own note, and no other write does; an id that the owner has deleted is not used again.
    /// Nothing is written that would exceed the quota, by concurrent writes neither.
    async fn create_note(&self, owner: UserId, note: &Note, quota: Quota) -> Result<WriteNote, StoreError>;
    /// Overwrites a note that is as the caller has seen it, or has the text of `note` already. The
    /// version grows if the text changes. A note that does not grow is written whatever the quota.
    async fn update_note(
        &self,
        owner: UserId,
        note: &Note,
        seen: Seen<'_>,
        quota: Quota,
    ) -> Result<WriteNote, StoreError>;
    /// Deletes a note of that version and remembers its id: the last [`DELETED_IDS`] of an owner.
    async fn delete_note(
        &self,
        owner: UserId,
        id: &str,
        version: u32,
        now: Timestamp,
    ) -> Result<DeleteNote, StoreError>;
}

/// Ids of deleted notes that are remembered for an owner.
pub const DELETED_IDS: u32 = 1_000;

/// The port on an open database.
pub fn of(database: &Database) -> Arc<dyn NotesStore> {
    match database {
        Database::Sqlite(store) => store.clone(),
        Database::Postgres(store) => store.clone(),
    }
}
