//! An address that leads nowhere.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::A;

#[component]
pub fn NotFound() -> impl IntoView {
    view! {
        <Title text="Not found" />
        <div class="narrow">
            <h1 tabindex="-1">"There is nothing here"</h1>
            <p>"The address may be mistyped, or what it led to is gone."</p>
            <p>
                <A href="/">"Go to the start page"</A>
            </p>
        </div>
    }
}
