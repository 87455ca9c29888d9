//! The rules of the sample resource: whose a note is, and what one may hold. Another person's note does not exist.

use std::sync::Arc;

use uuid::Uuid;

use super::error::AuthError;
use super::flaw::Flaw;
use super::user::UserId;
use crate::api::notes::{BODY_MAX, Note, TITLE_MAX};
use crate::clock::Clock;
use crate::store::Store;

pub struct Notes {
    pub store: Arc<dyn Store>,
    pub clock: Arc<dyn Clock>,
}

impl Notes {
    pub async fn list(&self, owner: UserId) -> Result<Vec<Note>, AuthError> {
        Ok(self.store.notes(owner).await?)
    }

    /// With an `id` of the caller's choice the call may be repeated: an answer that was lost makes no second note.
    pub async fn create(
        &self,
        owner: UserId,
        id: Option<&str>,
        title: String,
        body: String,
    ) -> Result<Note, AuthError> {
        let id = match id {
            Some(id) => Uuid::try_parse(id).map_err(|_| AuthError::invalid("id", Flaw::IdNoUuid))?,
            None => Uuid::now_v7(),
        };
        let note = Note { id: id.to_string(), updated_at: self.clock.now(), ..checked(title, body)? };
        if self.store.create_note(owner, &note).await? { Ok(note) } else { Err(AuthError::NotFound) }
    }

    pub async fn update(&self, owner: UserId, id: &str, title: String, body: String) -> Result<Note, AuthError> {
        let note = Note { id: known(id)?, updated_at: self.clock.now(), ..checked(title, body)? };
        if self.store.update_note(owner, &note).await? { Ok(note) } else { Err(AuthError::NotFound) }
    }

    pub async fn delete(&self, owner: UserId, id: &str) -> Result<(), AuthError> {
        if self.store.delete_note(owner, &known(id)?).await? { Ok(()) } else { Err(AuthError::NotFound) }
    }
}

fn known(id: &str) -> Result<String, AuthError> {
    Uuid::try_parse(id).map(|id| id.to_string()).map_err(|_| AuthError::NotFound)
}

fn checked(title: String, body: String) -> Result<Note, AuthError> {
    if title.trim().is_empty() {
        return Err(AuthError::invalid("title", Flaw::TitleMissing));
    }
    if title.chars().count() > TITLE_MAX {
        return Err(AuthError::invalid("title", Flaw::TitleTooLong));
    }
    if body.chars().count() > BODY_MAX {
        return Err(AuthError::invalid("body", Flaw::BodyTooLong));
    }
    // PostgreSQL cannot store this one character in text, and nobody types it.
    for (field, text) in [("title", &title), ("body", &body)] {
        if text.contains('\0') {
            return Err(AuthError::invalid(field, Flaw::Nul));
        }
    }
    Ok(Note { id: String::new(), title, body, updated_at: Default::default() })
}
