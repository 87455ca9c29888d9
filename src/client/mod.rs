//! The tab: auth state, access token in memory, silent refresh (single-flight), multi-tab
//! coordination, connectivity. The functions that pages call compile in both builds; the rest
//! exists in the browser only.

pub mod auth_state;
pub mod connection;
pub mod fetch;
pub mod session;

#[cfg(feature = "hydrate")]
pub mod observer;
#[cfg(feature = "hydrate")]
mod refresh;
#[cfg(feature = "hydrate")]
mod session_hint_cookie;
#[cfg(feature = "hydrate")]
mod tabs;
#[cfg(feature = "hydrate")]
mod token_store;

/// Test controls of a tab. Without the feature `lab` the browser's lock cannot be switched off.
#[cfg(all(feature = "hydrate", feature = "lab"))]
pub mod test_controls;
#[cfg(all(feature = "hydrate", not(feature = "lab")))]
mod test_controls {
    pub const fn locks_are_off() -> bool {
        false
    }
}
