//! Bodies are small forms: read whole, up to a limit, before a server function sees them. Too large is the sender's mistake
//! and gets the code of one.

use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::header,
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::api::error::{Code, Problem};

/// A note of 10,000 characters, each percent-encoded at its longest, fits.
pub const BODY_MAX: usize = 128 * 1024;

pub async fn layer(request: Request, next: Next) -> Response {
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: usize| length > BODY_MAX) {
        return too_large();
    }
    let (parts, body) = request.into_parts();
    match to_bytes(body, BODY_MAX).await {
        Ok(bytes) => next.run(Request::from_parts(parts, Body::from(bytes))).await,
        Err(_) => too_large(),
    }
}

fn too_large() -> Response {
    Problem::new(Code::ValidationFailed, "This is too much in one request: 128 kB at most.").into_response()
}
