//! Browser functions beyond Leptos: focus management, scrolling, local time. On the server each has
//! a stub, so pages compile in both builds.

#[cfg(feature = "hydrate")]
#[expect(clippy::module_inception, reason = "the browser's half of every such folder is `browser.rs`")]
mod browser;
#[cfg(feature = "hydrate")]
pub use browser::*;

#[cfg(not(feature = "hydrate"))]
mod server;
#[cfg(not(feature = "hydrate"))]
pub use server::*;
