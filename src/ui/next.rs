//! Where to go after signing in. The address comes from a link that anybody can write, so only a path of this site is
//! followed, else a sign-in would end on a stranger's page (an open redirect).

use leptos::prelude::*;
use leptos_router::{
    hooks::{use_location, use_query_map},
    location::Url,
};

use crate::mount;

/// Where those go who came from nowhere.
const HOME_OF_THE_SIGNED_IN: &str = "/notes";

/// `next` if it is a path of this site, else the notes.
pub fn own_path(next: &str) -> &str {
    // Back to a page that only signs in would lead nowhere.
    let signs_in = matches!(next.split(['?', '#']).next(), Some("/login" | "/register"));
    if is_own(next) && !signs_in { next } else { HOME_OF_THE_SIGNED_IN }
}

/// Whether it is a path of this site.
pub fn is_own(next: &str) -> bool {
    // Browsers read a backslash as a slash and drop tabs and line breaks, so that `/\t/evil.example` is `//evil.example`.
    next.starts_with('/') && !next.starts_with("//") && !next.contains(|c: char| c == '\\' || c.is_control())
}

/// The `next` of this page's address; empty when there is none.
pub fn wanted() -> Signal<String> {
    let query = use_query_map();
    Signal::derive(move || query.with(|query| query.get_str("next").unwrap_or_default().to_owned()))
}

/// `path` with `next` kept on.
pub fn keeping(path: &str, next: &str) -> String {
    if next.is_empty() { path.to_owned() } else { [path, "?next=", &Url::escape(next)].concat() }
}

/// The sign-in page that leads back to where we are; to be called inside a page.
pub fn sign_in_and_back() -> impl Fn() -> String + Clone {
    let here = use_location();
    move || {
        let here = [here.pathname.get_untracked(), here.search.get_untracked()];
        let [path, search] = here;
        let path = mount::current().within(&path).to_owned();
        let search = search.trim_start_matches('?');
        keeping("/login", &if search.is_empty() { path } else { [&path, "?", search].concat() })
    }
}

#[cfg(test)]
mod tests {
    use super::own_path;

    #[test]
    fn only_a_path_of_this_site_is_followed() {
        for own in ["/notes", "/notes?x=1#y", "/", "/a/../b"] {
            assert_eq!(own_path(own), own);
        }
        let foreign = [
            "",
            "notes",
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "\\/evil",
            "/a\n/b",
            "/\t/evil.example",
            "javascript:x",
            "/login",
            "/login?next=/login",
            "/register#x",
        ];
        for foreign in foreign {
            assert_eq!(own_path(foreign), "/notes", "{foreign}");
        }
    }
}
