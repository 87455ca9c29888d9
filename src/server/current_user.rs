//! The guard of every path under `/api/` but `/api/auth/`: no handler runs, and no body is read, before the bearer token is
//! found good. Signature, claims and the set of ended sessions are all in memory, so this asks the database nothing.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::app_state::AppState;
use crate::api::error::{Code, Problem};
use crate::lang::lang;

/// Leaves an `Arc<Verified>` in the request's extensions.
pub async fn layer(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    match bearer(request.headers()).and_then(|token| state.auth.authenticate(token).map_err(Problem::from)) {
        Ok(verified) => {
            request.extensions_mut().insert(verified);
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}

/// The token of `Authorization: Bearer` (RFC 6750 section 2.1); a token in the query or the body is not looked for.
fn bearer(headers: &HeaderMap) -> Result<&str, Problem> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let invalid = || Problem::new(Code::AccessTokenInvalid, lang().problem_access_one_header());
    let value = match (values.next(), values.next()) {
        (None, _) => {
            return Err(Problem::new(Code::AccessTokenMissing, lang().problem_access_missing()));
        }
        (Some(value), None) => value,
        (Some(_), Some(_)) => return Err(invalid()),
    };
    let (scheme, token) = value.to_str().ok().and_then(|value| value.split_once(' ')).ok_or_else(invalid)?;
    if scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() { Ok(token.trim()) } else { Err(invalid()) }
}
