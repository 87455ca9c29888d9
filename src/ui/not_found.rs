//! An address that leads nowhere.

use leptos::prelude::*;
use leptos_meta::Title;

use super::at_once::at_once;
use crate::lang::lang;
use crate::mount::at;

#[component]
pub fn NotFound() -> impl IntoView {
    at_once(view! {
        <Title text=lang().not_found_page_title() />
        <div class="narrow">
            <h1 tabindex="-1">{lang().not_found_title()}</h1>
            <p>{lang().not_found_text()}</p>
            <p>
                <a href=at("/")>{lang().not_found_home()}</a>
            </p>
        </div>
    })
}
