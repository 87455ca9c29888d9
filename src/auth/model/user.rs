//! A user account: e-mail address, password hash, and whether it is disabled.

use std::fmt;

use uuid::Uuid;

use super::email::Email;
use crate::clock::Timestamp;

/// A UUID version 7 (RFC 9562): the `sub` claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserId(pub Uuid);

impl UserId {
    pub fn parse(text: &str) -> Option<Self> {
        Uuid::try_parse(text).ok().map(Self)
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A user's row. Prints as its id: the hash is a secret, and the address personal.
#[derive(Clone)]
pub struct UserRecord {
    pub id: UserId,
    /// As shown.
    pub email: String,
    /// What makes the address unique ([`crate::auth::model::email`]).
    pub email_key: String,
    /// A PHC string; see [`crate::auth::password::hasher`].
    pub password_hash: String,
    pub created_at: Timestamp,
    pub disabled_at: Option<Timestamp>,
}

impl UserRecord {
    /// A new account.
    pub fn new(email: &Email, password_hash: String, created_at: Timestamp) -> Self {
        Self {
            id: UserId(Uuid::now_v7()),
            email: email.shown().to_owned(),
            email_key: email.as_str().to_owned(),
            password_hash,
            created_at,
            disabled_at: None,
        }
    }
}

impl fmt::Debug for UserRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UserRecord({})", self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_printed_without_the_hash_and_the_address() {
        let user = UserRecord {
            id: UserId(Uuid::nil()),
            email: "Ada@example.com".into(),
            email_key: "ada@example.com".into(),
            password_hash: "$argon2id$v=19$x".into(),
            created_at: Timestamp(0),
            disabled_at: None,
        };
        assert_eq!(format!("{user:?}"), "UserRecord(00000000-0000-0000-0000-000000000000)");
    }
}
