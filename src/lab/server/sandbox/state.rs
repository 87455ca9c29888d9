//! What changes while a sandbox is used: settings, the account's credentials, and the tokens each actor holds. Behind one mutex
//! that is never held across an await.

use std::{sync::Arc, time::Instant};

use zeroize::Zeroizing;

use super::super::event_log::actor_tokens::ActorTokens;
use super::faults::{self, RaceBarrier};
use crate::lab::model::event::{RefreshFault, SandboxCredentials, SandboxSettings};

pub const EMAIL: &str = "alex@lab.example";

pub struct SandboxState {
    pub settings: SandboxSettings,
    pub account: SandboxAccount,
    /// What the visitor's browser holds.
    pub browser: ActorTokens,
    pub thief: ActorTokens,
    pub other_device: ActorTokens,
    /// Present while two tabs race.
    pub barrier: Option<Arc<RaceBarrier>>,
    /// When the response of a refresh was last dropped.
    dropped: Option<Instant>,
}

impl SandboxState {
    pub fn new(settings: SandboxSettings, account: SandboxAccount) -> Self {
        Self {
            settings,
            account,
            browser: ActorTokens::default(),
            thief: ActorTokens::default(),
            other_device: ActorTokens::default(),
            barrier: None,
            dropped: None,
        }
    }

    /// The fault that the current refresh meets, and whether that used up the fault that was set.
    pub fn take_fault(&mut self) -> (Option<RefreshFault>, bool) {
        let was_set = self.settings.next_refresh.is_some();
        (faults::fault_for_refresh(&mut self.settings.next_refresh, &mut self.dropped), was_set)
    }
}

/// The credentials of the sandbox's user.
pub struct SandboxAccount {
    pub email: String,
    pub password: Zeroizing<String>,
    pub next_password: Zeroizing<String>,
}

impl SandboxAccount {
    pub fn credentials(&self) -> SandboxCredentials {
        SandboxCredentials {
            email: self.email.clone(),
            password: self.password.to_string(),
            next_password: self.next_password.to_string(),
        }
    }
}
