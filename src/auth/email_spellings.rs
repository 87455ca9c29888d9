//! Accounts from before addresses had one key for all spellings: each start gives them their key. Of two accounts with one
//! address in two spellings one gets the key, the other keeps its own spelling as its key, and both go on.

use super::error::AuthError;
use super::model::email;
use super::service::AuthService;
use super::store::EmailClash;

/// The most clashes that one start names in the log.
const NAMED: usize = 10;

impl AuthService {
    /// Gives every account the key of its address, and returns those that keep their own spelling because another account has
    /// the key. Idempotent, and safe on several instances at once.
    ///
    /// # Errors
    ///
    /// [`AuthError::Store`].
    pub async fn settle_emails(&self) -> Result<Vec<EmailClash>, AuthError> {
        Ok(self.store.settle_emails(key_of).await?)
    }

    /// Tells the operator of accounts that share an address. The log has their ids, and no address.
    pub(super) async fn report_email_clashes(&self) -> Result<(), AuthError> {
        let clashes = self.settle_emails().await?;
        for EmailClash { user_id, other, .. } in clashes.iter().take(NAMED) {
            tracing::warn!(user = %user_id, other = %other, "two accounts have one e-mail address, in two spellings");
        }
        if !clashes.is_empty() {
            let accounts = clashes.len();
            tracing::warn!(
                accounts,
                "accounts sign in with their own spelling of an address alone; `two-tokens users duplicates` lists them"
            );
        }
        Ok(())
    }
}

/// The key of a stored address; `None` for one that a new account could not have: it keeps its spelling.
fn key_of(stored: &str) -> Option<String> {
    email::canonical(stored).ok().map(|(key, _)| key)
}
