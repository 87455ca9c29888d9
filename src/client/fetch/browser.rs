//! The fetch in the browser.

use gloo_net::http::Response;
use http::Method;

use crate::api::transport::{Outgoing, send_authorized};
use crate::dom;
use crate::lang::lang;
use crate::protocol::problem::Problem;

/// Sends a request with the access token. The response is this server's, and a success.
///
/// ```ignore
/// let response = fetch(Outgoing::new(Method::GET, "/api/reports/latest")).await?;
/// ```
///
/// # Errors
///
/// The problem document of a refusal; those of `api::transport::send_authorized`.
pub async fn fetch(request: Outgoing) -> Result<Response, Problem> {
    let response = send_authorized(request).await?.into_response();
    match response.ok() {
        true => Ok(response),
        false => {
            Err(response.json().await.unwrap_or_else(|_| Problem::unavailable(lang().client_answer_unreadable(), 1)))
        }
    }
}

/// Fetches a file and saves it under this name.
///
/// # Errors
///
/// Those of [`fetch`]; an answer that breaks off, or a browser that saves no file.
pub async fn download(path: &str, name: &str) -> Result<(), Problem> {
    let response = fetch(Outgoing::new(Method::GET, path)).await?;
    let kind = response.headers().get("content-type").unwrap_or_default();
    let bytes = response.binary().await.map_err(|_| Problem::unavailable(lang().client_answer_unreadable(), 1))?;
    dom::save(name, &kind, &bytes).ok_or_else(|| Problem::unavailable(lang().client_not_saved(), 1))
}
