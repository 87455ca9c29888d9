//! The sample protected resource: replace it with your own. A server function is protected by naming
//! [`BearerClient`](crate::client::transport::BearerClient) and asking [`Edge::signed_in`](crate::server::edge::Edge) who
//! calls; attaching the token, the silent refresh and the one retry come with the client.

use leptos::prelude::*;
use leptos::server_fn::codec::{GetUrl, Json, PostUrl};
use serde::{Deserialize, Serialize};

use super::auth::{Done, NoContent};
use super::error::Problem;
use crate::client::transport::BearerClient;
use crate::clock::Timestamp;

/// Longest title and body, in characters.
pub const TITLE_MAX: usize = 200;
pub const BODY_MAX: usize = 10_000;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    pub id: String,
    pub title: String,
    pub body: String,
    pub updated_at: Timestamp,
}

/// The person's notes, last changed first.
#[server(prefix = "/api/notes", endpoint = "list", input = GetUrl, output = Json, client = BearerClient)]
pub async fn list() -> Result<Vec<Note>, Problem> {
    let (edge, user) = crate::server::edge::Edge::signed_in()?;
    Ok(edge.notes().list(user.user_id).await?)
}

/// With an `id`, a UUID of the caller's choice, it may be called again when an answer was lost: it stays one note.
#[server(prefix = "/api/notes", endpoint = "create", input = PostUrl, output = Json, client = BearerClient)]
pub async fn create(title: String, body: String, #[server(default)] id: Option<String>) -> Result<Note, Problem> {
    let (edge, user) = crate::server::edge::Edge::signed_in()?;
    Ok(edge.notes().create(user.user_id, id.as_deref(), title, body).await?)
}

#[server(prefix = "/api/notes", endpoint = "update", input = PostUrl, output = Json, client = BearerClient)]
pub async fn update(id: String, title: String, body: String) -> Result<Note, Problem> {
    let (edge, user) = crate::server::edge::Edge::signed_in()?;
    Ok(edge.notes().update(user.user_id, &id, title, body).await?)
}

#[server(prefix = "/api/notes", endpoint = "delete", input = PostUrl, output = NoContent, client = BearerClient)]
pub async fn delete(id: String) -> Result<Done, Problem> {
    let (edge, user) = crate::server::edge::Edge::signed_in()?;
    edge.notes().delete(user.user_id, &id).await?;
    Ok(Done)
}
