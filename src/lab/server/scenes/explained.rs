//! Texts whose terms lead to the glossary: the first time that a page uses a term it is a link to its meaning, which a style sheet
//! shows beside it. On a page of `/learn` the meaning stands at its end as well, so it works without scripts, with a keyboard, and on
//! paper. The texts of a scene on the lab's page lead to the glossary of `/learn`.

use super::glossary::{self, GLOSSARY, Term};
use super::text::{Numbers, Text};
use crate::lab::page::diagram::escape;
use crate::lang::Lang;

/// The texts of one page.
pub struct Explained {
    lang: Lang,
    numbers: Numbers,
    /// The page that has the glossary; empty for this one.
    glossary: String,
    /// The terms that the page has used, in the order in which it did.
    used: Vec<&'static Term>,
}

impl Explained {
    pub const fn new(lang: Lang, numbers: Numbers) -> Self {
        Self { lang, numbers, glossary: String::new(), used: Vec::new() }
    }

    /// The same where the glossary is another page, which opens beside this one.
    pub const fn beside(lang: Lang, numbers: Numbers, glossary: String) -> Self {
        Self { lang, numbers, glossary, used: Vec::new() }
    }

    pub const fn lang(&self) -> Lang {
        self.lang
    }

    /// A text as it stands, for HTML.
    pub fn plain(&self, text: Text) -> String {
        escape(&text.with(&self.numbers, self.lang))
    }

    /// A text with its terms linked.
    pub fn text(&mut self, text: Text) -> String {
        self.sentence(&text.with(&self.numbers, self.lang))
    }

    /// The same for a sentence that is in the page's language already.
    pub fn sentence(&mut self, text: &str) -> String {
        match self.first_term(text) {
            None => escape(text),
            Some((at, length, term)) => {
                self.used.push(term);
                let meaning = term.meaning.with(&self.numbers, self.lang);
                let beside = if self.glossary.is_empty() { "" } else { " target=\"_blank\"" };
                let link = format!(
                    r##"<a class="term"{beside} href="{}#word-{}" data-meaning="{}">{}</a>"##,
                    self.glossary,
                    term.id,
                    escape(&meaning),
                    escape(&text[at..at + length])
                );
                let before = self.sentence(&text[..at]);
                [before, link, self.sentence(&text[at + length..])].concat()
            }
        }
    }

    /// The longest term of the text that the page has not explained yet: where, how long, and which. A term inside a longer one is
    /// no term of its own.
    fn first_term(&self, text: &str) -> Option<(usize, usize, &'static Term)> {
        let mut forms: Vec<_> =
            GLOSSARY.iter().flat_map(|term| term.forms(self.lang).map(move |form| (term, form))).collect();
        forms.sort_by_key(|(_, form)| std::cmp::Reverse(form.len()));
        let mut rest = text.to_owned();
        for (term, form) in forms {
            while let Some(at) = glossary::find(&rest, form) {
                if self.used.iter().all(|used| used.id != term.id) {
                    return Some((at, form.len(), term));
                }
                // Hidden, byte for byte, from the shorter terms.
                rest.replace_range(at..at + form.len(), &"\u{1}".repeat(form.len()));
            }
        }
        None
    }

    /// The meanings of the terms that the page has used.
    pub fn words(&mut self) -> String {
        let mut out = String::new();
        // A meaning may use a term that nothing else on the page does.
        let mut at = 0;
        while at < self.used.len() {
            let term = self.used[at];
            out += &self.entry(term);
            at += 1;
        }
        out
    }

    /// The whole glossary.
    pub fn all_words(&self) -> String {
        GLOSSARY.iter().map(|term| self.plain_entry(term)).collect()
    }

    fn entry(&mut self, term: &'static Term) -> String {
        let meaning = self.text(term.meaning);
        entry(term, self.lang, &meaning)
    }

    fn plain_entry(&self, term: &'static Term) -> String {
        entry(term, self.lang, &self.plain(term.meaning))
    }
}

fn entry(term: &Term, lang: Lang, meaning: &str) -> String {
    let name = term.forms(lang).next().unwrap_or_default();
    format!(r#"<div id="word-{}"><dt>{}</dt><dd>{meaning}</dd></div>"#, term.id, escape(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_is_linked_once_and_its_meaning_stands_on_the_page() {
        let mut page = Explained::new(Lang::En, Numbers::of_a_sandbox());
        let html = page.sentence("The access token & the refresh token: an access token.");
        assert_eq!(html.matches("<a class=\"term\"").count(), 2, "{html}");
        assert!(
            html.starts_with("The <a class=\"term\" href=\"#word-access-token\" data-meaning=\"The token that"),
            "{html}"
        );
        assert!(html.contains("&amp; the <a") && html.ends_with(": an access token."), "{html}");
        let words = page.words();
        // Their meanings name tokens.
        for id in ["word-access-token", "word-refresh-token", "word-token"] {
            assert!(words.contains(&format!("id=\"{id}\"")), "{id}: {words}");
        }
    }
}
