//! A replaceable rotation rule (strategy), for the lab only: it uses weaker rules to show the attack that each case of the
//! real rule stops.

use super::rotation::{self, RotationRule};

/// The rotation rule in force; [`rotation::decide`] by default.
#[derive(Clone, Copy, Debug)]
pub struct RotationPolicy(RotationRule);

impl RotationPolicy {
    pub fn new(rule: RotationRule) -> Self {
        Self(rule)
    }

    pub fn rule(self) -> RotationRule {
        self.0
    }
}

impl Default for RotationPolicy {
    fn default() -> Self {
        Self(rotation::decide)
    }
}
