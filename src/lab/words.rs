//! The texts of the lab stand where they are used, in both languages side by side: they are downloaded with the lab alone, and not
//! with the app. The scenes' texts come from the server.

use crate::lang::{Lang, lang};

/// The text in the language of this page.
pub fn t(english: &'static str, german: &'static str) -> &'static str {
    match lang() {
        Lang::En => english,
        Lang::De => german,
    }
}

/// The text with `parts` in place of its `{}`, in their order. One function for all texts: a `format!` for each is larger code.
pub fn filled(text: &str, parts: &[&str]) -> String {
    debug_assert!(text.matches("{}").count() <= parts.len(), "{text}");
    let mut pieces = text.split("{}");
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for (piece, part) in pieces.zip(parts) {
        out += part;
        out += piece;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{filled, t};
    use crate::lang::{Lang, in_language_now};

    #[test]
    fn a_text_is_in_the_language_of_the_page_and_has_its_parts() {
        let text = || filled(t("{} of {}.", "{} von {}."), &["1", "2"]);
        assert_eq!(text(), "1 of 2.");
        assert_eq!(in_language_now(Lang::De, text), "1 von 2.");
    }
}
