//! What may become somebody's password: long enough, and not among what others would try first. No composition rules, any
//! characters (NIST SP 800-63B-4 section 3.1.1.2). How easy one is to guess, zxcvbn says, whose lists of common passwords,
//! names and words serve as the blocklist; what it finds is told in our own words.

use zxcvbn::{Score, feedback::Warning, zxcvbn};

use super::error::AuthError;
use super::flaw::{Easy, Flaw};
use super::password::Password;

/// What is weighed of a password, in characters. The work grows with the cube of the length, and a long password whose
/// beginning is hard to guess is hard to guess.
const WEIGHED: usize = 48;
/// What to try first against this site.
const SITE: [&str; 3] = ["two tokens", "two-tokens", "twotokens"];

/// How long a password must be, in characters.
#[derive(Clone, Copy, Debug)]
pub struct PasswordRules {
    pub min: usize,
}

impl PasswordRules {
    /// What needs no work. [`hard_to_guess`] is asked on a hasher thread.
    pub fn long_enough(&self, password: &Password, field: &'static str) -> Result<(), AuthError> {
        password.not_oversized(field)?;
        if password.reveal().chars().count() < self.min {
            Err(AuthError::invalid(field, Flaw::PasswordTooShort { min: self.min }))
        } else {
            Ok(())
        }
    }
}

/// Whether guessing takes long enough that the throttle of sign-ins and argon2id make it pointless; `field` is the form
/// field the message belongs to. Takes up to some 50 ms for what was made to be hard to weigh.
pub fn hard_to_guess(password: &Password, email: &str, field: &'static str) -> Result<(), AuthError> {
    let beginning: String = password.reveal().chars().take(WEIGHED).collect();
    let parts = email.split(|c: char| !c.is_alphanumeric()).filter(|part| part.len() > 2);
    let known: Vec<&str> = std::iter::once(email).chain(parts).chain(SITE).collect();
    let weighed = zxcvbn(&beginning, &known);
    if weighed.score() >= Score::Three {
        return Ok(());
    }
    let why = why(weighed.feedback().and_then(|feedback| feedback.warning()));
    Err(AuthError::invalid(field, Flaw::PasswordEasy(why)))
}

const fn why(warning: Option<Warning>) -> Easy {
    match warning {
        Some(Warning::StraightRowsOfKeysAreEasyToGuess | Warning::ShortKeyboardPatternsAreEasyToGuess) => {
            Easy::Keyboard
        }
        Some(Warning::RepeatsLikeAaaAreEasyToGuess) => Easy::OneCharacter,
        Some(Warning::RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess) => Easy::Repeats,
        Some(
            Warning::ThisIsATop10Password
            | Warning::ThisIsATop100Password
            | Warning::ThisIsACommonPassword
            | Warning::ThisIsSimilarToACommonlyUsedPassword,
        ) => Easy::Common,
        Some(Warning::SequencesLikeAbcAreEasyToGuess) => Easy::Sequence,
        Some(Warning::RecentYearsAreEasyToGuess | Warning::DatesAreOftenEasyToGuess) => Easy::Date,
        Some(Warning::AWordByItselfIsEasyToGuess) => Easy::Word,
        Some(Warning::NamesAndSurnamesByThemselvesAreEasyToGuess | Warning::CommonNamesAndSurnamesAreEasyToGuess) => {
            Easy::Name
        }
        None => Easy::ShortOrEmail,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(password: &str) -> Result<(), String> {
        let password = Password::from(password.to_owned());
        PasswordRules { min: 15 }
            .long_enough(&password, "password")
            .and_then(|()| hard_to_guess(&password, "ada.lovelace@example.com", "password"))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn length_is_counted_in_characters_and_any_will_do() {
        assert!(judged("only 14 chars!").unwrap_err().contains("at least 15 characters"));
        for good in [
            "correct horse battery staple",
            "correct-horse-battery-staple",
            "a new long password",
            "mein Hund heißt Waldi",
            "正しい馬の電池のホチキスです今日",
            "😀🐎🔋📎🌍🎉🍕🚀🎸🧩🦊🌵🧲🪁🛶",
            "   spaces   around it   ",
        ] {
            assert_eq!(judged(good), Ok(()), "{good}");
        }
        assert!(judged(&"correct horse ".repeat(74)).unwrap_err().contains("too long"));
    }

    #[test]
    fn what_others_would_try_first_is_refused_and_told_why() {
        for (bad, why) in [
            ("aaaaaaaaaaaaaaa", "one character"),
            ("               ", "one character"),
            ("passwordpassword", "repeats itself"),
            ("Summer2026Summer2026", "repeats itself"),
            ("1q2w3e4r5t6y7u8i", "many people use"),
            ("abcdefghijklmnopq", "counts up or down"),
            // Of two reasons that are as good, zxcvbn gives one or the other.
            ("123456789012345", "This password is easy to guess: it "),
            ("qwertyuiopasdfgh", "many people use"),
            ("ada.lovelace@example.com", "your e-mail address"),
            ("ADA.LOVELACE@example.com", "your e-mail address"),
            (&"x".repeat(1024), "one character"),
        ] {
            let told = judged(bad).unwrap_err();
            assert!(told.contains(why), "{bad}: {told}");
            assert!(!told.contains(bad), "the password itself is never repeated");
        }
    }

    /// The 48 characters that are weighed bound the work; a password of 1,024 costs no more.
    #[test]
    fn what_comes_after_the_beginning_changes_nothing() {
        let strong = "correct horse battery staple under a yellow moon";
        assert_eq!(strong.chars().count(), WEIGHED);
        assert_eq!(judged(&format!("{strong}{}", "a".repeat(900))), Ok(()));
    }
}
