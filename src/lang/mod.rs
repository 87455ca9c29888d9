//! Localization (i18n). Every user-visible text is a method of [`Lang`], generated at compile time
//! from `locales/words.yaml`: a missing key or a wrong parameter is a compile error, and a build
//! contains only the texts it uses. A key without one of the languages compiles and falls back to
//! another language; a test refuses it.

use typed_i18n::TypedI18N;

/// The request header by which a page says in which language it is. It precedes the cookie: that may
/// have changed in another tab since.
pub const LANGUAGE_HEADER: &str = "x-page-language";

/// A language of the user interface.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, TypedI18N)]
#[typed_i18n(filename = "locales/words.yaml")]
#[typed_i18n(builder = "mixed_str")]
pub enum Lang {
    #[default]
    En,
    De,
}

impl Lang {
    pub const ALL: [Lang; 2] = [Lang::En, Lang::De];

    /// The language tag, as in `html[lang]` (BCP 47).
    pub const fn tag(self) -> &'static str {
        match self {
            Lang::En => "en",
            Lang::De => "de",
        }
    }

    /// The language's name in that language.
    pub const fn name(self) -> &'static str {
        match self {
            Lang::En => "English",
            Lang::De => "Deutsch",
        }
    }

    /// Matches the primary subtag alone: `de-AT` is German.
    pub fn parse(tag: &str) -> Option<Self> {
        let primary = tag.split('-').next()?.trim();
        Self::ALL.into_iter().find(|lang| lang.tag().eq_ignore_ascii_case(primary))
    }

    /// The message after too many attempts. The countdown renders it anew each second.
    pub fn try_again_in(self, seconds: u32) -> String {
        match seconds {
            1 => self.problem_too_many_second().to_owned(),
            2..=120 => self.problem_too_many_seconds(&seconds.to_string()),
            _ => self.problem_too_many_minutes(&seconds.div_ceil(60).to_string()),
        }
    }
}

#[cfg(feature = "hydrate")]
mod browser;
#[cfg(feature = "hydrate")]
pub use browser::lang;

#[cfg(all(feature = "ssr", not(feature = "hydrate")))]
mod server;
#[cfg(all(feature = "ssr", not(feature = "hydrate")))]
pub use server::{InLanguage, in_language, in_language_now, lang};

/// The default language, in a build for neither server nor browser.
#[cfg(not(any(feature = "hydrate", feature = "ssr")))]
pub fn lang() -> Lang {
    Lang::default()
}

#[cfg(test)]
mod tests {
    use super::Lang;

    /// `typed_i18n` falls back to another language where a key lacks one.
    #[test]
    fn every_text_has_every_language() {
        let words = include_str!("../../locales/words.yaml");
        let is_language =
            |line: &str| Lang::ALL.iter().any(|lang| line.trim().starts_with(&format!("{}:", lang.tag())));
        let (mut key, mut languages, mut texts) = ("", Vec::new(), 0);
        for line in
            words.lines().chain(["end:"]).filter(|line| !line.trim().is_empty() && !line.trim().starts_with('#'))
        {
            if is_language(line) {
                languages.push(line.trim().split(':').next().unwrap());
                continue;
            }
            if !languages.is_empty() {
                let expected: Vec<_> = Lang::ALL.iter().map(|lang| lang.tag()).collect();
                assert_eq!(languages, expected, "{key}");
                texts += 1;
            }
            (key, languages) = (line, Vec::new());
        }
        assert!(texts > 100, "only {texts} texts were read");
    }
}
