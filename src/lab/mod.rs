//! The lab: an interactive demonstration in which the app observes itself. Each visitor gets a sandbox (a second instance of this
//! app with its own store, keys, clock and base path), a recorder writes an event log of it, and a page shows the log.
//!
//! - [`model`]: the event log and everything derived from it, for both builds;
//! - `server`: sandboxes, the recorder in front of each, scenarios and attackers, and the routes;
//! - `frame`: the agent that runs inside each of the page's frames, beside the app;
//! - [`page`]: the lab's page, its panels and the sequence diagram.
//!
//! The cargo feature `lab` compiles this folder, and with it the test controls that weaken a defence (`auth::test_controls`,
//! `auth::token::policy`, `client::test_controls`, `clock::skew`). A build without the feature has none of them. The doors:
//! `main.rs` runs the server with [`LabOptions`](server::LabOptions); `lib.rs` starts `frame` in a tab of a sandbox and `page` on
//! the lab's own page. Inside, `server`, `frame` and `page` import `model`, and `page` also imports `frame`. No other file imports
//! the lab. It uses hooks that are general: the observer of the auth flow, the observer of the tab, the decoration of a tab's
//! requests, a listener of its own, the base path, and extra links in the header.

pub mod model;
pub mod page;
mod words;

#[cfg(feature = "hydrate")]
pub mod frame;
#[cfg(feature = "ssr")]
pub mod server;
