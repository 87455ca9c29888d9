//! Server stub: the server never calls its own functions over HTTP.

use leptos::server_fn::response::browser::BrowserResponse;

use crate::protocol::problem::Problem;

pub(super) async fn send<Request>(_: Request) -> Result<BrowserResponse, Problem> {
    Err(Problem::unavailable("Only a browser can call this.", 1))
}
