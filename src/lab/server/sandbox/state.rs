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

/// The credentials of the sandbox's user, as far as the sandbox made them. A sandbox shares its origin with the real app, so a
/// password manager may fill in a real password, and a visitor may type one: nothing that was typed is kept here.
pub struct SandboxAccount {
    has_own_email: bool,
    /// `None` once another password was set.
    password: Option<Zeroizing<String>>,
    next_password: Zeroizing<String>,
}

impl SandboxAccount {
    /// The account as it was made, with the password that the lab's own change sets next.
    pub fn new(password: Zeroizing<String>, next_password: Zeroizing<String>) -> Self {
        Self { has_own_email: true, password: Some(password), next_password }
    }

    pub fn credentials(&self) -> Option<SandboxCredentials> {
        let password = self.password.as_ref().filter(|_| self.has_own_email)?;
        Some(SandboxCredentials {
            email: EMAIL.to_owned(),
            password: password.to_string(),
            next_password: self.next_password.to_string(),
        })
    }

    /// Follows a change of the password. `next` is the password that the lab's own change sets after this one.
    pub fn password_changed(&mut self, to: &str, next: Zeroizing<String>) {
        if *to == **self.next_password {
            self.password = Some(std::mem::replace(&mut self.next_password, next));
        } else if self.password.as_ref().is_none_or(|password| **password != *to) {
            self.password = None;
        }
    }

    /// Follows a change of the address.
    pub fn email_changed(&mut self, to: &str) {
        self.has_own_email = to == EMAIL;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Zeroizing<String> {
        Zeroizing::new(text.to_owned())
    }

    #[test]
    fn only_generated_credentials_are_given_out() {
        let mut account = SandboxAccount::new(secret("one"), secret("two"));
        let password = |account: &SandboxAccount| account.credentials().map(|credentials| credentials.password);
        account.password_changed("two", secret("three"));
        assert_eq!(password(&account).as_deref(), Some("two"));
        account.password_changed("two", secret("four"));
        assert_eq!(password(&account).as_deref(), Some("two"));
        account.password_changed("typed", secret("five"));
        assert_eq!(password(&account), None);
        account.password_changed("three", secret("six"));
        assert_eq!(password(&account).as_deref(), Some("three"));
        account.email_changed("typed@example.com");
        assert_eq!(password(&account), None);
        account.email_changed(EMAIL);
        assert_eq!(password(&account).as_deref(), Some("three"));
    }
}
