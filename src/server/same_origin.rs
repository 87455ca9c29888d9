//! Requests that change state must come from this site: Fetch Metadata, with `Origin` where that is absent, as Go 1.25 does
//! it. Login and logout are included. `SameSite` alone is not enough: it ignores ports and sibling subdomains.

use axum::{body::Body, response::IntoResponse, response::Response};
use tower_http::csrf::{ConfigError, CsrfLayer, ProtectionError, ResponseForProtectionError};

use crate::api::error::{Code, Problem};
use crate::lang::lang;

#[derive(Clone)]
pub struct Refusal;

impl ResponseForProtectionError<Body> for Refusal {
    fn response_for_protection_error(&mut self, _: ProtectionError) -> Response {
        Problem::new(Code::CrossSiteRequest, lang().problem_cross_site()).into_response()
    }
}

pub fn layer(public_url: &str) -> Result<CsrfLayer<Refusal>, ConfigError> {
    Ok(CsrfLayer::new().add_trusted_origin(public_url)?.with_rejection_response(Refusal))
}
