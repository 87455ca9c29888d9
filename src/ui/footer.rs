//! The language switch in the footer. A plain form that reloads the page: the language of a page
//! never changes while it is open. Unsaved drafts trigger the `beforeunload` warning, as on any
//! other reload.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::base_path::{self, at};
use crate::lang::{Lang, lang};

#[component]
pub fn Languages() -> impl IntoView {
    let here = use_location();
    let next = move || {
        let (path, search) = (here.pathname.get(), here.search.get());
        let query = if search.is_empty() { String::new() } else { ["?", search.trim_start_matches('?')].concat() };
        base_path::current().within(&[path, query].concat()).to_owned()
    };
    let others = Lang::ALL.into_iter().filter(|other| *other != lang());
    view! {
        <footer class="foot">
            <form method="post" action=at("/language") aria-label=lang().common_language()>
                <input type="hidden" name="next" value=next />
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
        </footer>
    }
}
