//! An account: an e-mail address, a password hash, and whether it may be used.

use std::fmt;

use uuid::Uuid;

use super::error::AuthError;
use super::flaw::Flaw;
use crate::clock::Timestamp;

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

/// An e-mail address in the one form it is compared in: trimmed, lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// Longest address SMTP can carry (RFC 5321 section 4.5.3.1.3).
    const MAX: usize = 254;

    /// Only what surely is no address is refused; the rest is the mail server's to say.
    pub fn parse(input: &str) -> Result<Self, AuthError> {
        let address = input.trim().to_lowercase();
        let (local, domain) = address.rsplit_once('@').unwrap_or_default();
        let shaped = !local.is_empty()
            && domain.contains('.')
            && !domain.starts_with('.')
            && !domain.ends_with('.')
            && !address.contains(|c: char| c.is_whitespace() || c.is_control() || is_invisible(c));
        if address.is_empty() {
            Err(AuthError::invalid("email", Flaw::EmailMissing))
        } else if address.len() > Self::MAX {
            Err(AuthError::invalid("email", Flaw::EmailTooLong))
        } else if !shaped {
            Err(AuthError::invalid("email", Flaw::NoEmail))
        } else {
            Ok(Self(address))
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Takes no room, or turns the text round (format characters, variation selectors, tags, fillers): an address with one looks
/// like another address. The joiners of Persian and Indic scripts are among them; no mail provider hands those out.
const fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{ffff}' | '\u{e0000}'..='\u{e0fff}')
}

#[derive(Clone, Debug)]
pub struct UserRecord {
    pub id: UserId,
    pub email: String,
    /// A PHC string; see [`super::password`].
    pub password_hash: String,
    pub created_at: Timestamp,
    pub disabled_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_compared_in_one_form() {
        assert_eq!(Email::parse("  Ada@Example.COM ").unwrap().as_str(), "ada@example.com");
    }

    #[test]
    fn what_is_no_address_is_refused_with_a_reason() {
        let long = format!("{}@example.com", "a".repeat(300));
        for bad in ["", "   ", "ada", "ada@", "@example.com", "ada@example", "a da@example.com", "ada@.com", &long] {
            assert!(Email::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_address_that_looks_like_another_is_refused() {
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
