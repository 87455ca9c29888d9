//! The lab's page in the browser. Panels and the diagram are functions of the log and compile for both builds, so tests reach
//! them; the state and the views need a browser.

mod auto_scroll;
pub mod diagram;
mod markup;
pub mod panels;

#[cfg(feature = "hydrate")]
mod acting;
#[cfg(feature = "hydrate")]
mod course;
#[cfg(feature = "hydrate")]
mod focus;
#[cfg(feature = "hydrate")]
mod foreign_visit;
#[cfg(feature = "hydrate")]
mod replay;
#[cfg(feature = "hydrate")]
mod state;
#[cfg(feature = "hydrate")]
mod stream_share;
#[cfg(feature = "hydrate")]
mod views;

#[cfg(feature = "hydrate")]
pub use views::start;
