//! The sample resource: notes of a user. **Replace me** with your own; `docs/make-it-yours.md`
//! shows how.
//!
//! This folder contains all of it: wire types ([`protocol`]), server functions ([`api`]), rules,
//! port and SQL, and the page with its list, editor and drafts. These files outside it name the
//! notes:
//!
//! - `src/app.rs`: the route of the page, and the drafts that a reload put away
//! - `src/lib.rs`: the module
//! - `src/main.rs`: the resource is added to the state
//! - `src/ui/components/header.rs`: the link
//! - `src/ui/pages/home.rs`: the link
//! - `src/ui/pages/sessions.rs`: the style class of its list
//! - `src/ui/support/return_to.rs`: the page after a sign-in
//!
//! The lab shows the app with this sample. To replace it, build without the feature `lab`, or change
//! these as well:
//!
//! - `src/lab/frame/agent.rs`: the calls of its buttons, and the length of a draft
//! - `src/lab/model/export.rs`: an example call
//! - `src/lab/model/labels/http.rs`: the words for the endpoints
//! - `src/lab/model/sample.rs`: its sample log
//! - `src/lab/model/sample/causes.rs`: the calls of its sample logs
//! - `src/lab/page/diagram/draw.rs`: the call of a test
//! - `src/lab/page/views/frames.rs`: the page in a frame
//! - `src/lab/page/views/stage.rs`: its place on the map
//! - `src/lab/server/document.rs`: its introduction
//! - `src/lab/server/levers.rs`: the words of the levers
//! - `src/lab/server/other_site.rs`: the calls of the other site
//! - `src/lab/server/sandbox/app.rs`: the resource of a sandbox
//! - `src/lab/server/scenario/thief.rs`: the call of the thief
//! - `src/lab/server/scenes/api_call.rs`: the calls that it expects
//! - `src/lab/server/scenes/sign_in.rs`: the page that is loaded again
//! - `src/lab/server/scenes/sign_out.rs`: the calls that it expects
//! - `src/lab/server/scenes/silent_refresh.rs`: the calls that it expects
//!
//! and, not in Rust: `locales/words.yaml` (`notes_*`, `common_notes`, `home_open_notes`,
//! `flaw_title_*`, `flaw_body_*`, `flaw_id_no_uuid`), `style/main.css` (`.notes`, `.note`), and the
//! table `notes` of the first migration.

pub mod api;
pub mod drafts;
pub mod editor;
pub mod list;
pub mod page;
pub mod protocol;

#[cfg(feature = "ssr")]
mod operations;
#[cfg(feature = "ssr")]
mod problem;
#[cfg(feature = "ssr")]
pub mod rules;
#[cfg(feature = "ssr")]
mod sql;
#[cfg(feature = "ssr")]
pub mod store;

#[cfg(feature = "ssr")]
pub use operations::operations;
#[cfg(feature = "ssr")]
pub use server::{EXPORT, open, signed_in};

#[cfg(feature = "ssr")]
mod server;
