//! An address that leads nowhere.

use leptos::prelude::*;
use leptos_meta::Title;

use super::at_once::at_once;
use crate::mount::at;

#[component]
pub fn NotFound() -> impl IntoView {
    at_once(view! {
        <Title text="Not found" />
        <div class="narrow">
            <h1 tabindex="-1">"There is nothing here"</h1>
            <p>"The address may be mistyped, or what it led to is gone."</p>
            <p>
                <a href=at("/")>"Go to the start page"</a>
            </p>
        </div>
    })
}
