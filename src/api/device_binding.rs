//! The endpoints that a browser calls by itself for a device-bound session (W3C DBSC). Not server functions, because no code of
//! the app calls them, and because their answers are the browser's: instructions and challenges. They carry neither `Origin` nor
//! `Sec-Fetch-Site`; what counts in them is the signature.

use axum::{
    Json,
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use super::edge::{app_state::AppState, cookies, request_context, secure_session};
use crate::auth::error::AuthError;
use crate::auth::token::refresh::Presented;
use crate::auth::{Bound, Proved};
use crate::lang::lang;
use crate::protocol::problem::Problem;

/// The wait that a browser is told, in seconds.
const RETRY_AFTER: u32 = 2;

/// Binds the session of the refresh cookie to the key that the proof brings along.
pub async fn bind(State(state): State<AppState>, request: Request) -> Result<Response, Problem> {
    let headers = request.headers();
    let presented = state.auth.open_refresh_token(cookies::refresh::read(&state.base_path, headers)?)?;
    let proof = secure_session::proof(headers).ok_or(AuthError::NotProved)?;
    let bound = state.auth.bind(&presented, proof).await?;
    Ok(renewed(&state, &bound))
}

/// Renews the bound cookie for a proof, or asks for one. A browser forgets its binding for good at any other 4xx than a 403 with a
/// challenge, so no refusal here has such a status: what is over is said in so many words (`continue`), all else may pass (503).
pub async fn renew(State(state): State<AppState>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let named = secure_session::named(&parts.headers);
    let proved = match presented(&state, &parts.headers) {
        Ok(presented) => {
            let (proof, device) = (secure_session::proof(&parts.headers), request_context::device(&parts));
            state.auth.renew_binding(presented.as_ref(), named, proof, &device).await
        }
        Err(error) => Err(error),
    };
    match proved {
        Ok(Proved::Renewed(bound)) => renewed(&state, &bound),
        Ok(Proved::Challenge { session_id, challenge }) => {
            let mut response = Problem::from(AuthError::ProofRequired).into_response();
            let (name, value) = secure_session::challenge(session_id, &challenge);
            response.headers_mut().insert(name, value);
            response
        }
        Ok(Proved::Ended) => no_store(Json(secure_session::ended(named)).into_response()),
        Err(error) => match Problem::from(error) {
            problem if problem.status == StatusCode::SERVICE_UNAVAILABLE.as_u16() => problem.into_response(),
            problem => {
                Problem::unavailable(lang().problem_busy(), problem.retry_after.unwrap_or(RETRY_AFTER)).into_response()
            }
        },
    }
}

/// The genuine refresh token of a request; `None` where its browser has none.
///
/// # Errors
///
/// [`AuthError::RefreshTokenAmbiguous`]: one of two may be planted, so neither ends a binding.
fn presented(state: &AppState, headers: &axum::http::HeaderMap) -> Result<Option<Presented>, AuthError> {
    match cookies::refresh::read(&state.base_path, headers) {
        Ok(text) => Ok(state.auth.open_refresh_token(text).ok()),
        Err(AuthError::RefreshTokenMissing) => Ok(None),
        Err(error) => Err(error),
    }
}

fn renewed(state: &AppState, bound: &Bound) -> Response {
    let mut response = no_store(Json(secure_session::instructions(state, bound.session_id)).into_response());
    response.headers_mut().append(header::SET_COOKIE, cookies::bound::set(&state.base_path, &bound.cookie));
    response
}

fn no_store(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, super::edge::headers::NO_STORE);
    response
}
