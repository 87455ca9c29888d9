//! Passphrases for who wants one made: words drawn from the EFF's long list by the operating system's randomness. A space
//! lies between them, because a few words of the list have a hyphen of their own.

use diceware_wordlists::EFF_LONG_WORDLIST;

use super::random;

/// Each word is worth 12.9 bits: five make 64.6.
const WORDS: usize = 5;

/// At least five words, and as many as `min` characters need.
pub fn suggest(min: usize) -> String {
    let mut phrase = String::new();
    let mut words = 0;
    while words < WORDS || phrase.chars().count() < min {
        if words > 0 {
            phrase.push(' ');
        }
        phrase.push_str(EFF_LONG_WORDLIST[random::below(EFF_LONG_WORDLIST.len())]);
        words += 1;
    }
    phrase
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::auth::password_rules::hard_to_guess;

    #[test]
    fn five_words_of_the_list_are_worth_sixty_bits_and_no_word_is_there_twice() {
        let words: HashSet<_> = EFF_LONG_WORDLIST.iter().collect();
        assert_eq!(words.len(), 7776);
        assert!((words.len() as f64).log2() * WORDS as f64 >= 60.0);
        assert!(words.iter().all(|word| word.len() >= 3 && word.chars().all(|c| c.is_ascii_lowercase() || c == '-')));
    }

    #[test]
    fn every_suggestion_is_another_one_and_could_be_a_password() {
        let suggestions: HashSet<_> = (0..50).map(|_| suggest(15)).collect();
        assert_eq!(suggestions.len(), 50);
        for suggestion in suggestions {
            assert_eq!(suggestion.split(' ').count(), 5, "{suggestion}");
            assert!(suggestion.len() >= 15);
            assert!(hard_to_guess(&suggestion.clone().into(), "ada@example.com", "password").is_ok(), "{suggestion}");
        }
        assert!(suggest(64).len() >= 64);
    }
}
