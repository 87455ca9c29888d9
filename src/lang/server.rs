//! The language of a request: a task-local value for the API, the Leptos context while a page is
//! rendered.

use tokio::task::futures::TaskLocalFuture;

use super::Lang;

tokio::task_local! {
    static CURRENT: Lang;
}

/// A future that runs with a language of its own.
pub type InLanguage<F> = TaskLocalFuture<Lang, F>;

/// Runs `work` with `lang` as the language of the request.
pub fn in_language<F: Future>(lang: Lang, work: F) -> InLanguage<F> {
    CURRENT.scope(lang, work)
}

/// The same for work that does not wait.
pub fn in_language_now<T>(lang: Lang, work: impl FnOnce() -> T) -> T {
    CURRENT.sync_scope(lang, work)
}

/// The language of the current request, or the default outside of one.
pub fn lang() -> Lang {
    let rendering = leptos::prelude::use_context::<Lang>();
    rendering.unwrap_or_else(|| CURRENT.try_with(|lang| *lang).unwrap_or_default())
}
