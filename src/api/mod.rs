//! What crosses the wire, in one file for both ends. Each server function names its prefix and endpoint, so the paths are
//! those of the HTTP contract and stay stable across builds; bodies run on the server alone.

pub mod account;
pub mod auth;
pub mod error;
pub mod notes;
