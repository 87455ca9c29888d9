//! Generates passphrases (diceware): random words of the EFF's long word list, separated by spaces, because a few words of
//! the list contain a hyphen.

use diceware_wordlists::EFF_LONG_WORDLIST;

use crate::auth::random;

/// Each word has 12.9 bits of entropy, so five have 64.6.
const WORDS: usize = 5;

/// A passphrase of five words, or of more when `min` characters require it.
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
    use crate::auth::password::rules::hard_to_guess;

    #[test]
    fn five_words_of_the_list_have_sixty_bits_of_entropy() {
        let words: HashSet<_> = EFF_LONG_WORDLIST.iter().collect();
        assert_eq!(words.len(), 7776);
        assert!((words.len() as f64).log2() * WORDS as f64 >= 60.0);
        assert!(words.iter().all(|word| word.len() >= 3 && word.chars().all(|c| c.is_ascii_lowercase() || c == '-')));
    }

    #[test]
    fn every_suggestion_is_different_and_an_acceptable_password() {
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
