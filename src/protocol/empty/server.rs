//! Sets the status of an empty response.

use axum::http::StatusCode;
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;

/// Sets the status of the current response to 204.
pub fn no_content() {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.set_status(StatusCode::NO_CONTENT);
    }
}
