//! Sign-in with a short-lived access token and a rotating refresh token, as an application to start from and as a library.
//!
//! # Layout
//!
//! Rooms from the ground up. **A room imports only rooms that stand before it in this list**; `one_way` in `tests/` holds
//! every file to it.
//!
//! - [`clock`], [`lang`], [`base_path`], `dom` (browser), `request_id` (server): time, language, place, request;
//! - [`protocol`]: the wire types: error codes, problem documents, the token response, sessions;
//! - [`auth`]: the rules, one file for each use case, and the ports they need; the rotation rule is
//!   [`auth::token::rotation`];
//! - [`store`]: SQLite and PostgreSQL behind those ports;
//! - [`api`]: the server functions, and their two ends: [`api::transport`] in a tab, [`api::edge`] on the server;
//! - [`client`]: the tab: auth state, access token in memory, silent refresh, other tabs;
//! - `ui`, `notes`, `app`: components and pages, the sample resource, the list of routes (cargo feature `app`);
//! - [`server`]: settings, router, listener;
//! - `lab`: the app observed and attacked (cargo feature `lab`).
//!
//! # Cargo features
//!
//! `ssr` builds the server and `hydrate` the browser's program; a build has one of them. `app` adds the pages and the sample;
//! without it the crate is a library of rules, stores, edge and client. `lab` adds the lab; a build without it has no switch
//! that weakens a defence.
//!
//! # Example
//!
//! The rules on a database, without HTTP:
//!
//! ```
//! use std::{sync::Arc, time::Duration};
//! use two_tokens::auth::model::{device::Device, secret::ServerSecret};
//! use two_tokens::auth::password::hasher::PasswordHasher;
//! use two_tokens::auth::service::{AuthOptions, AuthService, Lifetimes};
//! use two_tokens::auth::sign_in::Visitor;
//! use two_tokens::clock::SystemClock;
//!
//! # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let url = format!("sqlite://{}", folder.path().join("app.db").display());
//! let database = two_tokens::store::open(&url).await?;
//! let options = AuthOptions {
//!     issuer: "https://app.example".into(),
//!     lifetimes: Lifetimes {
//!         access: Duration::from_secs(15 * 60),
//!         refresh_idle: Duration::from_secs(7 * 24 * 3600),
//!         refresh_absolute: Duration::from_secs(30 * 24 * 3600),
//!         refresh_grace: Duration::from_secs(10),
//!     },
//!     password_min: 15,
//!     throttle: true,
//!     passwords: PasswordHasher::start(1, 8)?,
//!     observers: Default::default(),
//!     policy: Default::default(),
//!     device_binding: true,
//! };
//! let secret = ServerSecret::generate();
//! let auth = AuthService::open(&secret, database.store(), Arc::new(SystemClock), options).await?;
//!
//! let password = String::from("winter-harbor-lantern-42-quill");
//! let signed_up = auth.register("ada@example.com", password.into(), Visitor::default()).await?;
//! assert!(auth.authenticate(signed_up.access_token.reveal()).is_ok());
//!
//! // Rotation: the refresh token works once, and gives the next one.
//! let presented = auth.open_refresh_token(signed_up.refresh_token.reveal())?;
//! let refreshed = auth.refresh(presented, Device::default()).await?;
//! assert_ne!(refreshed.refresh_token.reveal(), signed_up.refresh_token.reveal());
//! # Ok(()) }
//! ```

#![recursion_limit = "256"]

pub mod base_path;
pub mod clock;
#[cfg(feature = "hydrate")]
pub mod dom;
pub mod lang;
#[cfg(feature = "ssr")]
pub mod request_id;

pub mod protocol;

#[cfg(feature = "ssr")]
pub mod auth;

#[cfg(feature = "ssr")]
pub mod store;

pub mod api;
pub mod client;

#[cfg(feature = "app")]
pub mod app;
#[cfg(feature = "app")]
pub mod notes;
#[cfg(feature = "app")]
pub mod ui;

#[cfg(feature = "ssr")]
pub mod server;

#[cfg(feature = "lab")]
pub mod lab;

/// Bytes that nothing uses. The splitter lays the data of all parts out where the whole data stood, and each part begins at a
/// multiple of 8: the gaps need room, or all data stays in the first download (decision 0011).
#[cfg(all(feature = "hydrate", feature = "app"))]
#[used]
static ROOM_BETWEEN_PARTS: [u8; 4096] = [1; 4096];

/// What runs before the app starts, then calls `then`. The start script calls it, and starts the app by itself afterwards: so it
/// is the caller whom a panic of the start reaches.
#[cfg(all(feature = "hydrate", feature = "app"))]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn prepare(then: js_sys::Function) {
    console_error_panic_hook::set_once();
    let go_on = move || drop(then.call0(&wasm_bindgen::JsValue::NULL));
    #[cfg(feature = "lab")]
    if !base_path::current().is_root() {
        wasm_bindgen_futures::spawn_local(async move {
            lab::frame::start().await;
            go_on();
        });
        return;
    }
    go_on();
}

/// Starts the app on the server's HTML. Panics where it is not what the server sent; this instance is of no use then.
#[cfg(all(feature = "hydrate", feature = "app"))]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    client::session::start();
    leptos::mount::hydrate_from(place(), app::App).forget();
    client::session::hydrated();
}

/// Starts the app without the server's HTML: it draws itself.
#[cfg(all(feature = "hydrate", feature = "app"))]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn mount() {
    client::session::start();
    leptos::mount::mount_to(place(), app::App).forget();
    client::session::hydrated();
}

/// The element of the shell that holds the app and nothing else.
#[cfg(all(feature = "hydrate", feature = "app"))]
fn place() -> web_sys::HtmlElement {
    use wasm_bindgen::JsCast;
    let place = dom::document().and_then(|document| document.get_element_by_id("app"));
    place.map_or_else(leptos::tachys::dom::body, JsCast::unchecked_into)
}

/// Starts the lab's own page in the browser.
#[cfg(all(feature = "hydrate", feature = "lab"))]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn lab() {
    wasm_bindgen_futures::spawn_local(lab::page::start());
}
