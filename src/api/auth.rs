//! Register, log in, refresh, re-authenticate, log out: the endpoints the refresh cookie goes to. Each reads the request's
//! edges, calls one use case, and writes the cookie; nothing is decided here.

use std::fmt;

use leptos::prelude::*;
use leptos::server_fn::{
    codec::{FromRes, IntoRes, Json, PostUrl},
    response::{ClientRes, TryRes},
};
use serde::{Deserialize, Serialize};

use super::error::Problem;
use crate::client::transport::CookieClient;

/// An access token on its way to the tab that asked. Prints as `[redacted]`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AccessToken(String);

impl AccessToken {
    pub fn new(compact: String) -> Self {
        Self(compact)
    }

    /// The compact JWT, for the `Authorization` header alone.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken([redacted])")
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TokenType {
    Bearer,
}

/// Who is signed in, as the browser shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    pub id: String,
    pub email: String,
}

/// The token response (RFC 6749 section 5.1). `session_id` lets a tab notice that a refresh came back as another session
/// without looking into the token, which is not the client's to read (RFC 9068 section 6).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenResponse {
    pub access_token: AccessToken,
    pub token_type: TokenType,
    /// Seconds from receipt: the client's clock may be wrong.
    pub expires_in: u64,
    pub user: User,
    pub session_id: String,
}

/// A passphrase nobody has used yet. Prints as `[redacted]`: it is about to become somebody's password.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suggestion {
    pub passphrase: String,
}

impl fmt::Debug for Suggestion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Suggestion([redacted])")
    }
}

/// An answer without a body: `204 No Content`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done;

impl<Response, E> IntoRes<NoContent, Response, E> for Done
where
    Response: TryRes<E> + Send,
    E: Send,
{
    async fn into_res(self) -> Result<Response, E> {
        #[cfg(feature = "ssr")]
        crate::server::edge::no_content();
        Response::try_from_string("text/plain", String::new())
    }
}

impl<Response, E> FromRes<NoContent, Response, E> for Done
where
    Response: ClientRes<E> + Send,
    E: Send,
{
    async fn from_res(_: Response) -> Result<Self, E> {
        Ok(Done)
    }
}

/// The codec of [`Done`].
pub struct NoContent;

impl leptos::server_fn::ContentType for NoContent {
    const CONTENT_TYPE: &'static str = "application/json";
}

impl leptos::server_fn::codec::Encoding for NoContent {
    const METHOD: http::Method = http::Method::POST;
}

/// Makes an account and signs it in.
#[server(prefix = "/api/auth", endpoint = "register", input = PostUrl, output = Json, client = CookieClient)]
pub async fn register(email: String, password: String) -> Result<TokenResponse, Problem> {
    let edge = crate::server::edge::Edge::current()?;
    let (device, caller, old) = (edge.device(), edge.caller(), edge.refresh_cookie_if_valid());
    let grant = edge.service().register(&email, password.into(), device, &caller, old).await?;
    edge.grant(grant)
}

/// A passphrase for the form where a password is set. Reads no cookie and remembers nothing.
#[server(prefix = "/api/auth", endpoint = "suggest_passphrase", input = PostUrl, output = Json, client = CookieClient)]
pub async fn suggest_passphrase() -> Result<Suggestion, Problem> {
    let edge = crate::server::edge::Edge::current()?;
    Ok(Suggestion { passphrase: edge.service().suggest_passphrase() })
}

/// Signs in. Ends the session whose cookie came along.
#[server(prefix = "/api/auth", endpoint = "login", input = PostUrl, output = Json, client = CookieClient)]
pub async fn login(email: String, password: String) -> Result<TokenResponse, Problem> {
    let edge = crate::server::edge::Edge::current()?;
    let (device, caller, old) = (edge.device(), edge.caller(), edge.refresh_cookie_if_valid());
    let grant = edge.service().login(&email, password.into(), device, &caller, old).await?;
    edge.grant(grant)
}

/// Turns the refresh token and gives a new access token.
#[server(prefix = "/api/auth", endpoint = "refresh", input = PostUrl, output = Json, client = CookieClient)]
pub async fn refresh() -> Result<TokenResponse, Problem> {
    let edge = crate::server::edge::Edge::current()?;
    let grant = edge.service().refresh(edge.refresh_cookie()?, edge.device()).await?;
    edge.grant(grant)
}

/// Makes the sign-in of this session recent: turns the refresh token as [`refresh`] does, and the new access token says
/// that the password was entered now. Hold the tabs' lock as for a refresh.
#[server(prefix = "/api/auth", endpoint = "reauthenticate", input = PostUrl, output = Json, client = CookieClient)]
pub async fn reauthenticate(password: String) -> Result<TokenResponse, Problem> {
    let edge = crate::server::edge::Edge::current()?;
    let grant = edge.service().reauthenticate(edge.refresh_cookie()?, password.into(), edge.device()).await?;
    edge.grant(grant)
}

/// Ends the session whose cookie came along, if one did, and clears the cookie. Idempotent.
#[server(prefix = "/api/auth", endpoint = "logout", input = PostUrl, output = NoContent, client = CookieClient)]
pub async fn logout() -> Result<Done, Problem> {
    let edge = crate::server::edge::Edge::current()?;
    edge.service().logout(edge.refresh_cookie_if_valid(), &edge.device()).await?;
    edge.clear_refresh_cookie();
    Ok(Done)
}
