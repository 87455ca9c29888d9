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
    use std::sync::Mutex;

    use async_trait::async_trait;

    use super::*;
    use crate::clock::ManualClock;
    use crate::notes::store::FoundPage;

    /// A store that has one note, answers writes as it is told, and keeps what it was asked to write.
    struct Fake {
        has: Note,
        more: bool,
        write: WriteNote,
        delete: DeleteNote,
        after: Mutex<Vec<Place>>,
        wrote: Mutex<Vec<Note>>,
        deleted: Mutex<Vec<(String, u32, Timestamp)>>,
    }

    #[async_trait]
    impl NotesStore for Fake {
        async fn notes(&self, _: UserId, after: &Place, _: Quota) -> Result<FoundPage, StoreError> {
            self.after.lock().unwrap().push(after.clone());
            Ok(FoundPage { notes: vec![self.has.clone()], more: self.more })
        }
        async fn note(&self, _: UserId, id: &str) -> Result<Option<Note>, StoreError> {
            Ok((id == self.has.id).then(|| self.has.clone()))
        }
        async fn create_note(&self, _: UserId, note: &Note, _: Quota) -> Result<WriteNote, StoreError> {
            self.wrote.lock().unwrap().push(note.clone());
            Ok(self.write)
        }
        async fn update_note(&self, _: UserId, note: &Note, _: Seen<'_>, _: Quota) -> Result<WriteNote, StoreError> {
            self.wrote.lock().unwrap().push(note.clone());
            Ok(self.write)
        }
        async fn delete_note(&self, _: UserId, id: &str, v: u32, now: Timestamp) -> Result<DeleteNote, StoreError> {
            self.deleted.lock().unwrap().push((id.into(), v, now));
            Ok(self.delete)
        }
    }

    const ID: &str = "0190a5c3-0000-7000-8000-00000000000a";
    const NOW: Timestamp = Timestamp(1_800_000_000_000);
    const OWNER: UserId = UserId(Uuid::nil());
    const SEEN: Seen<'static> = Seen { version: 3, change: None };

    fn note() -> Note {
        Note { id: ID.into(), title: "Milk".into(), body: "two".into(), version: 3, updated_at: Timestamp(7) }
    }

    fn notes(set: impl FnOnce(&mut Fake)) -> (Notes, Arc<Fake>) {
        let (write, delete) = (WriteNote::Written(4), DeleteNote::Deleted);
        let mut fake = Fake {
            has: note(),
            more: false,
            write,
            delete,
            after: Mutex::default(),
            wrote: Mutex::default(),
            deleted: Mutex::default(),
        };
        set(&mut fake);
        let fake = Arc::new(fake);
        (Notes::new(fake.clone(), Arc::new(ManualClock::at(NOW))), fake)
    }

    #[tokio::test]
    async fn a_list_goes_on_where_its_page_ended() {
        let (last, _) = notes(|_| ());
        assert_eq!(last.list(OWNER, None).await.unwrap(), NotePage { notes: vec![note()], next: None });
        let (more, fake) = notes(|fake| fake.more = true);
        let next = more.list(OWNER, None).await.unwrap().next.unwrap();
        more.list(OWNER, Some(&next)).await.unwrap();
        assert_eq!(*fake.after.lock().unwrap(), [Place::start(), Place::of(&note())]);
        let unknown = more.list(OWNER, Some("x")).await.unwrap_err();
        assert!(matches!(unknown, NoteError::Invalid { field: "after", error: NoteValidationError::UnknownCursor }));
    }

    #[tokio::test]
    async fn a_note_is_found_by_each_spelling_of_its_id() {
        let (notes, _) = notes(|_| ());
        assert_eq!(notes.get(OWNER, &ID.to_uppercase()).await.unwrap(), note());
        for id in ["", "x", "0190a5c3-0000-7000-8000-00000000000b"] {
            assert!(matches!(notes.get(OWNER, id).await, Err(NoteError::NotFound)), "{id}");
        }
    }

    #[tokio::test]
    async fn a_write_has_the_id_and_the_time_and_gives_the_version() {
        let (notes, fake) = notes(|_| ());
        let expected = |id: &str, version| Note { id: id.into(), version, updated_at: NOW, ..note() };
        let upper = ID.to_uppercase();
        let created = notes.create(OWNER, Some(&upper), "Milk".into(), "two".into()).await.unwrap();
        let updated = notes.update(OWNER, &upper, SEEN, "Milk".into(), "two".into()).await.unwrap();
        assert_eq!([created, updated], [expected(ID, 4), expected(ID, 4)]);
        assert_eq!(*fake.wrote.lock().unwrap(), [expected(ID, 0), expected(ID, 0)]);
        let chosen = notes.create(OWNER, None, "Milk".into(), "two".into()).await.unwrap();
        assert!(Uuid::try_parse(&chosen.id).is_ok_and(|id| id.get_version_num() == 7));
        notes.delete(OWNER, &upper, 3).await.unwrap();
        assert_eq!(*fake.deleted.lock().unwrap(), [(ID.to_owned(), 3, NOW)]);
    }

    #[tokio::test]
    async fn what_a_store_refuses_is_told() {
        for (write, told) in [
            (WriteNote::NotFound, "not found"),
            (WriteNote::Stale, "stale"),
            (WriteNote::NoRoom(Usage { notes: 1_000, bytes: 0 }), "no room: Notes"),
        ] {
            let (notes, _) = notes(|fake| fake.write = write);
            let created = notes.create(OWNER, None, "Milk".into(), String::new()).await.unwrap_err();
            let updated = notes.update(OWNER, ID, SEEN, "Milk".into(), String::new()).await.unwrap_err();
            assert_eq!([created.to_string(), updated.to_string()], [told, told]);
        }
        for (delete, told) in [(DeleteNote::NotFound, "not found"), (DeleteNote::Stale, "stale")] {
            let (notes, _) = notes(|fake| fake.delete = delete);
            assert_eq!(notes.delete(OWNER, ID, 3).await.unwrap_err().to_string(), told);
        }
    }

    #[tokio::test]
    async fn what_is_no_note_reaches_no_store() {
        use NoteValidationError::*;
        let long = |length: usize| "\u{e9}".repeat(length);
        let cases = [
            (String::new(), String::new(), Some(("title", TitleMissing))),
            (" \n".into(), String::new(), Some(("title", TitleMissing))),
            (long(TITLE_MAX), long(BODY_MAX), None),
            (long(TITLE_MAX + 1), String::new(), Some(("title", TitleTooLong))),
            ("a".into(), long(BODY_MAX + 1), Some(("body", BodyTooLong))),
            ("a\0".into(), String::new(), Some(("title", Nul))),
            ("a".into(), "\0".into(), Some(("body", Nul))),
        ];
        for (title, body, refused) in cases {
            let (notes, fake) = notes(|_| ());
            let outcomes = [
                notes.create(OWNER, None, title.clone(), body.clone()).await,
                notes.update(OWNER, ID, SEEN, title.clone(), body.clone()).await,
            ];
            for outcome in outcomes {
                let found = match outcome {
                    Ok(_) => None,
                    Err(NoteError::Invalid { field, error }) => Some((field, error)),
                    Err(other) => panic!("{other}"),
                };
                assert_eq!(found, refused, "{:?}", title.chars().next());
            }
            assert_eq!(fake.wrote.lock().unwrap().len(), if refused.is_some() { 0 } else { 2 });
        }
        let (notes, _) = notes(|_| ());
        let no_id = notes.create(OWNER, Some("x"), "a".into(), String::new()).await.unwrap_err();
        assert!(matches!(no_id, NoteError::Invalid { field: "id", error: IdNoUuid }));
        let (no_key, key) = (Seen { change: Some("x"), ..SEEN }, Seen { change: Some(ID), ..SEEN });
        let refused = notes.update(OWNER, ID, no_key, "a".into(), String::new()).await.unwrap_err();
        assert!(matches!(refused, NoteError::Invalid { field: "change", error: IdNoUuid }));
        notes.update(OWNER, ID, key, "a".into(), String::new()).await.unwrap();
    }

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
