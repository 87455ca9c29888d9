//! The signed-in user's account: identity, sessions, history, changes, deletion. All functions require the bearer token. Some
//! also require step-up authentication (RFC 9470): an `auth_time` of at most
//! [`STEP_UP_MAX_AGE`](crate::protocol::code::STEP_UP_MAX_AGE) seconds ago.

use leptos::prelude::*;
use leptos::server_fn::codec::{GetUrl, Json, PostUrl};

use super::transport::BearerClient;
use crate::protocol::empty::{Done, NoContent};
use crate::protocol::problem::Problem;
use crate::protocol::session::{HistoryEntry, Notice, SessionView, SessionsEnded, TokenInfo};
use crate::protocol::tokens::User;

/// The claims of the access token, without a query.
#[server(prefix = "/api/account", endpoint = "me", input = GetUrl, output = Json, client = BearerClient)]
pub async fn me() -> Result<TokenInfo, Problem> {
    let (_, user) = crate::api::edge::RequestContext::signed_in()?;
    Ok(TokenInfo {
        id: user.user_id.to_string(),
        session_id: user.session_id.to_string(),
        signed_in_at: user.auth_time,
        access_token_issued_at: user.issued_at,
        access_token_expires_at: user.expires_at,
    })
}

/// The user's active sessions: the current one first, then by last use.
#[server(prefix = "/api/account", endpoint = "sessions", input = GetUrl, output = Json, client = BearerClient)]
pub async fn sessions() -> Result<Vec<SessionView>, Problem> {
    let (context, user) = crate::api::edge::RequestContext::signed_in()?;
    let sessions = context.service().sessions(&user).await?;
    Ok(sessions.iter().map(|session| super::views::session(session, &user)).collect())
}

/// Ends one of the user's own sessions; its access tokens are refused immediately. Another session than the current one
/// requires a step-up.
#[server(prefix = "/api/account", endpoint = "revoke_session", input = PostUrl, output = NoContent, client = BearerClient)]
pub async fn revoke_session(id: String) -> Result<Done, Problem> {
    let (context, user) = crate::api::edge::RequestContext::signed_in()?;
    context.service().revoke_session(&user, &id, &context.device()).await?;
    Ok(Done)
}

/// Ends every session of the user except the current one. Requires a step-up.
#[server(prefix = "/api/account", endpoint = "revoke_other_sessions", input = PostUrl, output = Json, client = BearerClient)]
pub async fn revoke_other_sessions() -> Result<SessionsEnded, Problem> {
    let (context, user) = crate::api::edge::RequestContext::signed_in()?;
    let ended = context.service().revoke_other_sessions(&user, &context.device()).await?;
    Ok(SessionsEnded { ended })
}

/// Changes the password, and ends every other session unless `keep_other_sessions` is set. Requires the current password. The
/// same submission again succeeds.
#[server(prefix = "/api/account", endpoint = "change_password", input = PostUrl, output = Json, client = BearerClient)]
pub async fn change_password(
    current_password: String,
    new_password: String,
    keep_other_sessions: Option<bool>,
    #[server(default)] idempotency_key: String,
) -> Result<SessionsEnded, Problem> {
    let (context, user) = crate::api::edge::RequestContext::signed_in()?;
    let (ended, device_cookie) = context
        .service()
        .change_password(
            &user,
            current_password.into(),
            new_password.into(),
            keep_other_sessions.unwrap_or_default(),
            crate::api::edge::request_context::submission(&idempotency_key)?,
            &context.device(),
        )
        .await?;
    context.remember_device(device_cookie.as_ref());
    Ok(SessionsEnded { ended })
}

/// Changes the e-mail address. Requires the password; returns the normalized address.
#[server(prefix = "/api/account", endpoint = "change_email", input = PostUrl, output = Json, client = BearerClient)]
pub async fn change_email(email: String, password: String) -> Result<User, Problem> {
    let (context, user) = crate::api::edge::RequestContext::signed_in()?;
    let email = context.service().change_email(&user, &email, password.into(), &context.device()).await?;
    Ok(User { id: user.user_id.to_string(), email: email.shown().to_owned() })
}

/// Deletes the account with all its data. Requires the password.
#[server(prefix = "/api/account", endpoint = "delete_account", input = PostUrl, output = NoContent, client = BearerClient)]
pub async fn delete_account(password: String) -> Result<Done, Problem> {
    let (context, user) = crate::api::edge::RequestContext::signed_in()?;
    context.service().delete_account(&user, password.into(), &context.device()).await?;
    Ok(Done)
}

/// The path of the download of the user's data (`api::export`), which is no server function.
pub const EXPORT: &str = "/api/account/export";
/// The name of its file.
pub const EXPORT_FILE: &str = "two-tokens-data.json";

/// The account's activity history: the last 50 events, newest first.
#[server(prefix = "/api/account", endpoint = "history", input = GetUrl, output = Json, client = BearerClient)]
pub async fn history() -> Result<Vec<HistoryEntry>, Problem> {
    let (context, user) = crate::api::edge::RequestContext::signed_in()?;
    Ok(context.service().history(&user).await?.iter().map(super::views::event).collect())
}

/// The notices of detected token reuse that the user has not dismissed, newest first.
#[server(prefix = "/api/account", endpoint = "notices", input = GetUrl, output = Json, client = BearerClient)]
pub async fn notices() -> Result<Vec<Notice>, Problem> {
    let (context, user) = crate::api::edge::RequestContext::signed_in()?;
    Ok(context.service().notices(&user).await?.iter().map(super::views::notice).collect())
}

/// Dismisses a notice. Requires a step-up.
#[server(prefix = "/api/account", endpoint = "dismiss_notice", input = PostUrl, output = NoContent, client = BearerClient)]
pub async fn dismiss_notice(id: String) -> Result<Done, Problem> {
    let (context, user) = crate::api::edge::RequestContext::signed_in()?;
    context.service().dismiss_notice(&user, &id).await?;
    Ok(Done)
}
