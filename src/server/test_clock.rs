//! `POST /test/clock`: lets a browser test see what a day later looks like, without waiting and without a clock of its own
//! in the code under test. The route exists only with `--test-clock`, which is refused on any address but loopback.

use std::{sync::Arc, time::Duration};

use axum::{
    Form, Json,
    extract::rejection::FormRejection,
    response::{IntoResponse, Response},
    routing::{MethodRouter, post},
};
use serde::Deserialize;

use crate::api::error::Problem;
use crate::clock::{Clock as _, ShiftedClock};

#[derive(Deserialize)]
struct Advance {
    /// How far to go on.
    seconds: u32,
}

/// Answers with the server's time after the jump, in milliseconds since the Unix epoch.
pub fn route<S: Clone + Send + Sync + 'static>(clock: Arc<ShiftedClock>) -> MethodRouter<S> {
    post(async move |form: Result<Form<Advance>, FormRejection>| -> Response {
        let Ok(Form(Advance { seconds })) = form else {
            return Problem::invalid("seconds", "Say how many seconds to go on, as a whole number.").into_response();
        };
        clock.advance(Duration::from_secs(seconds.into()));
        Json(serde_json::json!({ "now": clock.now() })).into_response()
    })
}
