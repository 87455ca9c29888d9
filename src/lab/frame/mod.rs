//! What runs inside a frame of the lab's page, in the app's own tab: the agent, and the connections to the sandbox and the page.
//! Downloaded only in a tab of a sandbox (lazy loading).

mod agent;
pub(super) mod wire;

pub use agent::start;
