//! How often a use case that verifies a password begins anew, when the account changes between the look and the write (optimistic
//! concurrency).

use super::error::AuthError;

/// The most times: each costs a password hash.
const MAX: usize = 3;

/// The tries of one call.
#[derive(Default)]
pub(super) struct Tries(usize);

impl Tries {
    /// Begins the next try.
    ///
    /// # Errors
    ///
    /// [`AuthError::AccountChanged`] when there were enough.
    pub(super) fn begin(&mut self) -> Result<(), AuthError> {
        self.0 += 1;
        if self.0 <= MAX { Ok(()) } else { Err(AuthError::AccountChanged) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_three_tries_the_account_has_changed() {
        let mut tries = Tries::default();
        for _ in 0..3 {
            tries.begin().unwrap();
        }
        assert!(matches!(tries.begin(), Err(AuthError::AccountChanged)));
    }
}
