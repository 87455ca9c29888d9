//! The diagram of the token flow. It is one SVG string and not a view: it never changes, and every
//! element of a view adds code to the WebAssembly. Its texts are placeholders in braces, filled in
//! from the locale.

use crate::lang::lang;
use leptos::prelude::*;

#[component]
pub fn Diagram() -> impl IntoView {
    view! { <figure class="diagram" inner_html=picture()></figure> }
}

fn picture() -> String {
    let lang = lang();
    let words = [
        ("title", lang.diagram_title()),
        ("description", lang.diagram_description()),
        ("browser", lang.diagram_browser()),
        ("server", lang.diagram_server()),
        ("page", lang.diagram_page()),
        ("cookie", lang.diagram_cookie()),
        ("data", lang.diagram_data()),
        ("sign_in", lang.diagram_sign_in()),
        ("each_request", lang.diagram_each_request()),
        ("ran_out", lang.diagram_ran_out()),
        ("next_one", lang.diagram_next_one()),
        ("new_one", lang.diagram_new_one()),
        ("access_token", lang.common_access_token()),
        ("refresh_token", lang.common_refresh_token()),
    ];
    let mut picture = String::new();
    for (at, part) in include_str!("diagram.svg").split(['{', '}']).enumerate() {
        let word = words.iter().find(|(name, _)| at % 2 == 1 && *name == part);
        picture.push_str(word.map_or(part, |(_, word)| word));
    }
    picture
}
