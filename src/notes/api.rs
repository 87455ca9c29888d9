//! The server functions (HTTP endpoints) of the sample. A function is protected by its path below
//! `/api/` and by naming [`BearerClient`], which attaches the token, refreshes silently and retries
//! once.

use leptos::prelude::*;
use leptos::server_fn::codec::{GetUrl, Json, PostUrl};

use super::protocol::{Note, NotePage};
use crate::api::transport::BearerClient;
use crate::protocol::empty::{Done, NoContent};
use crate::protocol::problem::Problem;

/// A page of the user's notes, the last changed first: the first page, or the one after a cursor.
#[server(prefix = "/api/notes", endpoint = "list", input = GetUrl, output = Json, client = BearerClient)]
pub async fn list(#[server(default)] after: Option<String>) -> Result<NotePage, Problem> {
    let (notes, user) = crate::notes::signed_in()?;
    Ok(notes.list(user.user_id, after.as_deref()).await?)
}

/// Creates a note. With a client-chosen `id` (a UUID) the call is idempotent: a retry after a lost
/// answer creates no second note.
#[server(prefix = "/api/notes", endpoint = "create", input = PostUrl, output = Json, client = BearerClient)]
pub async fn create(title: String, body: String, #[server(default)] id: Option<String>) -> Result<Note, Problem> {
    let (notes, user) = crate::notes::signed_in()?;
    Ok(notes.create(user.user_id, id.as_deref(), title, body).await?)
}

/// Replaces title and body. Fails with `not_found` for another user's note.
#[server(prefix = "/api/notes", endpoint = "update", input = PostUrl, output = Json, client = BearerClient)]
pub async fn update(id: String, title: String, body: String) -> Result<Note, Problem> {
    let (notes, user) = crate::notes::signed_in()?;
    Ok(notes.update(user.user_id, &id, title, body).await?)
}

/// Deletes a note. Fails with `not_found` for another user's note.
#[server(prefix = "/api/notes", endpoint = "delete", input = PostUrl, output = NoContent, client = BearerClient)]
pub async fn delete(id: String) -> Result<Done, Problem> {
    let (notes, user) = crate::notes::signed_in()?;
    notes.delete(user.user_id, &id).await?;
    Ok(Done)
}
