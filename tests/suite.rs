//! The integration tests, in one binary: what a test links is most of what it costs to build.
//!
//! | module | shows |
//! |---|---|
//! | `http` | the HTTP contract, on the real router with a clock that the test moves |
//! | `interleavings` | use cases that meet, and callers that go away: all of it or nothing |
//! | `store_contract` | what every store promises, held against SQLite and PostgreSQL |
//! | `rotation_model` | every short history of a refresh token, exhaustively |
//! | `rotation_properties` | long random histories of it |
//! | `processes` | whole processes: kills, full disks, two instances, a proxy |
//! | `one_way` | which file of `src/` may name which, and other rules of the sources |
//! | `docs` | what the documents say is so |
//! | `supply_chain` | each package that is fetched has a hash, and another one is refused |
//! | `make_it_yours` | the worked example of `docs/make-it-yours.md`, followed on a copy of the tree |
//! | `lab` | the lab |
//!
//! `tests/costs.rs` is a binary of its own; it says why. `cargo test --test suite http::` runs one module.

mod support;

mod docs;
mod http;
mod interleavings;
#[cfg(feature = "lab")]
mod lab;
mod make_it_yours;
mod one_way;
mod processes;
mod rotation_model;
mod rotation_properties;
mod store_contract;
mod supply_chain;
