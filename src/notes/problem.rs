//! Maps the errors of notes to problem documents, in the language of the request.

use super::rules::{NoteError, NoteValidationError};
use crate::auth::error::AuthError;
use crate::lang::{Lang, lang};
use crate::protocol::problem::Problem;

impl From<NoteError> for Problem {
    fn from(error: NoteError) -> Self {
        match error {
            NoteError::Invalid { field, error } => Problem::invalid(field, wording(error, lang())),
            NoteError::NotFound => AuthError::NotFound.into(),
            NoteError::Store(error) => AuthError::Store(error).into(),
        }
    }
}

fn wording(error: NoteValidationError, lang: Lang) -> &'static str {
    match error {
        NoteValidationError::IdNoUuid => lang.flaw_id_no_uuid(),
        NoteValidationError::TitleMissing => lang.flaw_title_missing(),
        NoteValidationError::TitleTooLong => lang.flaw_title_too_long(),
        NoteValidationError::BodyTooLong => lang.flaw_body_too_long(),
        NoteValidationError::Nul => lang.flaw_nul(),
    }
}
