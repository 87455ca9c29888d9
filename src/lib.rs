//! Two Tokens, in the order a sign-in passes through it:
//!
//! - [`ui`]: what the person sees;
//! - [`client`]: what the tab knows, attaches, refreshes and retries;
//! - [`api`]: what crosses the wire, one file for both ends;
//! - [`server`]: the HTTP edge;
//! - [`auth`]: the rules, which know no framework;
//! - [`store`]: what is remembered.
//!
//! Arrows point down this list and never up; `tests/one_way.rs` holds them to it.

#![recursion_limit = "256"]

pub mod api;
pub mod client;
pub mod clock;
pub mod lab;
pub mod lang;
pub mod mount;
pub mod ui;

#[cfg(feature = "ssr")]
pub mod auth;
#[cfg(feature = "ssr")]
pub mod server;
#[cfg(feature = "ssr")]
pub mod store;

/// Where the browser starts.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    if mount::current().is_root() {
        start();
    } else {
        wasm_bindgen_futures::spawn_local(async {
            lab::browser::stage::start().await;
            start();
        });
    }
}

/// Where the lab's own page starts.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn lab() {
    console_error_panic_hook::set_once();
    wasm_bindgen_futures::spawn_local(lab::browser::view::start());
}

#[cfg(feature = "hydrate")]
fn start() {
    client::session::start();
    leptos::mount::hydrate_body(ui::app::App);
    client::session::hydrated();
}
