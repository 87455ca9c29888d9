//! `POST /test/clock` moves the server's clock forward (time travel), so that browser tests need not wait. The route exists
//! only with `--test-clock`, which is refused on every address but loopback.

use std::{sync::Arc, time::Duration};

use axum::{
    Form, Json,
    extract::rejection::FormRejection,
    response::{IntoResponse, Response},
    routing::{MethodRouter, post},
};
use serde::Deserialize;

use crate::clock::{Clock as _, ShiftedClock};
use crate::protocol::problem::Problem;

#[derive(Deserialize)]
struct Advance {
    /// How far to move the clock forward.
    seconds: u32,
}

/// The route. It responds with the server's new time, in milliseconds since the Unix epoch.
pub fn route<S: Clone + Send + Sync + 'static>(clock: Arc<ShiftedClock>) -> MethodRouter<S> {
    post(async move |form: Result<Form<Advance>, FormRejection>| -> Response {
        let Ok(Form(Advance { seconds })) = form else {
            return Problem::invalid("seconds", "Say how many seconds to go on, as a whole number.").into_response();
        };
        clock.advance(Duration::from_secs(seconds.into()));
        Json(serde_json::json!({ "now": clock.now() })).into_response()
    })
}
