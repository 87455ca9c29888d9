//! The HTTP edge: what a request must look like to reach the rules, and what leaves as a response. [`router`] shows every
//! route and layer on one screen.

pub mod app_state;
pub mod client_address;
pub mod config;
pub mod connection;
pub mod cookies;
pub mod current_user;
pub mod demo;
pub mod edge;
pub mod headers;
pub mod health;
pub mod housekeeping;
pub mod instances;
pub mod known_cookie;
mod language;
pub mod pages;
pub mod problem;
pub mod refresh_cookie;
pub mod request_body;
pub mod router;
pub mod same_origin;
pub mod serve;
pub mod telemetry;
mod test_clock;
