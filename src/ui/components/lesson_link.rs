//! Leads to the lesson that explains what a page says, where the server has lessons: those of a build with the lab.

use leptos::prelude::*;

use crate::base_path::at;
use crate::lang::lang;
use crate::ui::support::page_settings::header_link;

/// `lesson` is the path of its page.
pub fn lesson_link(lesson: &str) -> Option<impl IntoView + use<>> {
    // The types of the header's link, whose code this shares.
    header_link().map(|_| view! { <a href=at(lesson) rel="external">{lang().common_lesson().to_owned()}</a> })
}
