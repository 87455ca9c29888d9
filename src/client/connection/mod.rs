//! Connectivity and retries. Network trouble signs nobody out: a caller with work to send uses
//! [`retry_while_offline`]. One waiting call probes with exponential backoff and jitter, so a
//! recovering server is not stampeded; the others follow once it has answered.

#[cfg(feature = "hydrate")]
mod browser;
#[cfg(feature = "hydrate")]
pub(super) use browser::{FIRST_PAUSE, LONGEST_PAUSE, backoff, mark_reachable, mark_unreachable, retry_now, suspect};
#[cfg(feature = "hydrate")]
pub use browser::{in_front, retry_while_offline};

#[cfg(not(feature = "hydrate"))]
mod server;
#[cfg(not(feature = "hydrate"))]
pub use server::{in_front, retry_while_offline};
