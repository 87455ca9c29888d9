//! The response type of a browser's build, which never answers.

use leptos::server_fn::{codec::IntoRes, response::TryRes};

use super::{Done, NoContent};

impl<Response, E> IntoRes<NoContent, Response, E> for Done
where
    Response: TryRes<E> + Send,
    E: Send,
{
    async fn into_res(self) -> Result<Response, E> {
        Response::try_from_string("text/plain", String::new())
    }
}
