//! The languages the app speaks. Every sentence a person may read is a method of [`Lang`], made at compile time from
//! `locales/words.yaml`: a missing translation, or a parameter that does not fit, is an error of the compiler, and a program
//! carries only the sentences it uses.

use typed_i18n::TypedI18N;

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

    /// As in `html[lang]` (BCP 47).
    pub const fn tag(self) -> &'static str {
        match self {
            Lang::En => "en",
            Lang::De => "de",
        }
    }

    /// The language's own name for itself.
    pub const fn name(self) -> &'static str {
        match self {
            Lang::En => "English",
            Lang::De => "Deutsch",
        }
    }

    /// By the primary subtag: `de-AT` is German.
    pub fn parse(tag: &str) -> Option<Self> {
        let primary = tag.split('-').next()?.trim();
        Self::ALL.into_iter().find(|lang| lang.tag().eq_ignore_ascii_case(primary))
    }

    /// What somebody is told who tried too often; the page says it again each second.
    pub fn try_again_in(self, seconds: u32) -> String {
        match seconds {
            1 => self.problem_too_many_second().to_owned(),
            2..=120 => self.problem_too_many_seconds(&seconds.to_string()),
            _ => self.problem_too_many_minutes(&seconds.div_ceil(60).to_string()),
        }
    }
}

/// The language of the request being answered, or of this page.
pub fn lang() -> Lang {
    here::current()
}

#[cfg(feature = "hydrate")]
mod here {
    use super::Lang;

    thread_local! {
        static CURRENT: Lang =
            crate::client::root_attribute("lang").and_then(|tag| Lang::parse(&tag)).unwrap_or_default();
    }

    pub fn current() -> Lang {
        CURRENT.with(|lang| *lang)
    }
}

#[cfg(feature = "ssr")]
pub use here::speaking;

#[cfg(feature = "ssr")]
mod here {
    use super::Lang;

    tokio::task_local! {
        static CURRENT: Lang;
    }

    /// Runs `work` in a language.
    pub async fn speaking<T>(lang: Lang, work: impl Future<Output = T>) -> T {
        CURRENT.scope(lang, work).await
    }

    pub fn current() -> Lang {
        let rendering = leptos::prelude::use_context::<Lang>();
        rendering.unwrap_or_else(|| CURRENT.try_with(|lang| *lang).unwrap_or_default())
    }
}

#[cfg(not(any(feature = "hydrate", feature = "ssr")))]
mod here {
    pub fn current() -> super::Lang {
        super::Lang::default()
    }
}
