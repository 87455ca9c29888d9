//! An authorised fetch, for an endpoint that is not a server function: a download, a stream, an API of your own. It is the engine
//! of every protected call: it attaches the access token, refreshes silently and retries once; the request is built anew for each
//! attempt.

#[cfg(feature = "hydrate")]
mod browser;
#[cfg(feature = "hydrate")]
pub use browser::{download, fetch};

#[cfg(not(feature = "hydrate"))]
mod server;
#[cfg(not(feature = "hydrate"))]
pub use server::download;
