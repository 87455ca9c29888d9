//! The response of the server.

use axum::{
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use leptos::server_fn::codec::IntoRes;

use super::{Done, NoContent};

impl<E: Send> IntoRes<NoContent, Response, E> for Done {
    async fn into_res(self) -> Result<Response, E> {
        Ok(StatusCode::NO_CONTENT.into_response())
    }
}
