//! Generates passphrases (diceware): random words of a list, separated by spaces. English words are those of the EFF's lists
//! (which have a few hyphens, hence the spaces), German ones are the project's own. Words that would embarrass a reader or a
//! teacher are in no list: `unseemly.txt` names them once, for passphrases and for the lab's fingerprints.

use std::collections::HashSet;
use std::sync::LazyLock;

use diceware_wordlists::{EFF_LONG_WORDLIST, EFF_SHORT_WORDLIST_1};

use crate::auth::random;

/// The words of a passphrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WordList {
    /// The EFF's long list without the unseemly words: 12.7 bits of entropy each.
    English,
    /// 2,048 short words without umlauts, so that they are typed alike on every keyboard: 11 bits of entropy each.
    German,
}

impl WordList {
    /// Together they have 63.6 (English) or 66 (German) bits of entropy.
    const fn count(self) -> usize {
        match self {
            WordList::English => 5,
            WordList::German => 6,
        }
    }

    fn words(self) -> &'static [&'static str] {
        static ENGLISH: LazyLock<Vec<&str>> = LazyLock::new(|| seemly(&EFF_LONG_WORDLIST));
        static GERMAN: LazyLock<Vec<&str>> =
            LazyLock::new(|| include_str!("passphrase/german.txt").split_whitespace().collect());
        match self {
            WordList::English => &ENGLISH,
            WordList::German => &GERMAN,
        }
    }
}

/// The short words that stand for a fingerprint.
pub fn short_words() -> &'static [&'static str] {
    static SHORT: LazyLock<Vec<&str>> = LazyLock::new(|| seemly(&EFF_SHORT_WORDLIST_1));
    &SHORT
}

fn seemly(words: &[&'static str]) -> Vec<&'static str> {
    let unseemly: HashSet<_> = include_str!("passphrase/unseemly.txt").split_whitespace().collect();
    words.iter().copied().filter(|word| !unseemly.contains(word)).collect()
}

/// A passphrase of as many words of the list as make it hard to guess, or of more when `min` characters require it.
pub fn suggest(list: WordList, min: usize) -> String {
    let all = list.words();
    let mut phrase = String::new();
    let mut words = 0;
    while words < list.count() || phrase.chars().count() < min {
        if words > 0 {
            phrase.push(' ');
        }
        phrase.push_str(all[random::below(all.len())]);
        words += 1;
    }
    phrase
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::auth::password::rules::hard_to_guess;

    const LISTS: [WordList; 2] = [WordList::English, WordList::German];

    #[test]
    fn a_passphrase_of_each_list_has_sixty_bits_of_entropy() {
        for list in LISTS {
            let words: HashSet<_> = list.words().iter().collect();
            assert_eq!(words.len(), list.words().len(), "{list:?} has each word once");
            assert!((words.len() as f64).log2() * list.count() as f64 >= 63.0, "{list:?}");
            let typed = |c: char| c.is_ascii_lowercase() || c == '-';
            assert!(words.iter().all(|word| word.len() >= 3 && word.chars().all(typed)), "{list:?}");
        }
        assert_eq!(WordList::German.words().len(), 2048);
    }

    #[test]
    fn no_list_has_a_word_that_embarrasses() {
        let shown = || LISTS.iter().flat_map(|list| list.words()).chain(short_words());
        let unseemly: HashSet<_> = include_str!("passphrase/unseemly.txt").split_whitespace().collect();
        for word in [
            "panty", "thong", "womb", "hump", "moan", "fetal", "slob", "groin", "fondling", "racism", "skinhead",
            "strangle", "pregnant", "wife", "fool",
        ] {
            assert!(unseemly.contains(word), "{word}");
        }
        assert_eq!(shown().filter(|word| unseemly.contains(**word)).count(), 0);
        assert!(short_words().len() > 1000);
        // Each line of the file takes a word out of a list; one that does not is a typing error.
        let given: HashSet<_> = EFF_LONG_WORDLIST.iter().chain(&EFF_SHORT_WORDLIST_1).collect();
        for word in &unseemly {
            assert!(given.contains(word), "{word} is in no list");
        }
    }

    #[test]
    fn every_suggestion_is_different_and_an_acceptable_password() {
        for list in LISTS {
            let suggestions: HashSet<_> = (0..50).map(|_| suggest(list, 15)).collect();
            assert_eq!(suggestions.len(), 50);
            for suggestion in suggestions {
                assert_eq!(suggestion.split(' ').count(), list.count(), "{suggestion}");
                assert!(suggestion.len() >= 15);
                assert!(
                    hard_to_guess(&suggestion.clone().into(), "ada@example.com", "password").is_ok(),
                    "{suggestion}"
                );
            }
            assert!(suggest(list, 64).len() >= 64);
        }
    }
}
