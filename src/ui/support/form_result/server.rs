//! The refused form, from the context of the page being rendered.

use leptos::prelude::use_context;

use super::FormResult;

/// The refused form of this page, if any.
pub fn form_result() -> Option<FormResult> {
    use_context()
}
