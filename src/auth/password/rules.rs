//! The password policy (NIST SP 800-63B-4 section 3.1.1.2): a minimum length and a blocklist, any characters, no composition
//! rules. zxcvbn estimates the strength; its lists of common passwords, names and words are the blocklist.

use zxcvbn::{Score, feedback::Warning, zxcvbn};

use crate::auth::error::AuthError;
use crate::auth::password::hasher::Password;
use crate::auth::validation::{ValidationError, Weakness};

/// How many characters of a password zxcvbn analyses. Its running time is cubic in the length, and a password with a strong
/// prefix is strong.
const ANALYSED: usize = 48;
/// Words that an attacker would try first against this site.
const SITE: [&str; 3] = ["two tokens", "two-tokens", "twotokens"];

/// The configurable part of the policy.
#[derive(Clone, Copy, Debug)]
pub struct PasswordRules {
    /// The minimum length, in characters.
    pub min: usize,
}

impl PasswordRules {
    /// The cheap part of the policy; [`hard_to_guess`] runs on a hasher thread.
    ///
    /// # Errors
    ///
    /// [`AuthError::Invalid`] at `field` for a password that is too short or too long.
    pub fn long_enough(&self, password: &Password, field: &'static str) -> Result<(), AuthError> {
        password.not_oversized(field)?;
        if password.reveal().chars().count() < self.min {
            Err(AuthError::invalid(field, ValidationError::PasswordTooShort { min: self.min }))
        } else {
            Ok(())
        }
    }
}

/// Requires that guessing the password takes so many attempts that the throttle and argon2id make it pointless. `field` is the
/// form field of the message. Takes up to about 50 ms for input crafted to be slow.
///
/// # Errors
///
/// [`AuthError::Invalid`] with the reason.
pub fn hard_to_guess(password: &Password, email: &str, field: &'static str) -> Result<(), AuthError> {
    let prefix: String = password.reveal().chars().take(ANALYSED).collect();
    let parts = email.split(|c: char| !c.is_alphanumeric()).filter(|part| part.len() > 2);
    let guessable: Vec<&str> = std::iter::once(email).chain(parts).chain(SITE).collect();
    let estimate = zxcvbn(&prefix, &guessable);
    if estimate.score() >= Score::Three {
        return Ok(());
    }
    let weakness = weakness(estimate.feedback().and_then(|feedback| feedback.warning()));
    Err(AuthError::invalid(field, ValidationError::PasswordWeak(weakness)))
}

const fn weakness(warning: Option<Warning>) -> Weakness {
    match warning {
        Some(Warning::StraightRowsOfKeysAreEasyToGuess | Warning::ShortKeyboardPatternsAreEasyToGuess) => {
            Weakness::Keyboard
        }
        Some(Warning::RepeatsLikeAaaAreEasyToGuess) => Weakness::OneCharacter,
        Some(Warning::RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess) => Weakness::Repeats,
        Some(
            Warning::ThisIsATop10Password
            | Warning::ThisIsATop100Password
            | Warning::ThisIsACommonPassword
            | Warning::ThisIsSimilarToACommonlyUsedPassword,
        ) => Weakness::Common,
        Some(Warning::SequencesLikeAbcAreEasyToGuess) => Weakness::Sequence,
        Some(Warning::RecentYearsAreEasyToGuess | Warning::DatesAreOftenEasyToGuess) => Weakness::Date,
        Some(Warning::AWordByItselfIsEasyToGuess) => Weakness::Word,
        Some(Warning::NamesAndSurnamesByThemselvesAreEasyToGuess | Warning::CommonNamesAndSurnamesAreEasyToGuess) => {
            Weakness::Name
        }
        None => Weakness::ShortOrEmail,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(password: &str) -> Result<(), ValidationError> {
        let password = Password::from(password.to_owned());
        PasswordRules { min: 15 }
            .long_enough(&password, "password")
            .and_then(|()| hard_to_guess(&password, "ada.lovelace@example.com", "password"))
            .map_err(|refused| match refused {
                AuthError::Invalid { field: "password", error } => error,
                other => panic!("{other}"),
            })
    }

    #[test]
    fn length_is_counted_in_characters_and_any_character_is_allowed() {
        assert_eq!(check("only 14 chars!"), Err(ValidationError::PasswordTooShort { min: 15 }));
        for good in [
            "correct horse battery staple",
            "correct-horse-battery-staple",
            "a new long password",
            "mein Hund heißt Waldi",
            "正しい馬の電池のホチキスです今日",
            "😀🐎🔋📎🌍🎉🍕🚀🎸🧩🦊🌵🧲🪁🛶",
            "   spaces   around it   ",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        assert_eq!(check(&"correct horse ".repeat(74)), Err(ValidationError::PasswordTooLong));
    }

    #[test]
    fn an_easily_guessed_password_is_refused_with_the_reason() {
        for (bad, weakness) in [
            ("aaaaaaaaaaaaaaa", Weakness::OneCharacter),
            ("               ", Weakness::OneCharacter),
            ("passwordpassword", Weakness::Repeats),
            ("Summer2026Summer2026", Weakness::Repeats),
            ("1q2w3e4r5t6y7u8i", Weakness::Common),
            ("abcdefghijklmnopq", Weakness::Sequence),
            ("qwertyuiopasdfgh", Weakness::Common),
            ("ada.lovelace@example.com", Weakness::ShortOrEmail),
            ("ADA.LOVELACE@example.com", Weakness::ShortOrEmail),
            (&"x".repeat(1024), Weakness::OneCharacter),
        ] {
            assert_eq!(check(bad), Err(ValidationError::PasswordWeak(weakness)), "{bad}");
        }
        // zxcvbn reports either of two equally good reasons.
        assert!(matches!(check("123456789012345"), Err(ValidationError::PasswordWeak(_))));
    }

    /// Only the first 48 characters are analysed, so a password of 1,024 characters takes no longer.
    #[test]
    fn characters_after_the_analysed_prefix_change_nothing() {
        let strong = "correct horse battery staple under a yellow moon";
        assert_eq!(strong.chars().count(), ANALYSED);
        assert_eq!(check(&format!("{strong}{}", "a".repeat(900))), Ok(()));
    }
}
