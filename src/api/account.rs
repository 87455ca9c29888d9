//! The signed-in person's own account: who am I, which sessions are open, end them. All need the bearer token.

use leptos::prelude::*;
use leptos::server_fn::codec::{GetUrl, Json, PostUrl};
use serde::{Deserialize, Serialize};

use super::auth::{Done, NoContent};
use super::error::Problem;
use crate::client::transport::BearerClient;
use crate::clock::Timestamp;

/// What the access token says, answered without the database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    pub id: String,
    pub session_id: String,
    /// When the password was entered.
    pub signed_in_at: Timestamp,
    pub access_token_issued_at: Timestamp,
    pub access_token_expires_at: Timestamp,
}

/// One signed-in browser.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionView {
    pub id: String,
    pub current: bool,
    /// The browser's `User-Agent`, shortened; empty when it sent none.
    pub device: String,
    pub signed_in_at: Timestamp,
    pub last_used_at: Timestamp,
    pub expires_at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionsEnded {
    pub ended: u32,
}

#[server(prefix = "/api/account", endpoint = "me", input = GetUrl, output = Json, client = BearerClient)]
pub async fn me() -> Result<Identity, Problem> {
    let (_, user) = crate::server::edge::Edge::signed_in()?;
    Ok(Identity {
        id: user.user_id.to_string(),
        session_id: user.session_id.to_string(),
        signed_in_at: user.auth_time,
        access_token_issued_at: user.issued_at,
        access_token_expires_at: user.expires_at,
    })
}

/// The open sessions, this one first, then by last use.
#[server(prefix = "/api/account", endpoint = "sessions", input = GetUrl, output = Json, client = BearerClient)]
pub async fn sessions() -> Result<Vec<SessionView>, Problem> {
    let (edge, user) = crate::server::edge::Edge::signed_in()?;
    let sessions = edge.service().sessions(user.user_id).await?;
    let mut views: Vec<_> = sessions
        .into_iter()
        .map(|session| SessionView {
            id: session.id.to_string(),
            current: session.id == user.session_id,
            device: session.device.clone(),
            signed_in_at: session.created_at,
            last_used_at: session.last_used_at,
            expires_at: session.idle_expires_at.min(session.absolute_expires_at),
        })
        .collect();
    views.sort_by_key(|view| (!view.current, std::cmp::Reverse(view.last_used_at)));
    Ok(views)
}

/// Ends one of the person's own sessions; its access tokens are dead at once.
#[server(prefix = "/api/account", endpoint = "revoke_session", input = PostUrl, output = NoContent, client = BearerClient)]
pub async fn revoke_session(id: String) -> Result<Done, Problem> {
    let (edge, user) = crate::server::edge::Edge::signed_in()?;
    edge.service().revoke_session(user.user_id, &id).await?;
    Ok(Done)
}

/// Ends every session of the person but this one.
#[server(prefix = "/api/account", endpoint = "revoke_other_sessions", input = PostUrl, output = Json, client = BearerClient)]
pub async fn revoke_other_sessions() -> Result<SessionsEnded, Problem> {
    let (edge, user) = crate::server::edge::Edge::signed_in()?;
    let ended = edge.service().revoke_other_sessions(user.user_id, user.session_id).await?;
    Ok(SessionsEnded { ended })
}

/// Changes the password and ends every other session.
#[server(prefix = "/api/account", endpoint = "change_password", input = PostUrl, output = Json, client = BearerClient)]
pub async fn change_password(current_password: String, new_password: String) -> Result<SessionsEnded, Problem> {
    let (edge, user) = crate::server::edge::Edge::signed_in()?;
    let ended = edge
        .service()
        .change_password(user.user_id, user.session_id, current_password.into(), new_password.into())
        .await?;
    Ok(SessionsEnded { ended })
}

/// Deletes the account with everything in it, after the password is entered again.
#[server(prefix = "/api/account", endpoint = "delete_account", input = PostUrl, output = NoContent, client = BearerClient)]
pub async fn delete_account(password: String) -> Result<Done, Problem> {
    let (edge, user) = crate::server::edge::Edge::signed_in()?;
    edge.service().delete_account(user.user_id, password.into()).await?;
    Ok(Done)
}
