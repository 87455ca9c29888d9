//! The language of a request: a task-local value for the API, the Leptos context while a page is
//! rendered.

use super::Lang;

tokio::task_local! {
    static CURRENT: Lang;
}

/// Runs `work` with `lang` as the language of the request.
pub async fn with_lang<T>(lang: Lang, work: impl Future<Output = T>) -> T {
    CURRENT.scope(lang, work).await
}

/// The language of the current request, or the default outside of one.
pub fn lang() -> Lang {
    let rendering = leptos::prelude::use_context::<Lang>();
    rendering.unwrap_or_else(|| CURRENT.try_with(|lang| *lang).unwrap_or_default())
}
