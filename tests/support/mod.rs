//! The test client: how a test talks to the server, whichever way the server runs.
//!
//! Three things are enough for nearly every test.
//!
//! **A server.** [`TestApp`] is the whole app in this process: the real router on a SQLite file of its own, without a port.
//! Use it unless the test needs a real process. `TestApp::with(&["--refresh-grace", "0s"])` takes the settings of the
//! command line. [`Server`] is the real binary in a process of its own, for what only a process shows: a kill, two
//! instances on one database, a full disk. An [`Installation`] holds the database and the secret that outlive it.
//! [`Databases`] makes empty PostgreSQL databases on one throw-away server.
//!
//! **A client.** A [`Client`] is a browser with one tab: a cookie jar and an access token in memory. It sends cookies where
//! their path says, the access token where the app's own client would, and keeps what the answers set. `app.client()` is a
//! new one, `app.registered(email)` is signed in. **A clone is a copy of what the browser holds**: clone it to play a
//! second tab, or a thief who copied the refresh token. `client.at(&other)` sends to another server from then on.
//!
//! **An answer.** Every call returns an [`Answer`]. State what you expect of it at once: `expect(StatusCode::OK)` for a
//! success, `refused(401, "session_revoked")` for a refusal, which also checks the form that every refusal has (RFC 9457).
//! `try_post` and `try_refresh` return `None` when the answer was lost on the way, for tests that cut connections.
//!
//! **Time** does not pass in a [`TestApp`] by itself. `app.pass(seconds(900))` moves its clock; nothing sleeps. The clock of
//! a [`Server`] is the real one: there, wait for an event and not for a span of time.
//!
//! ```ignore
//! #[tokio::test]
//! async fn a_replay_after_the_grace_ends_the_session() {
//!     let app = TestApp::start().await;
//!     let mut ada = app.registered("ada@example.com").await;
//!     let mut thief = ada.clone();
//!     for _ in 0..2 {
//!         app.pass(seconds(11));
//!         ada.refresh().await.expect(StatusCode::OK);
//!     }
//!     thief.refresh().await.refused(401, "refresh_token_reused");
//!     ada.me().await.refused(401, "session_revoked");
//! }
//! ```
//!
//! Whatever a client is answered by an endpoint is held against the API's document: a status or a code that it does not list
//! for the operation fails the test.
//!
//! A request that the app's client would never send is built by hand: `client.request(Method::POST, path)` gives a builder
//! with the usual headers, `client.send(request)` sends it. `form(fields)` is the one form encoder.

mod answer;
mod app;
mod authenticator;
mod client;
mod contract;
mod cookies;
mod pgbouncer;
mod postgres;
mod process;
mod tls;

pub use answer::Answer;
pub use app::{TestApp, config, days, seconds, secret, served};
pub use authenticator::{Authenticator, BOUND_COOKIE};
pub use client::{Client, ORIGIN, PASSWORD, Transport, form};
pub use cookies::{Cookies, DEVICE_COOKIE, HINT_COOKIE, REFRESH_COOKIE};
pub use pgbouncer::Pooler;
pub use postgres::{Cluster, Databases, free_port};
pub use process::{Installation, Server, executable, program};
pub use tls::{SELF_SIGNED, connect_tls};
