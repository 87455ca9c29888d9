//! Server stub: the server never calls its own functions over HTTP.

pub use leptos::server_fn::request::browser::BrowserRequest as Outgoing;
pub use leptos::server_fn::response::browser::BrowserResponse as Answer;

use crate::protocol::problem::Problem;

pub(super) async fn send(_: Outgoing) -> Result<Answer, Problem> {
    Err(Problem::unavailable("Only a browser can call this.", 1))
}
