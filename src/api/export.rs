//! [`EXPORT`](super::account::EXPORT): the data of the signed-in user as a file. Not a server function, because its answer is a download:
//! the browser's half fetches it with `client::fetch`.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::State,
    http::header::CONTENT_DISPOSITION,
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

use super::{account::EXPORT_FILE, edge::app_state::AppState, views};
use crate::auth::error::AuthError;
use crate::auth::token::access::Verified;
use crate::protocol::problem::Problem;

/// The account, its sessions, history and notices, and what each resource adds (`AppState::with_export`). Holds no secret: the
/// password's hash and the tokens stay.
pub async fn download(
    State(state): State<AppState>,
    Extension(user): Extension<Arc<Verified>>,
) -> Result<Response, Problem> {
    let auth = &state.auth;
    let profile = auth.profile(&user).await?;
    let sessions: Vec<_> = auth.sessions(&user).await?.iter().map(|session| views::session(session, &user)).collect();
    let history: Vec<_> = auth.history(&user).await?.iter().map(views::event).collect();
    let notices: Vec<_> = auth.notices(&user).await?.iter().map(views::notice).collect();
    let mut all = Map::new();
    let account = json!({ "id": user.user_id.to_string(), "email": profile.email, "created_at": profile.created_at });
    all.insert("account".to_owned(), account);
    all.insert("sessions".to_owned(), to_json(&sessions)?);
    all.insert("history".to_owned(), to_json(&history)?);
    all.insert("notices".to_owned(), to_json(&notices)?);
    for export in state.exports() {
        all.insert(export.name.to_owned(), (export.of)(state.clone(), user.user_id).await?);
    }
    let disposition = format!("attachment; filename=\"{EXPORT_FILE}\"");
    Ok(([(CONTENT_DISPOSITION, disposition)], Json(Value::Object(all))).into_response())
}

/// A value as JSON.
///
/// # Errors
///
/// A value that cannot be JSON, which is a mistake of the program.
pub fn to_json(value: &impl serde::Serialize) -> Result<Value, Problem> {
    serde_json::to_value(value)
        .map_err(|_| AuthError::Internal("a part of the export cannot be written as JSON").into())
}
