//! The wire types (DTOs), the same in both builds: error codes, problem documents, the token
//! response, sessions. Plain values without rules or handlers.

pub mod code;
pub mod empty;
#[cfg(feature = "ssr")]
pub mod openapi;
pub mod problem;
pub mod session;
pub mod theme;
pub mod tokens;

/// Whether this build is the server's.
const IS_SERVER: bool = cfg!(feature = "ssr");
