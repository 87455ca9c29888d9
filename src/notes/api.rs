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

/// A note of the user's. Fails with `not_found` for another user's note.
#[server(prefix = "/api/notes", endpoint = "get", input = GetUrl, output = Json, client = BearerClient)]
pub async fn get(id: String) -> Result<Note, Problem> {
    let (notes, user) = crate::notes::signed_in()?;
    Ok(notes.get(user.user_id, &id).await?)
}

/// Creates a note. With a client-chosen `id` (a UUID) the call is idempotent: a retry after a lost
/// answer creates no second note. Fails with `precondition_failed` when that note was changed or
/// deleted meanwhile.
#[server(prefix = "/api/notes", endpoint = "create", input = PostUrl, output = Json, client = BearerClient)]
pub async fn create(title: String, body: String, #[server(default)] id: Option<String>) -> Result<Note, Problem> {
    let (notes, user) = crate::notes::signed_in()?;
    Ok(notes.create(user.user_id, id.as_deref(), title, body).await?)
}

/// Replaces title and body of a note in the version that the caller has seen; fails with
/// `precondition_failed` when it has another one (`If-Match`, RFC 9110 section 13.1.1). With a
/// client-chosen `change` (a UUID) the call is idempotent. Fails with `not_found` for another user's
/// note.
#[server(prefix = "/api/notes", endpoint = "update", input = PostUrl, output = Json, client = BearerClient)]
pub async fn update(
    id: String,
    version: u32,
    title: String,
    body: String,
    #[server(default)] change: Option<String>,
) -> Result<Note, Problem> {
    let (notes, user) = crate::notes::signed_in()?;
    let seen = super::store::Seen { version, change: change.as_deref() };
    Ok(notes.update(user.user_id, &id, seen, title, body).await?)
}

/// Deletes a note in the version that the caller has seen. Fails as [`update`] does.
#[server(prefix = "/api/notes", endpoint = "delete", input = PostUrl, output = NoContent, client = BearerClient)]
pub async fn delete(id: String, version: u32) -> Result<Done, Problem> {
    let (notes, user) = crate::notes::signed_in()?;
    notes.delete(user.user_id, &id, version).await?;
    Ok(Done)
}
