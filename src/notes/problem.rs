//! Maps the errors of notes to problem documents, in the language of the request.

use super::rules::{Full, NoteError, NoteValidationError};
use crate::auth::error::AuthError;
use crate::lang::{Lang, lang};
use crate::protocol::code::Code;
use crate::protocol::problem::Problem;

impl From<NoteError> for Problem {
    fn from(error: NoteError) -> Self {
        match error {
            NoteError::Invalid { field, error } => Problem::invalid(field, wording(error, lang())),
            NoteError::NotFound => AuthError::NotFound.into(),
            NoteError::Stale => Problem::new(Code::PreconditionFailed, lang().flaw_note_changed()),
            NoteError::NoRoom(full) => no_room(full, lang()),
            NoteError::Store(error) => AuthError::Store(error).into(),
        }
    }
}

/// Told at the field that a change of could help.
fn no_room(full: Full, lang: Lang) -> Problem {
    let (field, detail) = match full {
        Full::Notes => ("title", lang.flaw_notes_full()),
        Full::Bytes => ("body", lang.flaw_notes_bytes_full()),
    };
    Problem { field: Some(field.to_owned()), ..Problem::new(Code::QuotaReached, detail) }
}

fn wording(error: NoteValidationError, lang: Lang) -> &'static str {
    match error {
        NoteValidationError::UnknownCursor => lang.flaw_unknown_cursor(),
        NoteValidationError::IdNoUuid => lang.flaw_id_no_uuid(),
        NoteValidationError::TitleMissing => lang.flaw_title_missing(),
        NoteValidationError::TitleTooLong => lang.flaw_title_too_long(),
        NoteValidationError::BodyTooLong => lang.flaw_body_too_long(),
        NoteValidationError::Nul => lang.flaw_nul(),
    }
}
