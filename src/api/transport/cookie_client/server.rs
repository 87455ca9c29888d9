//! Server stub: the server never calls its own functions over HTTP.

use leptos::server_fn::{request::browser::BrowserRequest, response::browser::BrowserResponse};

use crate::protocol::problem::Problem;

pub async fn send(_: BrowserRequest) -> Result<BrowserResponse, Problem> {
    Err(Problem::unavailable("Only a browser can call this.", 1))
}
