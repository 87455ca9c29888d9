//! The footer of every page: links about this software, the theme and the language. The server renders it beside the app, so it is
//! not in the browser's program and works without it. The choices are plain forms that load the page again: neither theme nor
//! language of a page changes while it is open. The start script keeps what is typed over that.

use axum::http::request::Parts;
use leptos::prelude::*;

use super::pages::documents::DOCUMENTS;
use super::support::plain_forms::ShownAt;
use crate::base_path::{self, at};
use crate::lang::{Lang, lang};
use crate::protocol::theme::Theme;

/// The public repository, from `Cargo.toml`; empty where that names none.
pub const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");

#[component]
pub fn Footer() -> impl IntoView {
    view! {
        <footer class="foot">
            <About />
            <Themes />
            <Languages />
        </footer>
    }
}

#[component]
fn About() -> impl IntoView {
    let source = (!REPOSITORY.is_empty()).then(|| {
        view! {
            <a href=REPOSITORY rel="external">
                {lang().foot_source()}
            </a>
        }
    });
    view! {
        <nav aria-label=lang().foot_docs()>
            {source} <a href=at(DOCUMENTS) rel="external">{lang().foot_docs()}</a>
            <a href=at(&[DOCUMENTS, "/threat-model"].concat()) rel="external">{lang().foot_threat_model()}</a>
        </nav>
    }
}

#[component]
fn Themes() -> impl IntoView {
    let chosen = use_context::<Theme>().unwrap_or_default();
    let buttons = Theme::ALL.map(|theme| {
        let label = match theme {
            Theme::System => lang().foot_system(),
            Theme::Light => lang().foot_light(),
            Theme::Dark => lang().foot_dark(),
        };
        let pressed = if theme == chosen { "true" } else { "false" };
        view! {
            <button class="quiet" type="submit" name="to" value=theme.as_str() aria-pressed=pressed>
                {label}
            </button>
        }
    });
    view! {
        <form method="post" action=at("/theme") aria-label=lang().foot_theme()>
            <Next />
            {buttons.collect_view()}
        </form>
    }
}

#[component]
fn Languages() -> impl IntoView {
    let others = Lang::ALL.into_iter().filter(|other| *other != lang());
    view! {
        <form method="post" action=at("/language") aria-label=lang().common_language()>
            <Next />
            {others
                .map(|other| {
                    view! {
                        <button class="quiet" type="submit" name="to" value=other.tag() lang=other.tag()>
                            {other.name()}
                        </button>
                    }
                })
                .collect_view()}
        </form>
    }
}

/// The page to come back to. The start script writes the one that is shown then.
#[component]
fn Next() -> impl IntoView {
    let shown_at = use_context().map(|ShownAt(address)| address);
    let requested = || use_context::<Parts>().map(|parts| parts.uri.to_string());
    let address = shown_at.or_else(requested).unwrap_or_default();
    let next = base_path::current().within(&address).to_owned();
    view! { <input type="hidden" name="next" value=next /> }
}
