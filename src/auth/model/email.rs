//! E-mail addresses: the one key that all spellings of an address share (canonicalization), and the address as it is shown.
//!
//! The local part is NFC (RFC 6532 section 3.1) in lower case, the domain is ASCII by IDNA (UTS 46): one browser sends
//! `müller.example`, another `xn--mller-kva.example`. An address that would look like another one is refused (homograph attack,
//! UTS 39): characters that only stand for other characters, and letters of two scripts in one word.

use std::fmt;

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use unicode_normalization::UnicodeNormalization as _;
use unicode_security::{MixedScript as _, RestrictionLevel, RestrictionLevelDetection as _};

use crate::auth::error::AuthError;
use crate::auth::validation::ValidationError;

/// The longest address that SMTP can carry, in bytes (RFC 5321 section 4.5.3.1.3).
pub const LENGTH_MAX: usize = 254;
/// A dot above that composes with no letter. On an `i` nobody sees it: the lower case of the Turkish `İ` has one.
const COMBINING_DOT_ABOVE: char = '\u{307}';

/// An e-mail address. Prints without the address, which is personal.
#[derive(Clone, PartialEq, Eq)]
pub struct Email {
    key: String,
    former_key: String,
    shown: String,
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email([redacted])")
    }
}

impl Email {
    /// The address of a new account, or a new address of an account.
    ///
    /// # Errors
    ///
    /// [`AuthError::Invalid`] at the field `email`.
    pub fn parse(input: &str) -> Result<Self, AuthError> {
        let former_key = former_key(input).map_err(invalid)?;
        let (key, shown) = canonical(input).map_err(invalid)?;
        Ok(Self { key, former_key, shown })
    }

    /// The address of an account that may exist: for an address that a new account could not have, the key of former versions.
    ///
    /// # Errors
    ///
    /// [`AuthError::Invalid`] at the field `email`, for what no version accepted.
    pub fn parse_known(input: &str) -> Result<Self, AuthError> {
        let former_key = former_key(input).map_err(invalid)?;
        let (key, shown) = canonical(input).unwrap_or_else(|_| (former_key.clone(), former_key.clone()));
        Ok(Self { key, former_key, shown })
    }

    /// The form that is unique: equal for every spelling of the address.
    pub fn as_str(&self) -> &str {
        &self.key
    }

    /// The address as typed. The domain is in Unicode: a browser may send ASCII for what was typed.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// The keys under which the account may be stored, the first that exists counts. An account of a former version keeps its
    /// own spelling as its key when another account has the key of both.
    pub fn keys(&self) -> [&str; 2] {
        [&self.former_key, &self.key]
    }
}

/// The address to show for a stored account. `shown` belongs to `key` only if it is a spelling of it: an older server beside
/// this one changes the key alone.
pub fn shown(key: String, shown: Option<String>) -> String {
    shown.filter(|shown| canonical(shown).is_ok_and(|(own, _)| own == key)).unwrap_or(key)
}

fn invalid(error: ValidationError) -> AuthError {
    AuthError::invalid("email", error)
}

/// The key of an address in former versions: trimmed and in lower case.
fn former_key(input: &str) -> Result<String, ValidationError> {
    let address = input.trim().to_lowercase();
    let (local, domain) = address.rsplit_once('@').unwrap_or_default();
    let shaped = !local.is_empty()
        && domain.chars().any(is_dot)
        && !domain.starts_with(is_dot)
        && !domain.ends_with(is_dot)
        && !address.contains(|c: char| c.is_whitespace() || c.is_control() || is_invisible(c));
    if address.is_empty() {
        Err(ValidationError::EmailMissing)
    } else if address.len() > LENGTH_MAX {
        Err(ValidationError::EmailTooLong)
    } else if !shaped {
        Err(ValidationError::NoEmail)
    } else {
        Ok(address)
    }
}

/// The key and the shown form of an address.
pub(in crate::auth) fn canonical(input: &str) -> Result<(String, String), ValidationError> {
    former_key(input)?;
    let address: String = input.trim().nfc().collect();
    let (local, domain) = address.rsplit_once('@').ok_or(ValidationError::NoEmail)?;
    let (ascii, unicode) = domain_forms(domain)?;
    let key = format!("{}@{ascii}", local_key(local)?);
    // As typed, but where ASCII was sent for a domain that has a Unicode form.
    let typed =
        domain.split(is_dot).any(|label| label.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("xn--")));
    let shown = format!("{local}@{}", if typed { &unicode } else { domain });
    if key.len() > LENGTH_MAX { Err(ValidationError::EmailTooLong) } else { Ok((key, shown)) }
}

