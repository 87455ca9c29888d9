//! Opens the resource on the server and hands it to its server functions.

use std::sync::Arc;

use super::rules::Notes;
use super::store;
use crate::api::edge::RequestContext;
use crate::auth::token::access::Verified;
use crate::clock::Clock;
use crate::protocol::problem::Problem;
use crate::store::Database;

/// The notes on an open database, for `AppState::with_resource`.
pub fn open(database: &Database, clock: Arc<dyn Clock>) -> Notes {
    Notes::new(store::of(database), clock)
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
