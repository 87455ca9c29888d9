//! The rules of signing in: what a token is, when it turns, when a session ends. Nothing here knows axum, Leptos or a
//! database; the decision itself ([`rotation`]) knows not even a clock.

pub mod access_token;
mod account;
pub mod attempts;
pub mod device;
pub mod error;
pub mod event;
pub mod flaw;
pub mod flow;
mod history;
pub mod keys;
pub mod known_browser;
pub mod notes;
mod passphrase;
pub mod password;
pub mod password_rules;
pub mod random;
mod recent;
pub mod refresh_token;
pub mod revoked;
pub mod rotation;
pub mod secret;
pub mod service;
pub mod session;
pub mod throttle;
pub mod user;
