//! The rules of signing in: what a token is, when it turns, when a session ends. Nothing here knows axum, Leptos or a
//! database; the decision itself ([`rotation`]) knows not even a clock.

pub mod access_token;
pub mod attempts;
pub mod error;
pub mod event;
pub mod keys;
pub mod known_browser;
pub mod notes;
pub mod password;
pub mod random;
pub mod refresh_token;
pub mod revoked;
pub mod rotation;
pub mod secret;
pub mod service;
pub mod session;
pub mod throttle;
pub mod user;
