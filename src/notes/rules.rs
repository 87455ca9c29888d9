//! The rules of the sample: validation and ownership. Another user's note is reported as missing.

use std::sync::Arc;

use uuid::Uuid;

use super::protocol::{BODY_MAX, Note, TITLE_MAX};
use super::store::NotesStore;
use crate::auth::model::user::UserId;
use crate::auth::store::StoreError;
use crate::clock::Clock;

/// An error of a use case of notes.
#[derive(Debug, thiserror::Error)]
pub enum NoteError {
    #[error("{field}: {error:?}")]
    Invalid { field: &'static str, error: NoteValidationError },
    #[error("not found")]
    NotFound,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Validation errors of a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoteValidationError {
    IdNoUuid,
    TitleMissing,
    TitleTooLong,
    BodyTooLong,
    /// A NUL character, which PostgreSQL cannot store in text.
    Nul,
}

/// The use cases of notes.
pub struct Notes {
    store: Arc<dyn NotesStore>,
    clock: Arc<dyn Clock>,
}

impl Notes {
    pub fn new(store: Arc<dyn NotesStore>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }

    /// The notes of `owner`, the last changed first.
    pub async fn list(&self, owner: UserId) -> Result<Vec<Note>, NoteError> {
        Ok(self.store.notes(owner).await?)
    }

    /// Creates a note. Idempotent with a client-chosen `id`: a repeated call overwrites its own
    /// note.
    ///
    /// # Errors
    ///
    /// [`NoteError::NotFound`] when `id` is that of another user's note.
    pub async fn create(
        &self,
        owner: UserId,
        id: Option<&str>,
        title: String,
        body: String,
    ) -> Result<Note, NoteError> {
        let id = match id {
            Some(id) => Uuid::try_parse(id)
                .map_err(|_| NoteError::Invalid { field: "id", error: NoteValidationError::IdNoUuid })?,
            None => Uuid::now_v7(),
        };
        let note = Note { id: id.to_string(), updated_at: self.clock.now(), ..checked(title, body)? };
        if self.store.create_note(owner, &note).await? { Ok(note) } else { Err(NoteError::NotFound) }
    }

    /// Replaces title and body.
    ///
    /// # Errors
    ///
    /// [`NoteError::NotFound`] when `owner` has no such note.
    pub async fn update(&self, owner: UserId, id: &str, title: String, body: String) -> Result<Note, NoteError> {
        let note = Note { id: canonical(id)?, updated_at: self.clock.now(), ..checked(title, body)? };
        if self.store.update_note(owner, &note).await? { Ok(note) } else { Err(NoteError::NotFound) }
    }

    /// Deletes a note.
    ///
    /// # Errors
    ///
    /// [`NoteError::NotFound`] when `owner` has no such note.
    pub async fn delete(&self, owner: UserId, id: &str) -> Result<(), NoteError> {
        if self.store.delete_note(owner, &canonical(id)?).await? { Ok(()) } else { Err(NoteError::NotFound) }
    }
}

/// The canonical form of an id. An id that is no UUID belongs to no note.
fn canonical(id: &str) -> Result<String, NoteError> {
    Uuid::try_parse(id).map(|id| id.to_string()).map_err(|_| NoteError::NotFound)
}

fn checked(title: String, body: String) -> Result<Note, NoteError> {
    if title.trim().is_empty() {
        return Err(NoteError::Invalid { field: "title", error: NoteValidationError::TitleMissing });
    }
    if title.chars().count() > TITLE_MAX {
        return Err(NoteError::Invalid { field: "title", error: NoteValidationError::TitleTooLong });
    }
    if body.chars().count() > BODY_MAX {
        return Err(NoteError::Invalid { field: "body", error: NoteValidationError::BodyTooLong });
    }
    for (field, text) in [("title", &title), ("body", &body)] {
        if text.contains('\0') {
            return Err(NoteError::Invalid { field, error: NoteValidationError::Nul });
        }
    }
    Ok(Note { id: String::new(), title, body, updated_at: Default::default() })
}
