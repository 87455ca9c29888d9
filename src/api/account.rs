//! The signed-in person's own account: who am I, which sessions are open, what happened, change or end it. All need the
//! bearer token; some need a sign-in that is not older than [`RECENT_SECONDS`] as well (RFC 9470).

use leptos::prelude::*;
use leptos::server_fn::codec::{GetUrl, Json, PostUrl};
use serde::{Deserialize, Serialize};

use super::auth::{Done, NoContent, User};
use super::error::{Problem, RevokeReason};
use crate::client::transport::BearerClient;
use crate::clock::Timestamp;

/// How old a sign-in may be for a call that could harm its owner: the `max_age` of the challenge. After
/// [`reauthenticate`](super::auth::reauthenticate) it is new.
pub const RECENT_SECONDS: i64 = 600;

/// What the access token says, answered without the database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    pub id: String,
    pub session_id: String,
    /// When the password was last entered: the `auth_time` claim.
    pub signed_in_at: Timestamp,
    pub access_token_issued_at: Timestamp,
    pub access_token_expires_at: Timestamp,
}

/// One signed-in browser.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionView {
    pub id: String,
    pub current: bool,
    /// The browser in words: "Firefox on Linux".
    pub device: String,
    pub signed_in_at: Timestamp,
    pub last_used_at: Timestamp,
    pub expires_at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionsEnded {
    pub ended: u32,
}

/// What can happen to an account, as its owner is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HistoryKind {
    SignedUp,
    SignedIn,
    SignInRefused,
    SignedOut,
    /// A session ended otherwise than by signing out there: `reason` says why.
    SessionEnded,
    /// A refresh token came back after its time, so its session was ended.
    #[serde(rename = "refresh_token_reused")]
    Reuse,
    /// A refresh token was newer than the database: the database was restored from a backup.
    #[serde(rename = "refresh_token_ahead")]
    Ahead,
    Reauthenticated,
    ReauthenticationRefused,
    PasswordChanged,
    PasswordChangeRefused,
    EmailChanged,
    EmailChangeRefused,
    AccountDeletionRefused,
}

/// One line of the security history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryEntry {
    pub at: Timestamp,
    pub kind: HistoryKind,
    /// Who did it, in words: for a session that was ended, the browser that ended it.
    pub device: String,
    /// Whether it happened to the session that asks.
    pub current_session: bool,
    /// With [`HistoryKind::SignedOut`], [`HistoryKind::SessionEnded`] and [`HistoryKind::Reuse`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<RevokeReason>,
}

/// Somebody presented an old refresh token, so a session was ended; shown until it is dismissed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    pub id: String,
    pub at: Timestamp,
    /// Who presented the old refresh token, in words.
    pub device: String,
    /// Whose it was: the browser that signed in, in words.
    pub session_device: String,
    pub session_signed_in_at: Timestamp,
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
            device: crate::auth::device::in_words(&session.device, crate::lang::lang()),
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
    edge.service().revoke_session(&user, &id, &edge.device()).await?;
    Ok(Done)
}

/// Ends every session of the person but this one.
#[server(prefix = "/api/account", endpoint = "revoke_other_sessions", input = PostUrl, output = Json, client = BearerClient)]
pub async fn revoke_other_sessions() -> Result<SessionsEnded, Problem> {
    let (edge, user) = crate::server::edge::Edge::signed_in()?;
    let ended = edge.service().revoke_other_sessions(&user, &edge.device()).await?;
    Ok(SessionsEnded { ended })
}

/// Changes the password and ends every other session, unless they are to be kept.
#[server(prefix = "/api/account", endpoint = "change_password", input = PostUrl, output = Json, client = BearerClient)]
pub async fn change_password(
    current_password: String,
    new_password: String,
    keep_other_sessions: Option<bool>,
) -> Result<SessionsEnded, Problem> {
    let (edge, user) = crate::server::edge::Edge::signed_in()?;
    let ended = edge
        .service()
        .change_password(
            &user,
            current_password.into(),
            new_password.into(),
            keep_other_sessions.unwrap_or_default(),
            &edge.device(),
        )
        .await?;
    Ok(SessionsEnded { ended })
}

/// Changes the address one signs in with, after the password is entered again. Gives the address as it is kept.
#[server(prefix = "/api/account", endpoint = "change_email", input = PostUrl, output = Json, client = BearerClient)]
pub async fn change_email(email: String, password: String) -> Result<User, Problem> {
    let (edge, user) = crate::server::edge::Edge::signed_in()?;
    let email = edge.service().change_email(&user, &email, password.into(), &edge.device()).await?;
    Ok(User { id: user.user_id.to_string(), email: email.as_str().to_owned() })
}

/// Deletes the account with everything in it, after the password is entered again.
#[server(prefix = "/api/account", endpoint = "delete_account", input = PostUrl, output = NoContent, client = BearerClient)]
pub async fn delete_account(password: String) -> Result<Done, Problem> {
    let (edge, user) = crate::server::edge::Edge::signed_in()?;
    edge.service().delete_account(&user, password.into(), &edge.device()).await?;
    Ok(Done)
}

/// What happened to the account, newest first: the last 50 events.
#[server(prefix = "/api/account", endpoint = "history", input = GetUrl, output = Json, client = BearerClient)]
pub async fn history() -> Result<Vec<HistoryEntry>, Problem> {
    let (edge, user) = crate::server::edge::Edge::signed_in()?;
    Ok(edge.service().history(&user).await?)
}

/// The alarms the person has not dismissed yet, newest first.
#[server(prefix = "/api/account", endpoint = "notices", input = GetUrl, output = Json, client = BearerClient)]
pub async fn notices() -> Result<Vec<Notice>, Problem> {
    let (edge, user) = crate::server::edge::Edge::signed_in()?;
    Ok(edge.service().notices(&user).await?)
}

/// Shows a notice no more.
#[server(prefix = "/api/account", endpoint = "dismiss_notice", input = PostUrl, output = NoContent, client = BearerClient)]
pub async fn dismiss_notice(id: String) -> Result<Done, Problem> {
    let (edge, user) = crate::server::edge::Edge::signed_in()?;
    edge.service().dismiss_notice(&user, &id).await?;
    Ok(Done)
}
