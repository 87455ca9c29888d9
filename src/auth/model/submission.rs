//! The key of a submission (idempotency key, draft-ietf-httpapi-idempotency-key-header). A form is sent twice by a double click, a
//! held key or a retry after a lost answer. The second of two submissions with one key gets the first one's outcome.

use aws_lc_rs::digest::{SHA256, digest};

use crate::auth::validation::ValidationError;

/// Longest key, in bytes.
pub const KEY_MAX: usize = 64;

/// A key as it is stored: hashed, so that a copy of the database repeats no submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Submission([u8; 32]);

impl Submission {
    /// That of a key; `None` without one.
    ///
    /// # Errors
    ///
    /// [`ValidationError::IdempotencyKeyTooLong`].
    pub fn of(key: &str) -> Result<Option<Self>, ValidationError> {
        match key.len() {
            0 => Ok(None),
            1..=KEY_MAX => {
                let mut hash = [0; 32];
                hash.copy_from_slice(digest(&SHA256, key.as_bytes()).as_ref());
                Ok(Some(Self(hash)))
            }
            _ => Err(ValidationError::IdempotencyKeyTooLong),
        }
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_hashed_no_key_is_none_and_a_long_one_is_refused() {
        let of = |key: &str| Submission::of(key);
        assert_eq!(of("a"), of("a"));
        assert_ne!(of("a"), of("b"));
        assert_eq!(of(""), Ok(None));
        assert!(of(&"x".repeat(KEY_MAX)).is_ok());
        assert_eq!(of(&"x".repeat(KEY_MAX + 1)), Err(ValidationError::IdempotencyKeyTooLong));
    }
}
