//! The empty response: `204 No Content`, and its server-function codec.

use leptos::server_fn::{
    codec::{FromRes, IntoRes},
    response::{ClientRes, TryRes},
};
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
mod server;
#[cfg(feature = "ssr")]
use server::no_content;
#[cfg(not(feature = "ssr"))]
fn no_content() {}

/// A response without a body: `204 No Content`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done;

impl<Response, E> IntoRes<NoContent, Response, E> for Done
where
    Response: TryRes<E> + Send,
    E: Send,
{
    async fn into_res(self) -> Result<Response, E> {
        no_content();
        Response::try_from_string("text/plain", String::new())
    }
}

impl<Response, E> FromRes<NoContent, Response, E> for Done
where
    Response: ClientRes<E> + Send,
    E: Send,
{
    async fn from_res(_: Response) -> Result<Self, E> {
        Ok(Done)
    }
}

/// The codec of [`Done`].
pub struct NoContent;

impl leptos::server_fn::ContentType for NoContent {
    const CONTENT_TYPE: &'static str = "application/json";
}

impl leptos::server_fn::codec::Encoding for NoContent {
    const METHOD: http::Method = http::Method::POST;
}
