//! Type-erased views for smaller WebAssembly. An `AnyView` of Leptos 0.8 holds a dozen functions for
//! each type that it erases. One is a state machine (`hydrate_async`), for server-rendered HTML that
//! waits for lazily loaded code during hydration. That never happens here: the app starts with
//! `hydrate_from`, and the only lazy-loaded content, a [`LazyPage`](super::lazy_page::LazyPage) or a
//! notice, is [`client_only`]: it is built in the browser, never hydrated from HTML. So in the
//! browser a view is erased before it becomes an `AnyView`, which then erases one type alone.

#[cfg(feature = "hydrate")]
mod browser;
#[cfg(feature = "hydrate")]
pub use browser::{client_only, sync_hydrated};

#[cfg(not(feature = "hydrate"))]
mod server;
#[cfg(not(feature = "hydrate"))]
pub use server::{client_only, sync_hydrated};
