//! The transport: how a tab calls server functions. [`CookieClient`] serves the auth endpoints,
//! where the browser attaches the refresh cookie. [`BearerClient`] serves every protected call: it
//! attaches the access token (RFC 6750), and when the server refuses it in a way that a new token
//! can fix, it has the session refreshed and retries once with an identical body.
//!
//! The transport does not depend on the session: `client::session` installs a `renewer::Renewer` at
//! start.
//!
//! # Example
//!
//! A protected server function names its client. Attaching the token, the silent refresh and the
//! retry follow from that:
//!
//! ```
//! use leptos::prelude::*;
//! use leptos::server_fn::codec::{Json, PostUrl};
//! use two_tokens::api::transport::BearerClient;
//! use two_tokens::protocol::problem::Problem;
//!
//! #[server(prefix = "/api/greetings", endpoint = "greet", input = PostUrl, output = Json, client = BearerClient)]
//! pub async fn greet(name: String) -> Result<String, Problem> {
//!     let (_context, user) = two_tokens::api::edge::RequestContext::signed_in()?;
//!     Ok(format!("Hello {name}, you are user {}", user.user_id))
//! }
//! ```

mod bearer_client;
mod cookie_client;
#[cfg_attr(not(feature = "hydrate"), allow(dead_code, reason = "only the browser receives answers"))]
mod verdict;

pub use bearer_client::BearerClient;
pub use cookie_client::CookieClient;

/// A WebSocket message of `server_fn`.
type Message = Result<bytes::Bytes, bytes::Bytes>;

#[cfg(feature = "hydrate")]
mod answer;
#[cfg(feature = "hydrate")]
mod outgoing;
#[cfg(feature = "hydrate")]
use answer::send;
#[cfg(feature = "hydrate")]
pub use {answer::Answer, bearer_client::send as send_authorized, outgoing::Outgoing};
#[cfg(not(feature = "hydrate"))]
mod server;
#[cfg(not(feature = "hydrate"))]
use server::send;
#[cfg(not(feature = "hydrate"))]
pub use server::{Answer, Outgoing};

#[cfg(feature = "hydrate")]
pub mod decoration;
#[cfg(feature = "hydrate")]
pub mod held_token;
#[cfg(feature = "hydrate")]
pub mod renewer;
