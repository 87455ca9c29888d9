//! Register, log in, refresh, re-authenticate, log out: the endpoints below the path of the refresh cookie. Each reads the
//! request context, calls one use case and writes the cookie; nothing is decided here.

use leptos::prelude::*;
use leptos::server_fn::codec::{Json, PostUrl};

use super::transport::CookieClient;
use crate::protocol::empty::{Done, NoContent};
use crate::protocol::problem::Problem;
use crate::protocol::tokens::{Suggestion, TokenResponse};

/// Creates an account and signs it in. The same submission again signs in to that account.
///
/// # Errors
///
/// `validation_failed`, `email_taken`, `rate_limited`, `temporarily_unavailable`.
#[server(prefix = "/api/auth", endpoint = "register", input = PostUrl, output = Json, client = CookieClient)]
pub async fn register(
    email: String,
    password: String,
    #[server(default)] idempotency_key: String,
) -> Result<TokenResponse, Problem> {
    let context = crate::api::edge::RequestContext::current()?;
    let grant = context.service().register(&email, password.into(), context.visitor(&idempotency_key)?).await?;
    Ok(context.grant(grant))
}

/// Suggests a passphrase for a new password, in the language of the request. Stateless: reads no
/// cookie but that of the language, and stores nothing.
#[server(prefix = "/api/auth", endpoint = "suggest_passphrase", input = PostUrl, output = Json, client = CookieClient)]
pub async fn suggest_passphrase() -> Result<Suggestion, Problem> {
    let context = crate::api::edge::RequestContext::current()?;
    let words = crate::api::edge::wording::passphrase_words(crate::lang::lang());
    Ok(Suggestion { passphrase: context.service().suggest_passphrase(words) })
}

/// Signs in. Ends the session of the refresh cookie in the request, if there is one, and the one that the same submission has
/// opened before.
///
/// # Errors
///
/// `invalid_credentials`, `rate_limited`, `temporarily_unavailable`.
#[server(prefix = "/api/auth", endpoint = "login", input = PostUrl, output = Json, client = CookieClient)]
pub async fn login(
    email: String,
    password: String,
    #[server(default)] idempotency_key: String,
) -> Result<TokenResponse, Problem> {
    let context = crate::api::edge::RequestContext::current()?;
    let grant = context.service().login(&email, password.into(), context.visitor(&idempotency_key)?).await?;
    Ok(context.grant(grant))
}

/// Rotates the refresh token and issues a new access token (RFC 6749 section 6). Call it under the lock that the tabs share.
///
/// # Errors
///
/// `refresh_token_missing`, `refresh_token_invalid`, `refresh_token_expired`, `refresh_token_reused`, `session_revoked`,
/// `rate_limited`, `temporarily_unavailable`.
#[server(prefix = "/api/auth", endpoint = "refresh", input = PostUrl, output = Json, client = CookieClient)]
pub async fn refresh() -> Result<TokenResponse, Problem> {
    let context = crate::api::edge::RequestContext::current()?;
    let grant = context.service().refresh(context.refresh_cookie()?, context.device()).await?;
    Ok(context.grant(grant))
}

/// Step-up authentication (RFC 9470): verifies the password and rotates the refresh token as [`refresh`] does. The new access
/// token has a new `auth_time`. Call it under the lock that the tabs share, as for a refresh.
///
/// # Errors
///
/// Those of [`refresh`], and `invalid_credentials`.
#[server(prefix = "/api/auth", endpoint = "reauthenticate", input = PostUrl, output = Json, client = CookieClient)]
pub async fn reauthenticate(password: String) -> Result<TokenResponse, Problem> {
    let context = crate::api::edge::RequestContext::current()?;
    let grant = context.service().reauthenticate(context.refresh_cookie()?, password.into(), context.device()).await?;
    Ok(context.grant(grant))
}

/// Ends the session of the refresh cookie, if there is one, and clears the cookie. Idempotent.
#[server(prefix = "/api/auth", endpoint = "logout", input = PostUrl, output = NoContent, client = CookieClient)]
pub async fn logout() -> Result<Done, Problem> {
    let context = crate::api::edge::RequestContext::current()?;
    context.service().logout(context.refresh_cookie_if_valid(), &context.device()).await?;
    context.clear_refresh_cookie();
    Ok(Done)
}
