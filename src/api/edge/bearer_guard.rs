//! The authentication middleware of every path under `/api/` except `/api/auth/` (bearer token, RFC 6750). It verifies the
//! access token before a handler runs and before the body is read. Signing keys and revocation list are in memory, so it
//! makes no query.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::api::edge::app_state::AppState;
use crate::auth::token::access::Verified;
use crate::lang::lang;
use crate::protocol::code::Code;
use crate::protocol::problem::Problem;

/// Verifies the bearer token of a request.
///
/// # Errors
///
/// `access_token_missing`, `access_token_invalid`, `access_token_expired`, `session_revoked`.
pub(super) fn authenticate(state: &AppState, headers: &HeaderMap) -> Result<Arc<Verified>, Problem> {
    state.auth.authenticate(bearer(headers)?).map_err(Problem::from)
}

/// Adds an `Arc<Verified>` to the extensions of a request for a route that is no server function. Responds with 401 otherwise.
pub async fn layer(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    match authenticate(&state, request.headers()) {
        Ok(verified) => {
            request.extensions_mut().insert(verified);
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}

/// The token of the `Authorization` header (RFC 6750 section 2.1). Tokens in the query or the body are not supported. It is bytes: what
/// is no text is no token, and to find that out twice would cost more than to look a known token up.
fn bearer(headers: &HeaderMap) -> Result<&[u8], Problem> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let invalid = || Problem::new(Code::AccessTokenInvalid, lang().problem_access_one_header());
    let value = match (values.next(), values.next()) {
        (None, _) => {
            return Err(Problem::new(Code::AccessTokenMissing, lang().problem_access_missing()));
        }
        (Some(value), None) => value.as_bytes(),
        (Some(_), Some(_)) => return Err(invalid()),
    };
    let space = value.iter().position(|byte| *byte == b' ').ok_or_else(invalid)?;
    let (scheme, token) = (&value[..space], value[space + 1..].trim_ascii());
    if scheme.eq_ignore_ascii_case(b"bearer") && !token.is_empty() { Ok(token) } else { Err(invalid()) }
}
