//! Opens the resource on the server and hands it to its server functions.

use std::sync::Arc;

use super::rules::Notes;
use super::store;
use crate::api::edge::RequestContext;
use crate::api::edge::app_state::{AppState, Export};
use crate::api::export::to_json;
use crate::auth::model::user::UserId;
use crate::auth::token::access::Verified;
use crate::clock::Clock;
use crate::protocol::problem::Problem;
use crate::store::Database;

/// The notes on an open database, for `AppState::with_resource`.
pub fn open(database: &Database, clock: Arc<dyn Clock>) -> Notes {
    Notes::new(store::of(database), clock)
}

/// The notes of a user, for `AppState::with_export`.
pub const EXPORT: Export = Export { name: "notes", of: |state, owner| Box::pin(all(state, owner)) };

async fn all(state: AppState, owner: UserId) -> Result<serde_json::Value, Problem> {
    let Some(notes) = state.resource::<Notes>() else { return Ok(serde_json::Value::Null) };
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = notes.list(owner, after.as_deref()).await?;
        all.extend(page.notes);
        after = page.next;
        if after.is_none() {
            return to_json(&all);
        }
    }
}

/// The notes and the signed-in user, for a server function.
///
/// # Errors
///
/// Those of [`RequestContext::signed_in`] and [`RequestContext::resource`].
pub fn signed_in() -> Result<(Arc<Notes>, Arc<Verified>), Problem> {
    let (context, user) = RequestContext::signed_in()?;
    Ok((context.resource()?, user))
}
