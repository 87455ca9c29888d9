//! Server stub: the server never calls its own functions over HTTP.

use leptos::server_fn::response::browser::BrowserResponse;

use super::Outgoing;
use crate::protocol::problem::Problem;

pub async fn send(_: Outgoing) -> Result<BrowserResponse, Problem> {
    Err(Problem::unavailable("Only a browser can call this.", 1))
}