/// The local part in NFC and lower case. Both shapes of the Greek small sigma are one letter, as in capitals.
fn local_key(local: &str) -> Result<String, ValidationError> {
    // RFC 5322 section 3.2.3. In quotes, one address would have many spellings.
    if local.contains(['"', '(', ')', ',', ':', ';', '<', '>', '@', '[', '\\', ']']) {
        return Err(ValidationError::NoEmail);
    }
    let key: String = local.to_lowercase().replace('ς', "σ").nfc().collect();
    let compatible = local.nfkc().eq(local.chars()) && key.nfkc().eq(key.chars());
    let plain = compatible && !key.contains(COMBINING_DOT_ABOVE);
    if plain && key.split(['.', '+', '-', '_', '/', '=']).all(is_of_one_script) {
        Ok(key)
    } else {
        Err(ValidationError::EmailLookalike)
    }
}

/// The domain in ASCII and in Unicode (UTS 46, nontransitional, STD 3 rules).
fn domain_forms(domain: &str) -> Result<(String, String), ValidationError> {
    let uts46 = Uts46::new();
    let ascii = uts46
        .to_ascii(domain.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast, DnsLength::Verify)
        .map_err(|_| ValidationError::NoEmail)?;
    let (unicode, valid) = uts46.to_unicode(ascii.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast);
    if valid.is_err() || !ascii.contains('.') {
        return Err(ValidationError::NoEmail);
    }
    if unicode.contains(COMBINING_DOT_ABOVE) || !unicode.split('.').all(is_of_one_script) {
        return Err(ValidationError::EmailLookalike);
    }
    Ok((ascii.to_string(), unicode.to_string()))
}

/// One script, or Latin beside the scripts of Chinese, Japanese or Korean ("highly restrictive" in UTS 39 section 5.2).
fn is_of_one_script(word: &str) -> bool {
    word.is_ascii() || word.is_single_script() || word.check_restriction_level(RestrictionLevel::HighlyRestrictive)
}

