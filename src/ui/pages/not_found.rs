//! The page for an unknown address (404).

use leptos::prelude::*;
use leptos_meta::Title;

use crate::base_path::at;
use crate::lang::lang;
use crate::ui::support::sync_hydrated::sync_hydrated;

#[component]
pub fn NotFound() -> impl IntoView {
    sync_hydrated(view! {
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
