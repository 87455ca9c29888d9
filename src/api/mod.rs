//! The contract's two ends. [`auth`] and [`account`] are the server functions: one file for both builds, with the paths of the
//! HTTP contract; their bodies run on the server alone. [`transport`] is how a tab calls them, [`edge`] how the server
//! answers.

pub mod account;
pub mod auth;
pub mod transport;

#[cfg(feature = "ssr")]
pub mod device_binding;
#[cfg(feature = "ssr")]
pub mod edge;
#[cfg(feature = "ssr")]
pub mod export;
#[cfg(feature = "ssr")]
pub mod operations;
#[cfg(feature = "ssr")]
mod views;
