//! The return path after sign-in (`?next=`). Anyone can put an address into a link, so only paths
//! on this site are followed; anything else would be an open redirect.

use leptos::prelude::*;
use leptos_router::{
    hooks::{use_location, use_query_map},
    location::Url,
};

use crate::base_path::{self, is_local_path};

/// The page after a sign-in without a return path.
const DEFAULT_PATH: &str = "/notes";

/// `next` if it is a path on this site that is not a sign-in page, else the default page.
pub fn local_or_default(next: &str) -> &str {
    // A sign-in page would redirect a signed-in user again.
    let signs_in = matches!(next.split(['?', '#']).next(), Some("/login" | "/register"));
    if is_local_path(next) && !signs_in { next } else { DEFAULT_PATH }
}

/// The query parameter `next` of the current page, unchecked; empty without one.
pub fn requested_path() -> Signal<String> {
    let query = use_query_map();
    Signal::derive(move || query.with(|query| query.get_str("next").unwrap_or_default().to_owned()))
}

/// `path` with the query parameter `next`, unless that is empty.
pub fn with_next(path: &str, next: &str) -> String {
    if next.is_empty() { path.to_owned() } else { [path, "?next=", &Url::escape(next)].concat() }
}

/// The address of the sign-in page with the current page as return path. Must be called inside the
/// router.
pub fn sign_in_url() -> impl Fn() -> String + Clone {
    let here = use_location();
    move || {
        let (path, search) = (here.pathname.get_untracked(), here.search.get_untracked());
        let path = base_path::current().within(&path).to_owned();
        let search = search.trim_start_matches('?');
        with_next("/login", &if search.is_empty() { path } else { [&path, "?", search].concat() })
    }
}

#[cfg(test)]
mod tests {
    use super::local_or_default;

    #[test]
    fn only_a_path_of_this_site_is_followed() {
        for own in ["/notes", "/notes?x=1#y", "/", "/a/../b"] {
            assert_eq!(local_or_default(own), own);
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
            assert_eq!(local_or_default(foreign), "/notes", "{foreign}");
        }
    }
}
