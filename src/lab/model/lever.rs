//! The levers of the lab's page and the steps of its scenes: what they make happen. Their texts come from the server.

use serde::{Deserialize, Serialize};

use super::event::{Action, ForeignOrigin};

/// What a lever does, and a step of a scene.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeverEffect {
    /// The sandbox's server runs it, or has a tab run it.
    Run(Action),
    /// An attacker's page opens in a frame and attacks.
    Attack(ForeignOrigin),
    /// An attacker's page with a link into the sandbox opens: a cross-site navigation.
    Arrive,
    /// A page with an injected script opens, with the content policy or without it.
    Inject { policy: bool },
}

/// A lever in one language, as `GET /lab/levers.json` sends it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lever {
    pub name: String,
    pub watch_for: String,
    pub effect: LeverEffect,
    /// Whether the second tab must be open.
    pub needs_tab2: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeverGroup {
    pub name: String,
    pub levers: Vec<Lever>,
}
