//! Sends a request to an auth endpoint; the browser attaches the refresh cookie.

use leptos::server_fn::{
    client::{Client, browser::BrowserClient},
    request::browser::BrowserRequest,
    response::browser::BrowserResponse,
};

use super::super::decoration;
use crate::protocol::problem::Problem;

pub fn send(request: BrowserRequest) -> impl Future<Output = Result<BrowserResponse, Problem>> + Send {
    decoration::apply(&request);
    <BrowserClient as Client<Problem>>::send(request)
}
