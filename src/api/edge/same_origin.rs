//! CSRF protection by Fetch Metadata (`Sec-Fetch-Site`), with `Origin` as the fallback, like Go 1.25's `CrossOriginProtection`.
//! Covers every state-changing request, log-in and log-out included. `SameSite` cookies alone are not enough: they ignore
//! ports and sibling subdomains.

use axum::{body::Body, response::IntoResponse, response::Response};
use tower_http::csrf::{ConfigError, CsrfLayer, ProtectionError, ResponseForProtectionError};

use crate::lang::lang;
use crate::protocol::code::Code;
use crate::protocol::problem::Problem;

/// Responds to a refused request with `cross_site_request`.
#[derive(Clone)]
pub struct Refusal;

impl ResponseForProtectionError<Body> for Refusal {
    fn response_for_protection_error(&mut self, _: ProtectionError) -> Response {
        Problem::new(Code::CrossSiteRequest, lang().problem_cross_site()).into_response()
    }
}

/// The layer; `public_url` is the trusted origin.
///
/// # Errors
///
/// The public URL is not an origin.
pub fn layer(public_url: &str) -> Result<CsrfLayer<Refusal>, ConfigError> {
    Ok(CsrfLayer::new().add_trusted_origin(public_url)?.with_rejection_response(Refusal))
}
