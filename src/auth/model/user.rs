//! A user account: e-mail address (normalized), password hash, and whether it is disabled.

use std::fmt;

use uuid::Uuid;

use crate::auth::error::AuthError;
use crate::auth::validation::ValidationError;
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

/// A normalized e-mail address: trimmed and in lower case, so that equal addresses compare equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// The longest address that SMTP can carry, in bytes (RFC 5321 section 4.5.3.1.3).
    const MAX: usize = 254;

    /// Normalizes an address. Only obviously wrong input is refused; the mail server knows the rest.
    ///
    /// # Errors
    ///
    /// [`AuthError::Invalid`] at the field `email`.
    pub fn parse(input: &str) -> Result<Self, AuthError> {
        let address = input.trim().to_lowercase();
        let (local, domain) = address.rsplit_once('@').unwrap_or_default();
        let shaped = !local.is_empty()
            && domain.contains('.')
            && !domain.starts_with('.')
            && !domain.ends_with('.')
            && !address.contains(|c: char| c.is_whitespace() || c.is_control() || is_invisible(c));
        if address.is_empty() {
            Err(AuthError::invalid("email", ValidationError::EmailMissing))
        } else if address.len() > Self::MAX {
            Err(AuthError::invalid("email", ValidationError::EmailTooLong))
        } else if !shaped {
            Err(AuthError::invalid("email", ValidationError::NoEmail))
        } else {
            Ok(Self(address))
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Zero-width and bidirectional control characters (format characters, variation selectors, tags, fillers): with one of them
/// an address looks like another address (homograph attack). The joiners of Persian and Indic scripts are included; mail
/// providers do not assign addresses with them.
const fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{ffff}' | '\u{e0000}'..='\u{e0fff}')
}

/// A user's row. Prints as its id: the hash is a secret, and the address personal.
#[derive(Clone)]
pub struct UserRecord {
    pub id: UserId,
    pub email: String,
    /// A PHC string; see [`crate::auth::password::hasher`].
    pub password_hash: String,
    pub created_at: Timestamp,
    pub disabled_at: Option<Timestamp>,
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
            email: "ada@example.com".into(),
            password_hash: "$argon2id$v=19$x".into(),
            created_at: Timestamp(0),
            disabled_at: None,
        };
        assert_eq!(format!("{user:?}"), "UserRecord(00000000-0000-0000-0000-000000000000)");
    }

    #[test]
    fn an_address_is_normalized() {
        assert_eq!(Email::parse("  Ada@Example.COM ").unwrap().as_str(), "ada@example.com");
    }

    #[test]
    fn an_invalid_address_is_refused() {
        let long = format!("{}@example.com", "a".repeat(300));
        for bad in ["", "   ", "ada", "ada@", "@example.com", "ada@example", "a da@example.com", "ada@.com", &long] {
            assert!(Email::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_address_with_invisible_characters_is_refused() {
        for bad in
            ["ada\u{200b}@example.com", "ada@example.com\u{feff}", "\u{202e}ada@example.com", "a\u{ad}da@example.com"]
        {
            assert!(Email::parse(bad).is_err(), "{bad:?}");
        }
        for good in ["jürgen@müller.example", "用户@例子.example", "o'hara+tag@example.com"] {
            assert_eq!(Email::parse(good).unwrap().as_str(), good);
        }
    }
}
