//! The HTTP server: configuration, assembly (composition root), the router with every route and layer on one screen
//! ([`router`]), the listener and its graceful shutdown ([`serve`]), health checks, the cluster link, and the commands of an operator.

pub mod assemble;
pub mod cluster;
pub mod commands;
pub mod config;
pub mod connections;
pub mod demo;
pub mod health;
pub mod loopback;
pub mod metrics;
pub mod openapi;
pub mod router;
pub mod serve;
pub mod telemetry;
mod test_clock;
pub mod tls;

/// The app's pages (SSR) and plain forms.
#[cfg(feature = "app")]
pub mod pages;
