//! Rules about words: of comments, of pages, of the names that a file may not even mention.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::source::{Source, split};

/// Sentences of comments that begin with "Who" or "Whoever": the subject of a sentence is a thing with a name.
pub fn sentences_without_a_subject(source: &Source) -> Vec<String> {
    let comments = split(&source.text).comments;
    let wrong = comments.iter().filter(|(_, text)| ["Who", "Whoever"].iter().any(|word| begins_a_sentence(text, word)));
    wrong.map(|(line, text)| format!("{}:{line}: {text}", source.path)).collect()
}

fn begins_a_sentence(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let (before, after) = (text[..at].trim_end(), &text[at + word.len()..]);
        let begins = before.is_empty() || before.ends_with(['.', '?', '!', ':', ';', '(', '"', '-', '–']);
        begins && (after.is_empty() || after.starts_with([' ', ',', '\'', '’', '?']))
    })
}

/// Every name in the code, with its line. Comments and strings are none.
pub fn names(source: &Source) -> Vec<(usize, String)> {
    fn walk(tokens: TokenStream, found: &mut Vec<(usize, String)>) {
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => found.push((ident.span().start().line, ident.to_string())),
                TokenTree::Group(group) => walk(group.stream(), found),
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
        }
    }
    let mut found = Vec::new();
    walk(source.text.parse().unwrap(), &mut found);
    found
}

/// The texts that a `view!` shows by themselves, and not through the catalogue of words. A text stands first, after the end
/// of a tag, or after another child; in an attribute it does not.
pub fn texts_of_views(source: &Source) -> Vec<String> {
    fn walk(tokens: TokenStream, in_view: bool, found: &mut Vec<(usize, String)>) {
        let tokens: Vec<_> = tokens.into_iter().collect();
        for (at, token) in tokens.iter().enumerate() {
            let child = in_view && is_place_of_a_child(&tokens[..at]);
            match token {
                TokenTree::Literal(literal) if child => {
                    let text = literal.to_string();
                    if text.starts_with('"') && text.contains(char::is_alphabetic) && text != "\"Two Tokens\"" {
                        found.push((literal.span().start().line, text));
                    }
                }
                TokenTree::Group(group) => {
                    let only_a_text = group.stream().into_iter().count() == 1;
                    walk(group.stream(), is_view(&tokens[..at]) || child && only_a_text, found);
                }
                _ => {}
            }
        }
    }
    let mut found = Vec::new();
    walk(source.text.parse().unwrap(), false, &mut found);
    found.into_iter().map(|(line, text)| format!("{}:{line}: {text}", source.path)).collect()
}

fn is_view(before: &[TokenTree]) -> bool {
    let last: Vec<_> = before.iter().rev().take(2).map(ToString::to_string).collect();
    last == ["!", "view"]
}

fn is_place_of_a_child(before: &[TokenTree]) -> bool {
    match before {
        [] | [.., TokenTree::Literal(_)] => true,
        [.., TokenTree::Group(group)] => group.delimiter() == Delimiter::Brace,
        [.., arrow, TokenTree::Punct(end)] => end.as_char() == '>' && !["=", "-"].contains(&&*arrow.to_string()),
        _ => false,
    }
}
