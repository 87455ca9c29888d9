//! The session of this tab: commands (sign in, register, step up, sign out) and page lifecycle
//! (start, return from the bfcache, messages of other tabs).

use crate::lang::lang;
use crate::protocol::code::Code;
use crate::protocol::problem::Problem;

#[cfg(feature = "hydrate")]
mod browser;
#[cfg(feature = "hydrate")]
mod commands;
#[cfg(feature = "hydrate")]
mod renewal;
#[cfg(feature = "hydrate")]
pub use browser::{
    cookies_are_blocked, hydrated, is_plain_http, is_ready, ready, register, sign_in, sign_out, sign_out_pending, start,
};
#[cfg(feature = "hydrate")]
pub use commands::{account_deleted, reauthenticate, user_changed};

#[cfg(not(feature = "hydrate"))]
mod server;
#[cfg(not(feature = "hydrate"))]
pub use server::{
    account_deleted, cookies_are_blocked, is_plain_http, is_ready, ready, reauthenticate, register, sign_in, sign_out,
    sign_out_pending, user_changed,
};

/// The problem shown where the browser keeps no cookies: blocked, or `Secure` ones over plain HTTP.
pub fn cookies_blocked() -> Problem {
    let detail = if is_plain_http() { lang().client_plain_http() } else { lang().client_cookies_blocked() };
    Problem::new(Code::RefreshTokenMissing, detail)
}