/// The full stops that IDNA takes as the dot between labels.
const fn is_dot(c: char) -> bool {
    matches!(c, '.' | '\u{3002}' | '\u{ff0e}' | '\u{ff61}')
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

#[cfg(test)]
mod tests {
    use super::*;

    fn key(input: &str) -> String {
        Email::parse(input).unwrap_or_else(|error| panic!("{input:?}: {error}")).key
    }

    fn refusal(input: &str) -> ValidationError {
        match Email::parse(input) {
            Err(AuthError::Invalid { field: "email", error }) => error,
            other => panic!("{input:?}: {other:?}"),
        }
    }

    #[test]
    fn every_spelling_of_an_address_has_one_key() {
        for (wanted, spellings) in [
            (
                "ada@example.com",
                &["ada@example.com", "  Ada@Example.COM ", "ada@ｅｘａｍｐｌｅ.com", "ada@example。com"][..],
            ),
            (
                "andr\u{e9}@example.com",
                &["andr\u{e9}@example.com", "andre\u{301}@example.com", "ANDR\u{c9}@example.com"],
            ),
            (
                "ada@xn--mller-kva.example",
                &["ada@müller.example", "ada@mu\u{308}ller.example", "ada@MÜLLER.example", "ada@XN--MLLER-KVA.example"],
            ),
            // ß is a letter of its own since IDNA 2008.
            ("ada@xn--strae-oqa.example", &["ada@straße.example", "ada@STRAẞE.example"]),
            // Capitals do not tell the two small sigmas apart.
            ("οδυσσευσ@example.gr", &["οδυσσευς@example.gr", "ΟΔΥΣΣΕΥΣ@example.gr", "οδυσσευσ@example.gr"]),
            ("用户@xn--fsqu00a.example", &["用户@例子.example", "用户@xn--fsqu00a.example"]),
            ("o'hara+tag@example.com", &["o'hara+tag@example.com", "O'Hara+Tag@example.com"]),
            ("ada@r3---sn.example", &["ada@r3---sn.example"]),
        ] {
            for spelling in spellings {
                assert_eq!(key(spelling), wanted, "{spelling:?}");
            }
        }
    }

    #[test]
    fn an_address_is_shown_as_typed_and_its_domain_in_unicode() {
        for (typed, shown) in [
            (" Ada@Example.COM ", "Ada@Example.COM"),
            ("andre\u{301}@example.com", "andr\u{e9}@example.com"),
            ("ada@müller.example", "ada@müller.example"),
            ("Ada@xn--mller-kva.example", "Ada@müller.example"),
        ] {
            assert_eq!(Email::parse(typed).unwrap().shown(), shown);
        }
    }

    #[test]
    fn a_shown_address_counts_only_for_its_own_key() {
        let of = |key: &str, address: Option<&str>| shown(key.into(), address.map(Into::into));
        assert_eq!(of("ada@example.com", Some("Ada@Example.com")), "Ada@Example.com");
        assert_eq!(of("eve@example.com", Some("Ada@Example.com")), "eve@example.com");
        assert_eq!(of("ada@example.com", None), "ada@example.com");
    }

    #[test]
    fn an_address_that_looks_like_another_is_refused() {
        for bad in [
            "ａｄａ@example.com",
            "ﬁnn@example.com",
            "ada²@example.com",
            "\u{130}da@example.com",
            "i\u{307}da@example.com",
            "\u{131}\u{307}da@example.com",
            "ada@\u{130}stanbul.example",
            "ada@i\u{307}stanbul.example",
            // A Cyrillic а.
            "ada@ex\u{430}mple.com",
            "ada@xn--exmple-4nf.com",
            "\u{430}da@example.com",
            "ada.l\u{3bf}velace@example.com",
        ] {
            assert!(matches!(refusal(bad), ValidationError::EmailLookalike | ValidationError::NoEmail), "{bad:?}");
        }
        assert_eq!(refusal("ada@ex\u{430}mple.com"), ValidationError::EmailLookalike);
        for good in
            ["иван@пример.example", "ivan.иванов@example.com", "ada@sony株式会社.example", "jürgen@müller.example"]
        {
            assert!(Email::parse(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn an_invalid_address_is_refused() {
        let long = format!("{}@example.com", "a".repeat(300));
        let expanded = format!("{}@{}.example", "a".repeat(180), "ü".repeat(30));
        for (bad, error) in [
            ("", ValidationError::EmailMissing),
            ("   ", ValidationError::EmailMissing),
            ("ada", ValidationError::NoEmail),
            ("ada@", ValidationError::NoEmail),
            ("@example.com", ValidationError::NoEmail),
            ("ada@example", ValidationError::NoEmail),
            ("a da@example.com", ValidationError::NoEmail),
            ("ada@.com", ValidationError::NoEmail),
            ("ada@example.com.", ValidationError::NoEmail),
            ("ada@example..com", ValidationError::NoEmail),
            ("ada@example。", ValidationError::NoEmail),
            ("ada@-example.com", ValidationError::NoEmail),
            ("ada@exa_mple.com", ValidationError::NoEmail),
            ("ada@[127.0.0.1]", ValidationError::NoEmail),
            ("\"ada\"@example.com", ValidationError::NoEmail),
            ("a@b@example.com", ValidationError::NoEmail),
            ("ada@xn--a.example", ValidationError::NoEmail),
            (&format!("ada@{}.com", "a".repeat(64)), ValidationError::NoEmail),
            (&long, ValidationError::EmailTooLong),
        ] {
            assert_eq!(refusal(bad), error, "{bad:?}");
        }
        assert!(expanded.len() > LENGTH_MAX || Email::parse(&expanded).is_ok());
    }

    #[test]
    fn an_address_with_invisible_characters_is_refused() {
        for bad in
            ["ada\u{200b}@example.com", "ada@example.com\u{feff}", "\u{202e}ada@example.com", "a\u{ad}da@example.com"]
        {
            assert!(Email::parse_known(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn an_account_of_a_former_version_is_found_by_its_own_spelling() {
        let nfd = Email::parse_known("Andre\u{301}@example.com").unwrap();
        assert_eq!(nfd.keys(), ["andre\u{301}@example.com", "andr\u{e9}@example.com"]);
        for refused_today in ["ａｄａ@example.com", "\"ada\"@example.com", "ada@exa_mple.com"] {
            assert_eq!(Email::parse_known(refused_today).unwrap().keys(), [refused_today; 2]);
        }
    }

    #[test]
    fn an_address_is_never_printed() {
        assert_eq!(format!("{:?}", Email::parse("ada@example.com").unwrap()), "Email([redacted])");
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(2_000))]
        #[test]
        fn a_key_is_stable_and_shared_by_the_other_forms(
            local in "[a-zA-Z0-9.+àéÅ\u{301}\u{308}\u{307}\u{327}ΣσςſİıßẞéЖж用한\u{1100}\u{1161}ﬁ]{1,8}|\\PC{1,6}",
            domain in "[a-zA-Zäß\u{301}\u{308}İｅж用-]{1,8}\\.(example|пример|例子)|\\PC{1,8}\\.com",
        ) {
            let typed = format!("{local}@{domain}");
            let Ok(Email { key, shown, .. }) = Email::parse(&typed) else { return Ok(()) };
            for other in [key.clone(), shown, typed.nfd().collect(), typed.to_lowercase()] {
                let own = Email::parse(&other).map(|email| email.key).ok();
                proptest::prop_assert_eq!(own.as_ref(), Some(&key), "{:?} is {:?}", typed, other);
            }
            proptest::prop_assert!(key.rsplit_once('@').unwrap().1.is_ascii());
        }
    }
}
