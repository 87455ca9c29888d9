//! Page settings: server settings that pages display. The server renders them as attributes of
//! `html`, so hydration sees the same values.

#[cfg(feature = "hydrate")]
mod browser;
#[cfg(feature = "hydrate")]
pub use browser::{absolute_limit, header_link, idle_limit, password_min};

#[cfg(not(feature = "hydrate"))]
mod server;
#[cfg(not(feature = "hydrate"))]
pub use server::{absolute_limit, header_link, header_link_attribute, idle_limit, password_min};

/// The minimum length of a new password, in characters. Provided as context when a page is
/// rendered.
#[derive(Clone, Copy)]
pub struct PasswordMin(pub usize);

/// The limits of a session in words, as in "7 days": how long it may be unused, and how long it may last. Provided as context
/// when a page is rendered.
#[derive(Clone)]
pub struct SessionLimits {
    pub idle: String,
    pub absolute: String,
}

/// A header link to something served beside the app. A `Vec` of them is provided as context when a
/// page is rendered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderLink {
    pub href: String,
    pub label: String,
}
