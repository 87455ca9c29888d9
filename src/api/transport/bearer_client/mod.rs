//! The client of protected server functions: attaches the access token (RFC 6750 section 2.1) and,
//! on a 401 that a new token can fix, refreshes and retries once.

use bytes::Bytes;
use futures::{Sink, Stream};
use leptos::server_fn::client::{Client, browser::BrowserClient};

use super::{Answer, Message, Outgoing};
use crate::protocol::problem::Problem;

#[cfg(feature = "hydrate")]
mod browser;
#[cfg(feature = "hydrate")]
pub use browser::send;

#[cfg(not(feature = "hydrate"))]
use super::send;

/// The server-function client for everything under `/api/` except `/api/auth/`.
pub struct BearerClient;

impl Client<Problem> for BearerClient {
    type Request = Outgoing;
    type Response = Answer;

    fn send(request: Self::Request) -> impl Future<Output = Result<Self::Response, Problem>> + Send {
        send(request)
    }

    fn open_websocket(
        path: &str,
    ) -> impl Future<
        Output = Result<(impl Stream<Item = Message> + Send + 'static, impl Sink<Bytes> + Send + 'static), Problem>,
    > + Send {
        <BrowserClient as Client<Problem>>::open_websocket(path)
    }

    fn spawn(future: impl Future<Output = ()> + Send + 'static) {
        <BrowserClient as Client<Problem>>::spawn(future);
    }
}
