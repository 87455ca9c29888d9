//! The empty response: `204 No Content`, and its server-function codec.

use leptos::server_fn::{codec::FromRes, response::ClientRes};
use serde::{Deserialize, Serialize};

#[cfg(not(feature = "ssr"))]
mod browser;
#[cfg(feature = "ssr")]
mod server;

/// A response without a body: `204 No Content`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done;

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
