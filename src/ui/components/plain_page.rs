//! The frame of a page that is plain HTML, without the browser's program: its links load pages.

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};

use crate::base_path::at;
use crate::lang::lang;
use crate::ui::components::header::Brand;
use crate::ui::support::page_settings::header_link;

#[component]
pub fn PlainPage(
    title: String,
    /// Links of this page beside those of every page.
    #[prop(optional, into)]
    links: Option<AnyView>,
    /// What stands in the place of the account menu.
    #[prop(optional, into)]
    account: Option<AnyView>,
    children: Children,
) -> impl IntoView {
    provide_meta_context();
    view! {
        <Title text=[&*title, " · Two Tokens"].concat() />
        <a class="skip" href="#main">
            {lang().common_skip()}
        </a>
        <header class="top">
            <Brand />
            <nav aria-label=lang().common_main_navigation()>
                <a href=at("/")>{lang().common_home()}</a>
                {links}
                {header_link().map(|link| view! { <a href=link.href>{link.label}</a> })}
            </nav>
            {account}
        </header>
        <main id="main" tabindex="-1">
            {children()}
        </main>
    }
}
