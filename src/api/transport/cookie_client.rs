//! The client of the auth endpoints: no bearer token, no retry. The browser attaches the refresh
//! cookie.

use bytes::Bytes;
use futures::{Sink, Stream};
use leptos::server_fn::client::{Client, browser::BrowserClient};

use super::{Answer, Message, Outgoing};
use crate::protocol::problem::Problem;

/// The server-function client for `/api/auth/`.
pub struct CookieClient;

impl Client<Problem> for CookieClient {
    type Request = Outgoing;
    type Response = Answer;

    fn send(request: Self::Request) -> impl Future<Output = Result<Self::Response, Problem>> + Send {
        super::send(request)
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
