//! The password policy (NIST SP 800-63B-4 section 3.1.1.2): a minimum length and a blocklist, any characters, no composition
//! rules. zxcvbn estimates the strength; its lists of common passwords, names and words are the blocklist.

use zxcvbn::{feedback::Warning, zxcvbn};

use crate::auth::error::AuthError;
use crate::auth::password::hasher::Password;
use crate::auth::validation::{ValidationError, Weakness};

/// How many characters of a password zxcvbn analyses. Its running time is cubic in the length, and a password with a strong
/// prefix is strong.
const ANALYSED: usize = 48;
/// Characters that zxcvbn takes for letters ("l33t").
const SUBSTITUTES: &str = "4@8({[<3691!|70$5+%2";
/// How many different ones of them one analysis sees. Its running time is exponential in them: 20 take 300 ms, 8 take 3 ms.
const SUBSTITUTES_MAX: usize = 8;
/// The least number of guesses, as a power of ten: what zxcvbn scores as 3 of 4, "safely unguessable".
const GUESSES_LOG10_MIN: f64 = 8.0;
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
/// form field of the message. Takes a few milliseconds, also for input crafted to be slow: it is analysed in parts
/// ([`parts`]), and an attacker has to guess all of them.
///
/// # Errors
///
/// [`AuthError::Invalid`] with the reason.
pub fn hard_to_guess(password: &Password, email: &str, field: &'static str) -> Result<(), AuthError> {
    let prefix: String = password.reveal().chars().take(ANALYSED).collect();
    let words = email.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() > 2);
    let guessable: Vec<&str> = std::iter::once(email).chain(words).chain(SITE).collect();
    let (mut guesses_log10, mut warning) = (0.0, None);
    for part in parts(&prefix) {
        let estimate = zxcvbn(part, &guessable);
        guesses_log10 += estimate.guesses_log10();
        if guesses_log10 >= GUESSES_LOG10_MIN {
            return Ok(());
        }
        warning = warning.or_else(|| estimate.feedback().and_then(|feedback| feedback.warning()));
    }
    Err(AuthError::invalid(field, ValidationError::PasswordWeak(weakness(warning))))
}

/// The text in parts, each with at most [`SUBSTITUTES_MAX`] different substitutes for letters. Nearly every password is one.
fn parts(text: &str) -> Vec<&str> {
    let (mut parts, mut from, mut seen) = (Vec::new(), 0, String::new());
    for (at, c) in text.char_indices() {
        if SUBSTITUTES.contains(c) && !seen.contains(c) {
            if seen.len() == SUBSTITUTES_MAX {
                parts.push(&text[from..at]);
                from = at;
                seen.clear();
            }
            seen.push(c);
        }
    }
    parts.push(&text[from..]);
    parts
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

    #[test]
    fn a_password_of_many_symbols_is_weighed_in_parts() {
        let all = SUBSTITUTES;
        assert_eq!(parts("correct horse"), ["correct horse"]);
        assert_eq!(parts(""), [""]);
        assert_eq!(parts(all), [&all[..8], &all[8..16], &all[16..]]);
        assert_eq!(parts("é4é@é8é(é{é[é<é3é4é6é"), ["é4é@é8é(é{é[é<é3é4é", "6é"]);
        let typed_in_order: String = ('!'..='P').collect();
        assert!(matches!(check(&typed_in_order), Err(ValidationError::PasswordWeak(_))));
        assert!(matches!(check("4d4.l0v3l4c3@3x4mpl3.c0m"), Err(ValidationError::PasswordWeak(_))));
        for good in [all, "x7!Kq$2m(Rw9<Tz0%", "4b3cd3f6h1jklmn0pqr57uvwxyz"] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(500))]
        /// The parts are the text, and none of them can be slow.
        #[test]
        fn no_part_has_many_substitutes(text in "[4@8({\\[<3691!|70$5+%2a-zäß]{0,60}") {
            let parts = parts(&text);
            proptest::prop_assert_eq!(parts.concat(), text.as_str());
            for part in parts {
                let different = SUBSTITUTES.chars().filter(|c| part.contains(*c)).count();
                proptest::prop_assert!(different <= SUBSTITUTES_MAX, "{}", part);
            }
        }
    }

    /// Only the first 48 characters are analysed, so a password of 1,024 characters takes no longer.
    #[test]
    fn characters_after_the_analysed_prefix_change_nothing() {
        let strong = "correct horse battery staple under a yellow moon";
        assert_eq!(strong.chars().count(), ANALYSED);
        assert_eq!(check(&format!("{strong}{}", "a".repeat(900))), Ok(()));
    }
}
