//! The rules of the sample: validation and ownership. Another user's note is reported as missing.

use std::sync::Arc;

use uuid::Uuid;

use super::protocol::{BODY_MAX, NOTES_BYTES_MAX, NOTES_MAX, Note, NotePage, PAGE_BYTES, PAGE_NOTES, TITLE_MAX};
use super::store::{DeleteNote, NotesStore, Place, Quota, Seen, Usage, WriteNote};
use crate::auth::model::user::UserId;
use crate::auth::store::StoreError;
use crate::clock::{Clock, Timestamp};

/// An error of a use case of notes.
#[derive(Debug, thiserror::Error)]
pub enum NoteError {
    #[error("{field}: {error:?}")]
    Invalid { field: &'static str, error: NoteValidationError },
    #[error("not found")]
    NotFound,
    /// The note is not as the caller has seen it.
    #[error("stale")]
    Stale,
    #[error("no room: {0:?}")]
    NoRoom(Full),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Validation errors of a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoteValidationError {
    IdNoUuid,
    /// A cursor that no page gave out.
    UnknownCursor,
    TitleMissing,
    TitleTooLong,
    BodyTooLong,
    /// A NUL character, which PostgreSQL cannot store in text.
    Nul,
}

/// The part of the quota that is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// The number of notes.
    Notes,
    /// Their bytes.
    Bytes,
}

const QUOTA: Quota = Quota { notes: NOTES_MAX, bytes: NOTES_BYTES_MAX };
const PAGE: Quota = Quota { notes: PAGE_NOTES, bytes: PAGE_BYTES };

/// Why there is no room for a note beside the others.
fn full(others: Usage) -> Full {
    if others.notes >= QUOTA.notes.into() { Full::Notes } else { Full::Bytes }
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

    /// A page of the notes of `owner`, the last changed first: the first one, or the one after the
    /// cursor `after`.
    ///
    /// # Errors
    ///
    /// [`NoteValidationError::UnknownCursor`].
    pub async fn list(&self, owner: UserId, after: Option<&str>) -> Result<NotePage, NoteError> {
        let after = match after {
            Some(cursor) => {
                place(cursor).ok_or(NoteError::Invalid { field: "after", error: NoteValidationError::UnknownCursor })?
            }
            None => Place::start(),
        };
        let found = self.store.notes(owner, &after, PAGE).await?;
        let last = found.notes.last().filter(|_| found.more);
        Ok(NotePage { next: last.map(|note| cursor(&Place::of(note))), notes: found.notes })
    }

    /// A note.
    ///
    /// # Errors
    ///
    /// [`NoteError::NotFound`] when `owner` has no such note.
    pub async fn get(&self, owner: UserId, id: &str) -> Result<Note, NoteError> {
        self.store.note(owner, &canonical(id)?).await?.ok_or(NoteError::NotFound)
    }

    /// Creates a note. Idempotent with a client-chosen `id`: a repeated call overwrites its own
    /// note, as long as nothing else has changed or deleted it.
    ///
    /// # Errors
    ///
    /// [`NoteError::NotFound`] when `id` is that of another user's note, [`NoteError::Stale`],
    /// [`NoteError::NoRoom`].
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
        written(self.store.create_note(owner, &note, QUOTA).await?, note)
    }

    /// Replaces title and body of the note in the version `version`. Idempotent with a client-chosen
    /// `change` (a UUID): a repeated call overwrites its own change.
    ///
    /// # Errors
    ///
    /// [`NoteError::NotFound`] when `owner` has no such note, [`NoteError::Stale`] when it has
    /// another version, [`NoteError::NoRoom`].
    pub async fn update(
        &self,
        owner: UserId,
        id: &str,
        seen: Seen<'_>,
        title: String,
        body: String,
    ) -> Result<Note, NoteError> {
        if seen.change.is_some_and(|change| Uuid::try_parse(change).is_err()) {
            return Err(NoteError::Invalid { field: "change", error: NoteValidationError::IdNoUuid });
        }
        let note = Note { id: canonical(id)?, updated_at: self.clock.now(), ..checked(title, body)? };
        written(self.store.update_note(owner, &note, seen, QUOTA).await?, note)
    }

    /// Deletes a note in the version `version`.
    ///
    /// # Errors
    ///
    /// [`NoteError::NotFound`] when `owner` has no such note, [`NoteError::Stale`] when it has
    /// another version.
    pub async fn delete(&self, owner: UserId, id: &str, version: u32) -> Result<(), NoteError> {
        match self.store.delete_note(owner, &canonical(id)?, version, self.clock.now()).await? {
            DeleteNote::Deleted => Ok(()),
            DeleteNote::NotFound => Err(NoteError::NotFound),
            DeleteNote::Stale => Err(NoteError::Stale),
        }
    }
}

fn written(outcome: WriteNote, note: Note) -> Result<Note, NoteError> {
    match outcome {
        WriteNote::Written(version) => Ok(Note { version, ..note }),
        WriteNote::NotFound => Err(NoteError::NotFound),
        WriteNote::Stale => Err(NoteError::Stale),
        WriteNote::NoRoom(others) => Err(NoteError::NoRoom(full(others))),
    }
}

/// A place as a word of a URL.
fn cursor(place: &Place) -> String {
    format!("{}_{}", place.updated_at.millis(), place.id)
}

fn place(cursor: &str) -> Option<Place> {
    let (updated_at, id) = cursor.split_once('_')?;
    let id = Uuid::try_parse(id).ok()?.to_string();
    Some(Place { updated_at: Timestamp(updated_at.parse().ok()?), id })
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
    Ok(Note { id: String::new(), title, body, version: 0, updated_at: Default::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written_and_nothing_else_is() {
        let at = Place { updated_at: Timestamp(1_800_000_000_000), id: Uuid::now_v7().to_string() };
        assert_eq!(place(&cursor(&at)), Some(at));
        for text in
            ["", "_", "1", "1_", "_0190a5c3-0000-7000-8000-00000000000a", "x_0190a5c3-0000-7000-8000-00000000000a"]
        {
            assert_eq!(place(text), None, "{text}");
        }
    }

    #[test]
    fn the_part_of_the_quota_that_is_used_up_is_told() {
        assert_eq!(full(Usage { notes: 1_000, bytes: 0 }), Full::Notes);
        assert_eq!(full(Usage { notes: 999, bytes: 5_000_000 }), Full::Bytes);
    }
}
