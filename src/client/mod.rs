//! What the tab knows: who is signed in, the access token in memory, how to get a new one without anybody noticing. Server
//! functions name a client of [`transport`], so that module compiles in both builds; everything else runs in the browser.

pub mod auth_state;
pub mod connection;
pub mod session;
pub mod transport;

#[cfg(feature = "hydrate")]
pub(crate) use page::{on, root_attribute};

#[cfg(feature = "hydrate")]
pub mod levers;
#[cfg(feature = "hydrate")]
pub mod witness;

#[cfg(feature = "hydrate")]
mod hint;
#[cfg(feature = "hydrate")]
mod page;
#[cfg(feature = "hydrate")]
mod refresh;
#[cfg(feature = "hydrate")]
mod tabs;
#[cfg(feature = "hydrate")]
mod token_store;
